"""Whether there is room for all datasets of a batch together."""

import json
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from wkflow.cli.batch.check_disks import MOST_PER_BYTE, check_disks
from wkflow.cli.batch.dry_run import disks_too_small, plan_rows, show_plan
from wkflow.errors import ResourceError
from wkflow.options.settings import Settings
from wkflow.options.sheet_layers import Row

from tests.runs import noise, write_stack


def test_disks_hold_all_datasets_or_none_is_begun(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each fits by itself, and both do not: told by the dry run, and by the run."""
    source = write_stack(tmp_path / "stack", noise(4, 32, 32))
    given = {"source": source, "voxel_size": "1,1,1"}
    rows = [
        Row(f"row {at}", Settings.parse(given | {"target": tmp_path / f"out{at}"}, where="t"))
        for at in (2, 3)
    ]
    planned = plan_rows(rows)
    assert disks_too_small(planned) is None
    free = 3 * planned[0].needed // 2
    usage = SimpleNamespace(total=2 * free, used=free, free=free)
    with patch("shutil.disk_usage", return_value=usage):
        assert disks_too_small(planned[:1]) is None
        with pytest.raises(
            ResourceError, match=r"the datasets need about .* together, .* are free"
        ):
            check_disks(rows, free)
        assert show_plan(rows, as_json=True) == ResourceError.exit_status
        told = json.loads(capfd.readouterr().out)
        assert told["error"]["kind"] == "ResourceError"
        assert show_plan(rows, as_json=False) == ResourceError.exit_status
        assert "together" in capfd.readouterr().out
        check_disks(rows, free // MOST_PER_BYTE)  # far from close: nothing is planned
    check_disks([], 0)
