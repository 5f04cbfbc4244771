"""Voxels counted by value."""

import numpy as np
import pytest
from wkflow.report.value_counts import MOST_LOOKED_AT, some_values, value_counts

from tests.runs import noise


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_values_of_few_bits_are_all_counted(dtype: str) -> None:
    """As numpy counts them at once, from 0 to the greatest value of the type."""
    volume = noise(5, 30, 20, 2, dtype=dtype)
    counts = value_counts(volume)
    assert counts is not None
    expected = np.bincount(volume.ravel(), minlength=np.iinfo(dtype).max + 1)
    assert np.array_equal(counts, expected)


@pytest.mark.parametrize("dtype", ["int16", "uint32", "float32"])
def test_of_other_types_some_are_taken(dtype: str) -> None:
    """All of a small volume; of a large one from everywhere, and no more than is said."""
    assert value_counts(noise(2, 2, dtype=dtype)) is None
    small = noise(5, 30, 20, 1, dtype=dtype)
    assert np.array_equal(some_values(small), small.ravel())
    large = np.broadcast_to(np.arange(40, dtype=dtype)[:, None, None], (40, 512, 512))
    some = some_values(large)
    assert MOST_LOOKED_AT / 3 < len(some) <= MOST_LOOKED_AT
    assert set(some.tolist()) == set(range(40))


def test_what_is_not_finite_is_no_value() -> None:
    """Neither NaN nor an infinity."""
    assert some_values(np.array([1.0, np.nan, np.inf, -np.inf, 2.0])).tolist() == [1.0, 2.0]
