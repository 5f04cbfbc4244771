"""Values through a window that voxels choose, on their way to a server."""

from pathlib import Path

import pytest

from tests import runs
from tests.standin.server import Standin
from tests.upload.runs import CONVERSION, assert_same, only_one, wkflow

pytestmark = pytest.mark.long


def test_the_server_has_what_a_conversion_here_makes(
    standin: Standin, here: Path, tmp_path: Path
) -> None:
    """Shards leave the disk when they are sent; a second run counts and sends nothing."""
    source = runs.write_stack(tmp_path / "em", runs.noise(70, 60, 70, dtype="uint16"))
    options = (*CONVERSION, "--window", "auto", "--dtype", "uint8", "--category", "color")
    run = runs.wkflow("convert", *options, source, tmp_path / "em_here")
    assert run.returncode == 0, run.stderr
    run = wkflow("remote-convert", *options, source, standin=standin, cwd=here)
    assert run.returncode == 0, run.stderr
    assert_same(only_one(standin), tmp_path / "em_here")
    again = wkflow("remote-convert", *options, source, standin=standin, cwd=here)
    assert "nothing to do" in again.stderr, again.stderr
