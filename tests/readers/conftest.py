"""No reader may leave a file open."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

OPEN_FILES = Path("/proc/self/fd")


@pytest.fixture(autouse=True)
def no_file_left_open(tmp_path: Path) -> Iterator[None]:
    """After a test, no file below its folder is open, whether the reader failed or not."""
    yield
    if OPEN_FILES.is_dir() and _open_below(tmp_path):
        gc.collect()  # only now: it takes a second where all tests are collected
        assert not _open_below(tmp_path)


def _open_below(folder: Path) -> list[Path]:
    left = [link.readlink() for link in OPEN_FILES.iterdir() if link.is_symlink()]
    return [path for path in left if path.is_relative_to(folder)]
