"""What receipts beside a dataset say of its files."""

import os
from pathlib import Path

from wkflow.inspection.written_files import run_folders_of, written_files
from wkflow.model.receipt import Receipt, ShardFile
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
    assert written_files([first, second]) == {"em/1/c/0": new, "em/2/c/0": other}


def test_what_is_no_receipt_counts_as_none(tmp_path: Path) -> None:
    """Nor does what a receipt of another rule lists, or a folder that is not there."""
    receive(tmp_path, "write_properties", ShardFile("em/1/c/0", 10, "aa"))
    broken = RunFolder(tmp_path).receipt("convert_slab/em/z0")
    broken.parent.mkdir(parents=True)
    broken.write_text("{")
    assert written_files([tmp_path, tmp_path / "nothing"]) == {}
