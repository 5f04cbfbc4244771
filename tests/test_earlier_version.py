"""A run that an earlier version began is carried on by this one."""

import base64
import json
import os
from pathlib import Path

import pytest

from .runs import VOXEL_SIZE, shard_bytes, wkflow

pytestmark = pytest.mark.long(but=["[the same]"])

KILLED = Path(__file__).parent / "data" / "killed_run.json"

LONG_AGO_S = 1_700_000_000


def write_slices(folder: Path) -> None:
    """Write the source of that run: PGM, of the same bytes whoever writes it, and of its times."""
    folder.mkdir()
    for z in range(70):
        pixels = bytes((x * y * 7 + z * z * 3 + x * z) % 251 for y in range(8) for x in range(10))
        path = folder / f"{z:03}.pgm"
        path.write_bytes(b"P5 10 8 255\n" + pixels)
        os.utime(path, (LONG_AGO_S, LONG_AGO_S))


def lay_out(place: Path) -> None:
    """Put dataset and run folder where they would be; receipts are newer than what they are of."""
    for name, content in json.loads(KILLED.read_text())["files"].items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            path.write_text(content.replace("{PLACE}", str(place)))
        else:
            path.write_bytes(base64.b64decode(content["base64"]))
        when = LONG_AGO_S + 10 + ("receipts" in name) + 2 * (name.endswith("plan.json"))
        os.utime(path, (when, when))


@pytest.mark.parametrize("change", [(), ("--max-mag", "2")], ids=["the same", "another option"])
def test_a_run_of_an_earlier_version_is_carried_on(tmp_path: Path, change: tuple[str, ...]) -> None:
    """To the bytes of a run that this version made alone; nothing of it is lost on the way.

    Its chunks are of the level that was the default then.
    """
    options = (*VOXEL_SIZE, "--job-size", "1", "--jobs", "1", *change)
    place, other = tmp_path / "here", tmp_path / "other"
    for folder in (place, other):
        folder.mkdir()
        write_slices(folder / "stack")
    lay_out(place)
    layout = (place / "out/stack/1/zarr.json").stat().st_mtime
    for folder in (place, other):
        level = ("--compression", "zstd:4") if folder == other else ()
        run = wkflow("convert", *options, *level, folder / "stack", folder / "out", cwd=folder)
        assert run.returncode == 0, run.stderr
    assert shard_bytes(place / "out") == shard_bytes(other / "out")
    assert (place / "out/stack/1/zarr.json").stat().st_mtime == layout
    again = wkflow("convert", *options, place / "stack", place / "out", cwd=place)
    assert "nothing to do" in again.stderr
