"""The disk holds what is on its way, not the dataset."""

import json
import os
import time
from pathlib import Path

import pytest

from tests.runs import noise, write_stack
from tests.standin.server import Standin
from tests.upload.runs import start, url_of, wkflow

pytestmark = pytest.mark.long

SHARE = 0.75
"""Of the dataset: a few slabs, the reduced voxels of all of them, and what is built of those."""

SLABS = ("--voxel-size", "11,11,25", "--job-size", "600K")
"""One for each 32 slices; of the second mag each block wants all of them."""


def size_of(folder: Path) -> int:
    """Sum the files below a folder from which files go meanwhile."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(parent, name).stat().st_size
            except FileNotFoundError:
                continue
    return total


def test_shards_go_while_others_are_made(standin: Standin, here: Path, tmp_path: Path) -> None:
    """On a slow network too: conversion waits for it. In the end all of it was there once."""
    stack = write_stack(tmp_path / "deep", noise(640, 128, 128))
    standin.faults(limit={"bytes_per_second": 2e6})
    with start("remote-convert", *SLABS, stack, standin=standin, cwd=here) as process:
        most = 0
        while process.poll() is None:
            parts = (here / "deep.upload" / name for name in ("dataset", "scratch"))
            most = max(most, sum(map(size_of, parts)))
            time.sleep(0.05)
        _, told = process.communicate()
    assert process.returncode == 0, told
    proof = json.loads((here / "deep.upload" / "upload.json").read_bytes())
    assert 0 < most < SHARE * proof["bytes"]
    again = wkflow("remote-convert", *SLABS, stack, standin=standin, cwd=here)
    assert url_of(again) == proof["url"]
