"""Whoever reaches the server's storage need not send: files are put where the server says."""

import json
import shutil
from pathlib import Path

import pytest

from tests.standin.server import Standin
from tests.upload.runs import (
    CONVERSION,
    arrived,
    assert_same,
    lines,
    local_mags,
    mag_files,
    only_one,
    proof,
    remote_mags,
    url_of,
    wkflow,
)

pytestmark = pytest.mark.long(but=["test_a_stack_is_put"])


@pytest.fixture
def dataset(local: Path, tmp_path: Path) -> Path:
    """Give a copy of the dataset, to be changed."""
    return Path(shutil.copytree(local, tmp_path / "own" / "stack"))


@pytest.mark.parametrize("mode", ["copy", "move+symlink", "symlink"])
def test_a_dataset_is_put_where_the_server_says(
    standin: Standin, dataset: Path, local: Path, here: Path, mode: str
) -> None:
    """The server's places hold the voxels, nothing is sent, and the dataset here still opens."""
    options = ("upload", "--transfer-mode", mode, dataset)
    found = arrived(standin, url_of(wkflow(*options, standin=standin, cwd=here)))
    assert_same(found, local)
    assert mag_files(local_mags(dataset)) == mag_files(local_mags(local))
    assert standin.log()["chunk_requests"] == 0
    places, ours = remote_mags(found), local_mags(dataset)
    assert [one.is_symlink() for one in places.values()] == [mode == "symlink"] * 3
    assert [one.is_symlink() for one in ours.values()] == [mode == "move+symlink"] * 3
    assert proof(here / "stack.upload")["transfer_mode"] == mode
    assert only_one(standin) == found


@pytest.mark.parametrize("mode", ["copy", "move+symlink", "symlink"])
def test_what_was_transferred_is_not_transferred_again(
    standin: Standin, dataset: Path, here: Path, mode: str
) -> None:
    """A second run has nothing to do, also where the mags here are links by now."""
    options = ("upload", "--transfer-mode", mode, dataset)
    first = url_of(wkflow(*options, standin=standin, cwd=here))
    again = wkflow(*options, standin=standin, cwd=here)
    assert url_of(again) == first
    assert "nothing to do" in again.stderr
    assert len(standin.datasets()) == 1


@pytest.mark.parametrize("mode", ["copy", "symlink"])
def test_a_stack_is_put_where_the_server_says(
    standin: Standin, stack: Path, local: Path, here: Path, mode: str
) -> None:
    """What was copied need not stay here; what is linked to has to."""
    options = ("remote-convert", *CONVERSION, "--transfer-mode", mode, stack)
    run = wkflow(*options, standin=standin, cwd=here)
    found = arrived(standin, url_of(run))
    assert_same(found, local)
    kept = here / "stack.upload" / "dataset"
    assert kept.exists() == (mode == "symlink")
    assert standin.log()["chunk_requests"] == 0
    assert only_one(standin) == found


def test_a_failed_transfer_goes_on(
    standin: Standin, dataset: Path, local: Path, here: Path
) -> None:
    """The server is asked once for places; what is there in full is not copied again."""
    standin.faults(status={"status": 403, "times": 1, "routes": ["by_path.finish"]})
    run = wkflow("upload", "--transfer-mode", "copy", dataset, standin=standin, cwd=here)
    assert run.returncode == 4, run.stderr
    assert lines(run)
    assert standin.datasets() == []
    kept = json.loads(next(here.glob("stack.upload/upload/*/paths.json")).read_bytes())
    mags = [Path(mag["path"].removeprefix("file://")) for mag in kept[1]["dataLayers"][0]["mags"]]
    copied = [path for mag in mags for path in mag.rglob("*") if path.is_file()]
    assert len(copied) == len(mag_files(local_mags(local)))
    copied[0].unlink()
    before = {path: path.stat().st_mtime_ns for path in copied[1:]}
    run = wkflow("upload", "--transfer-mode", "copy", dataset, standin=standin, cwd=here)
    assert_same(arrived(standin, url_of(run)), local)
    assert {path: path.stat().st_mtime_ns for path in copied[1:]} == before
    assert sum(standin.log()["requests"]["by_path.reserve"].values()) == 1
    assert only_one(standin)["id"] == kept[0]
