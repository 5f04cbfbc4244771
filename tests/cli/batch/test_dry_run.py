"""The plan of a batch as a table."""

import json
from pathlib import Path

import pytest
from wkflow.cli.batch.dry_run import plan_row, planned_parts, show_plan
from wkflow.errors import SourceError
from wkflow.options.settings import Settings
from wkflow.options.sheet_layers import Row
from wkflow.report.text_table import plain

from tests.runs import noise, write_stack


@pytest.fixture
def rows(tmp_path: Path) -> list[Row]:
    """Give a dataset that can be made, and one of a folder without images."""
    (tmp_path / "none").mkdir()
    write_stack(tmp_path / "stack", noise(4, 32, 32))
    given = [
        {"source": tmp_path / name, "target": tmp_path / f"out-{name}", "voxel_size": "1,1,1"}
        for name in ("stack", "none")
    ]
    return [Row(f"row {at}", Settings.parse(one, where="t")) for at, one in enumerate(given, 2)]


def test_each_dataset_is_a_line_and_faults_are_told(rows: list[Row], tmp_path: Path) -> None:
    """Jobs, bytes, disk and memory; nothing is written."""
    before = sorted(tmp_path.rglob("*"))
    planned = [plan_row(row) for row in rows]
    assert sorted(tmp_path.rglob("*")) == before
    assert [one.state for one in planned] == ["new", "wrong"]
    assert planned[0].bytes >= 4 * 32 * 32
    assert planned[0].jobs
    assert planned[1].exit_status == SourceError.exit_status
    lines = plain(planned_parts(planned)).splitlines()
    assert lines[1].split()[:3] == ["row", "2", "out-stack"]
    assert "datasets   2: 1 new, 1 wrong" in lines


def test_programs_get_an_object(rows: list[Row], capfd: pytest.CaptureFixture[str]) -> None:
    """With the worst status, which is the command's as well."""
    status = show_plan(rows, as_json=True)
    told = json.loads(capfd.readouterr().out)
    assert status == told["exit_status"] == SourceError.exit_status
    assert [one["state"] for one in told["datasets"]] == ["new", "wrong"]
    assert told["error"] is None
