"""Regions gathered from chunks."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from wkflow.formats.chunk_grid import gather


@given(
    shape=st.tuples(*[st.integers(1, 12)] * 3),
    chunk=st.tuples(*[st.integers(1, 5)] * 3),
    data=st.data(),
    is_cut=st.booleans(),
)
def test_a_region_is_what_slicing_gives(
    shape: tuple[int, ...], chunk: tuple[int, ...], data: st.DataObject, *, is_cut: bool
) -> None:
    """Wherever it begins and ends, each chunk is loaded once, padded or cut at the end."""
    whole = np.arange(np.prod(shape)).reshape(shape)
    padded = whole if is_cut else np.pad(whole, [(0, 5)] * 3, constant_values=-1)
    ends = [sorted(data.draw(st.tuples(*[st.integers(0, size)] * 2))) for size in shape]
    spans = tuple((begin, end) for begin, end in ends)
    loaded = []

    def load(position: tuple[int, ...]) -> np.ndarray:
        loaded.append(position)
        return padded[tuple(slice(p * c, p * c + c) for p, c in zip(position, chunk, strict=True))]

    out = np.full([end - begin for begin, end in spans], -2)
    gather(spans, chunk, load, out)
    assert_array_equal(out, whole[tuple(slice(*span) for span in spans)])
    assert len(loaded) == len(set(loaded))


def test_what_was_never_written_is_filled() -> None:
    """A chunk that is not there holds the fill value."""
    out = np.zeros((2, 6))
    gather(((0, 2), (1, 7)), (2, 3), lambda at: None if at[1] else np.ones((2, 3)), out, 5)
    assert_array_equal(out, [[1, 1, 5, 5, 5, 5]] * 2)


def test_an_empty_region_loads_nothing() -> None:
    """Nor does it fail."""
    gather(((3, 3), (0, 9)), (2, 2), lambda _: 1 / 0, np.zeros((0, 9)))
