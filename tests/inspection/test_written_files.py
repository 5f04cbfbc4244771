"""What receipts beside a dataset say of its files."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from wkflow.inspection.written_files import run_folders_of, written_files
from wkflow.model.added_layers import AddedLayers
from wkflow.model.receipt import Receipt, ShardFile
from wkflow.model.write_datasource import PROPERTIES
from wkflow.run_folder import RunFolder


def receive(folder: Path, job: str, *files: ShardFile, age: int = 0) -> None:
    """Write a receipt, `age` seconds ago."""
    path = RunFolder(folder).receipt(job)
    path.parent.mkdir(parents=True, exist_ok=True)
    Receipt("a rule", files).write(path)
    os.utime(path, (1e9 - age, 1e9 - age))


def test_the_last_receipt_of_a_file_counts(tmp_path: Path) -> None:
    """Whichever run folder it is in, and however slabs were cut then."""
    first, second = run_folders_of(tmp_path / "data")
    old, new = ShardFile("em/1/c/0", 10, "aa"), ShardFile("em/1/c/0", 20, "bb")
    other = ShardFile("em/2/c/0", 5, "cc")
    receive(first, "convert_slab/em/z0", new)
    receive(second, "downsample_block/em/2/0", old, other, age=60)
    assert written_files(tmp_path / "data", [first, second]) == {"em/1/c/0": new, "em/2/c/0": other}


def test_what_is_no_receipt_counts_as_none(tmp_path: Path) -> None:
    """Nor does what a receipt of another rule lists, or a folder that is not there."""
    receive(tmp_path, "write_properties", ShardFile("em/1/c/0", 10, "aa"))
    broken = RunFolder(tmp_path).receipt("convert_slab/em/z0")
    broken.parent.mkdir(parents=True)
    broken.write_text("{")
    assert written_files(tmp_path / "data", [tmp_path, tmp_path / "nothing"]) == {}


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ({}, 1),
        ({"is_done": False}, 0),  # it is being moved, or replaces another one
        ({"target": "/data/other"}, 0),
        ({"entries": [{"name": "nuclei", "mags": [{"path": "./nuclei/1"}]}]}, 0),  # replaced since
    ],
)
def test_layers_that_were_added_lie_elsewhere(
    tmp_path: Path, change: dict[str, Any], count: int
) -> None:
    """Their receipts tell of them as they were made; only of those count that are still there."""
    dataset, run = tmp_path / "data", tmp_path / "data-1a2b3c4d.add-layer"
    entry = {"name": "nuclei", "mags": [{"path": "./nuclei__2/1"}]}
    dataset.mkdir()
    (dataset / PROPERTIES).write_text(json.dumps({"dataLayers": [entry]}))
    receive(run, "convert_slab/nuclei/z0", ShardFile("nuclei/1/c/0", 10, "aa"))
    folders = {"nuclei": "nuclei__2"}
    noted = AddedLayers(str(dataset), "", folders=folders, entries=[entry], is_done=True)
    replace(noted, **change).write(run)
    (_, _, found) = run_folders_of(dataset)
    assert found == run
    written = written_files(dataset, [run])
    assert list(written) == ["nuclei__2/1/c/0"] * count
    assert [file.path for file in written.values()] == ["nuclei__2/1/c/0"] * count
