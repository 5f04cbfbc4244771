"""`wkflow downsample --bounding-box`: a dataset whose finest mag was changed in a box."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from wkflow.model.write_datasource import PROPERTIES

from tests.runs import TIMEOUT_S, VOXEL_SIZE, environment, noise, shard_bytes, wkflow, write_stack

SHAPES = ("--shard-shape", "32,32,32", "--chunk-shape", "16", "--compression", "zstd:1")
BOX = (70, 20, 33, 9, 8, 6)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Convert a stack, and one that differs in a box; lay mag 1 of the second into the first."""
    volume = noise(70, 130, 200)
    write_stack(tmp_path / "em", volume)
    x, y, z, width, height, depth = BOX
    volume[z : z + depth, y : y + height, x : x + width] = 255
    write_stack(tmp_path / "other/em", volume)
    for source, target in (("em", "set"), ("other/em", "whole")):
        convert = ("convert", *VOXEL_SIZE, *SHAPES, "--max-mag", "8")
        run = wkflow(*convert, tmp_path / source, tmp_path / target)
        assert run.returncode == 0, run.stderr
    shutil.rmtree(tmp_path / "set/em/1")
    shutil.copytree(tmp_path / "whole/em/1", tmp_path / "set/em/1")
    shutil.rmtree(tmp_path / "set.wkflow")  # whose receipts tell of the old voxels
    return tmp_path / "set", tmp_path / "whole"


def folders(dataset: Path) -> dict[str, str]:
    document = json.loads((dataset / PROPERTIES).read_bytes())
    return {
        "-".join(map(str, mag["mag"])): mag["path"] for mag in document["dataLayers"][0]["mags"]
    }


def shards(dataset: Path) -> dict[str, bytes]:
    """Read all shards by mag and place, wherever the mags lie."""
    return {
        f"{mag}/{place}": content
        for mag, folder in folders(dataset).items()
        for place, content in shard_bytes(dataset / folder).items()
    }


def inodes(dataset: Path) -> set[int]:
    found = (path for folder in folders(dataset).values() for path in (dataset / folder).rglob("*"))
    return {path.stat().st_ino for path in found if path.is_file() and path.name != "zarr.json"}


def test_mags_are_what_they_are_of_the_changed_whole(pair: tuple[Path, Path]) -> None:
    """Byte by byte; what the box does not reach are the files that were there."""
    dataset, whole = pair
    before, stayed = shards(dataset), inodes(dataset)
    assert before != shards(whole)
    box = ("--bounding-box", ",".join(map(str, BOX)))
    planned = wkflow("downsample", *box, "--dry-run", dataset)
    assert planned.returncode == 0, planned.stderr
    assert shards(dataset) == before
    run = wkflow("downsample", *box, dataset)
    assert run.returncode == 0, run.stderr
    after = shards(dataset)
    assert after == shards(whole)
    changed = {name for name in after if after[name] != before[name]}
    assert changed
    kept = inodes(dataset) & stayed
    assert len(kept) > len(after) - 3 * len(changed) > len(after) / 2
    told = json.loads(wkflow("verify", "--json", dataset).stdout)
    assert told["faults"] == []
    assert list(folders(dataset)) == ["1-1-1", "2-2-1", "4-4-2", "8-8-4"]


@pytest.mark.long
def test_a_killed_run_goes_on(pair: tuple[Path, Path]) -> None:
    """Until all mags are whole the dataset is what it was."""
    dataset, whole = pair
    before = shards(dataset)
    words = ("downsample", "--bounding-box", ",".join(map(str, BOX)), "--job-size", "1", dataset)
    command = [sys.executable, "-m", "wkflow.cli.main", *map(str, words)]
    run = subprocess.Popen(command, env=environment(), stderr=subprocess.DEVNULL)
    receipts = dataset.with_name("set.downsample") / "receipts"
    deadline = time.monotonic() + TIMEOUT_S
    while not list(receipts.rglob("*.json")) and run.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    run.kill()
    run.wait()
    assert shards(dataset) in (before, shards(whole))
    assert wkflow(*words).returncode == 0
    assert shards(dataset) == shards(whole)


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ("500,0,0,10,10,10", "lies beside layer em"),
        ("0,0,0,0,10,10", "bounding_box"),
    ],
)
def test_what_cannot_be_is_refused(pair: tuple[Path, Path], box: str, words: str) -> None:
    """And nothing is changed."""
    dataset, _ = pair
    before = shards(dataset)
    run = wkflow("downsample", "--bounding-box", box, dataset)
    assert run.returncode == 2
    assert words in run.stderr
    assert shards(dataset) == before


def test_mags_of_others_are_not_kept(tmp_path: Path) -> None:
    """Whose shards have another form: all are made anew, or none."""
    write_stack(tmp_path / "em", noise(20, 60, 64))
    convert = ("convert", *VOXEL_SIZE, "--data-format", "zarr", tmp_path / "em", tmp_path / "set")
    assert wkflow(*convert).returncode == 0
    run = wkflow("downsample", "--bounding-box", "0,0,0,9,9,9", tmp_path / "set")
    assert run.returncode == 2
    assert "not stored in shards as wkflow writes them" in run.stderr
    assert "--overwrite-mags" in run.stderr
    remote = ("--bounding-box", "0,0,0,9,9,9", "https://wk.example/datasets/x/y")
    run = wkflow("downsample", *remote, cwd=tmp_path)
    assert run.returncode == 2
    assert "a server's mags cannot be made anew" in run.stderr


def test_a_layer_without_further_mags_has_none_to_mend(tmp_path: Path) -> None:
    """They are made as a whole first."""
    write_stack(tmp_path / "em", np.ones((9, 40, 40), np.uint8))
    convert = ("convert", *VOXEL_SIZE, "--no-downsample", tmp_path / "em", tmp_path / "set")
    assert wkflow(*convert).returncode == 0
    run = wkflow("downsample", "--bounding-box", "0,0,0,9,9,9", tmp_path / "set")
    assert run.returncode == 2
    assert "has no mag above 1" in run.stderr
