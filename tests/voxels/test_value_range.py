"""The smallest and the largest finite sample."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.model.layer import ITEM_BYTES
from wkflow.voxels.value_range import Extremes


def seen(*parts: np.ndarray) -> tuple[float | None, float | None]:
    extremes = Extremes()
    for part in parts:
        extremes.include(part)
    return extremes.lowest, extremes.highest


@given(parts=st.lists(st.lists(st.floats(width=32), min_size=1, max_size=9), max_size=6))
def test_extremes_are_those_of_all_finite_samples(parts: list[list[float]]) -> None:
    """However they are cut; NaN and infinity are no samples."""
    finite = [sample for part in parts for sample in part if np.isfinite(sample)]
    found = seen(*(np.array(part, np.float32) for part in parts))
    assert found == ((min(finite), max(finite)) if finite else (None, None))


@pytest.mark.parametrize(
    "dtype", [one for one in sorted(ITEM_BYTES) if not one.startswith("float")]
)
def test_whole_numbers_stay_whole(dtype: str) -> None:
    """Also the largest of 64 bits, and as Python's own, which JSON can write."""
    ends = np.iinfo(dtype)
    low, high = seen(np.array([5], dtype), np.array([ends.min, ends.max], dtype))
    assert (low, high) == (ends.min, ends.max)
    assert type(low) is type(high) is int


def test_nothing_seen_is_none() -> None:
    """Not zero."""
    assert seen() == (None, None)
    assert seen(np.full(3, np.nan, np.float32)) == (None, None)


def test_threads_may_share_it() -> None:
    """No sample is lost."""
    extremes = Extremes()
    with ThreadPoolExecutor(8) as pool:
        parts = [np.arange(n, n + 2, dtype=np.int32) for n in range(500)]
        list(pool.map(extremes.include, parts))
    assert (extremes.lowest, extremes.highest) == (0, 500)
