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
    if OPEN_FILES.is_dir():
        gc.collect()
        left = [link.readlink() for link in OPEN_FILES.iterdir() if link.is_symlink()]
        assert not [path for path in left if path.is_relative_to(tmp_path)]
