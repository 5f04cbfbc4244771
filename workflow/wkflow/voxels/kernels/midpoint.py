"""The mean of two voxels, as `np.median` and a cast give it."""

import numpy as np

from wkflow.voxels.kernels.kernel import Voxels
from wkflow.voxels.kernels.saturation import saturated


def midpoint(one: Voxels, other: Voxels) -> Voxels:
    """Take the mean of two arrays of one shape and dtype.

    Integers up to 32 bits: exact, truncated toward zero. 64-bit integers: computed in float64
    as `np.median` does, so ids beyond 2**53 are rounded. Floats: in their own dtype.

    Examples
    --------
    >>> midpoint(np.array([250, 1], np.uint8), np.array([255, 2], np.uint8))
    array([252,   1], dtype=uint8)
    >>> midpoint(np.array([-3, -1], np.int8), np.array([-2, 0], np.int8))
    array([-2,  0], dtype=int8)
    """
    dtype = one.dtype
    if dtype.kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):
            mean: Voxels = np.true_divide(np.add(one, other), dtype.type(2))
        return mean
    if dtype.itemsize == 8:
        return saturated(np.add(one, other, dtype=np.float64) / 2, dtype)
    return _integer_midpoint(one, other)


def _integer_midpoint(one: Voxels, other: Voxels) -> Voxels:
    """Add what both have to half of what only one has: no bit overflows."""
    apart = np.bitwise_xor(one, other)
    floor: Voxels = np.add(np.bitwise_and(one, other), np.right_shift(apart, 1))
    if one.dtype.kind == "i":
        is_halved = np.bitwise_and(apart, 1)
        return np.add(floor, np.bitwise_and(is_halved, np.less(floor, 0)))
    return floor
