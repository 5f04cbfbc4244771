"""Regions of arrays, copied chunk by chunk."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.formats.chunk_files import ChunkPerFile, Position
from wkflow.formats.dataset_files import LocalFiles
from wkflow.formats.stored_array import StoredArray, own_axes

WHOLE = np.arange(1, 78, dtype=np.uint8).reshape(7, 11)
CHUNK = (3, 4)
ORIGIN = (5, -3)


def array_in(folder: Path) -> StoredArray:
    """Write chunks that are cut to what lies inside."""

    def decode(content: bytes, position: Position) -> NDArray[Any]:
        height = min(3, 7 - 3 * position[0])
        return np.frombuffer(content, np.uint8).reshape(height, -1)

    for y in range(3):
        for x in range(3):
            chunk = WHOLE[y * 3 : y * 3 + 3, x * 4 : x * 4 + 4]
            (folder / f"{y}{x}").write_bytes(chunk.tobytes())
    files = LocalFiles(folder)
    located = ChunkPerFile(files, lambda at: ("".join(map(str, at)),))
    dtype = np.dtype("u1")
    return StoredArray(files, "", ("y", "x"), (7, 11), CHUNK, dtype, located, decode, origin=ORIGIN)


@pytest.fixture(scope="module")
def array(tmp_path_factory: pytest.TempPathFactory) -> StoredArray:
    return array_in(tmp_path_factory.mktemp("array"))


@given(st.tuples(*[st.integers(-5, 20)] * 4))
def test_any_region_is_the_slice(array: StoredArray, numbers: tuple[int, int, int, int]) -> None:
    """Also beyond the array, where nothing is copied."""
    y, x = sorted(numbers[:2]), sorted(numbers[2:])
    padded = np.full((30, 30), 99, np.uint8)  # from (-6, -6) on
    padded[11:18, 3:14] = WHOLE
    out = np.full((y[1] - y[0], x[1] - x[0]), 99, np.uint8)
    array.copy(((y[0], y[1]), (x[0], x[1])), out)
    assert_array_equal(out, padded[y[0] + 6 : y[1] + 6, x[0] + 6 : x[1] + 6])
    named = list(array.names(((y[0], y[1]), (x[0], x[1]))))
    assert bool(named) == bool((out != 99).any())
    assert not array.has_gaps(((y[0], y[1]), (x[0], x[1])))


def test_a_missing_file_leaves_what_was_there(tmp_path: Path) -> None:
    """Unless it is refused."""
    array = array_in(tmp_path)
    (tmp_path / "01").unlink()
    out = np.full((7, 11), 99, np.uint8)
    array.copy(((5, 12), (-3, 8)), out)
    expected = WHOLE.copy()
    expected[:3, 4:8] = 99
    assert_array_equal(out, expected)
    with pytest.raises(SourceError, match="is missing") as failure:
        array.copy(((5, 12), (-3, 8)), out, refuses=True)
    assert failure.value.where == str(tmp_path / "01")


def test_a_chunk_of_another_size_is_refused(tmp_path: Path) -> None:
    """A single column is not spread over several."""
    array = array_in(tmp_path)
    for content in (bytes(3), bytes(9), bytes(4), b""):
        (tmp_path / "00").write_bytes(content)
        with pytest.raises(SourceError, match="is damaged") as failure:
            array.copy(((5, 12), (-3, 8)), np.zeros((7, 11), np.uint8))
        assert failure.value.where == str(tmp_path / "00")


def test_axes_that_cannot_be_guessed_are_refused() -> None:
    """Names that lack x say nothing."""
    assert own_axes(["a", "b", "c"], 3) == ("x", "y", "z")
    assert own_axes(["z", "y", "x"], 4) == ("c", "x", "y", "z")
    with pytest.raises(ValueError, match="2 axes have no names"):
        own_axes(None, 2)
