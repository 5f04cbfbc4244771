"""Files as memory."""

import gc
import weakref
from pathlib import Path

import numpy as np
from numpy.testing import assert_array_equal
from wkflow.readers.base.memory_map import mapped


def test_a_file_is_mapped(tmp_path: Path) -> None:
    """Its bytes are there, for reading only."""
    (tmp_path / "a").write_bytes(b"abc")
    with mapped(str(tmp_path / "a")) as content:
        assert content[1:].tobytes() == b"bc"
        assert not content.flags.writeable


def test_a_view_that_is_left_keeps_the_map(tmp_path: Path) -> None:
    """A thread that still reads finds its voxels; when it is done, the map goes."""
    (tmp_path / "a").write_bytes(bytes(range(9)))
    with mapped(str(tmp_path / "a")) as content:
        view: np.ndarray = np.ndarray((3,), np.uint8, content, 0, (3,))
    is_alive = weakref.ref(content)
    del content
    assert_array_equal(view, [0, 3, 6])
    del view
    gc.collect()
    assert is_alive() is None
