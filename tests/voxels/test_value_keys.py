"""Keys are in the order of the values, and lead back to them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from wkflow.voxels.value_keys import bins_of, digits_of, keys_of, value_of

from tests.steps.arrays import Voxels

DTYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]
DTYPES += ["float16", "float32", "float64"]


@given(voxels=st.sampled_from(DTYPES).flatmap(lambda one: arrays.arrays(one, (2, 3, 5))))
def test_keys_sort_as_values_do(voxels: Voxels) -> None:
    """All finite samples, and nothing besides."""
    values = [one for one in voxels.reshape(-1).tolist() if math.isfinite(one)]
    keys = keys_of(voxels).tolist()
    assert [value_of(key, voxels.dtype.name) for key in sorted(keys)] == sorted(values)
    assert [value_of(key, voxels.dtype.name) for key in keys] == values


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_both_zeros_are_one_value(dtype: str) -> None:
    """Else a percentile could lie between them."""
    assert len(set(keys_of(np.array([0.0, -0.0], dtype)).tolist())) == 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_all_digits_together_have_all_bits(dtype: str) -> None:
    """One pass for each: no bit is left out, none told twice."""
    assert bins_of(dtype) ** digits_of(dtype) == 2 ** (8 * np.dtype(dtype).itemsize)
