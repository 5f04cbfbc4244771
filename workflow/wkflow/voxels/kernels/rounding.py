"""From sums to voxels: division with a half going to the even neighbour, casts that saturate."""

import numpy as np
from numpy.typing import NDArray

from wkflow.voxels.kernels.tile import Voxels


def halves_to_even(remainder: Voxels, bits: int, quotient: Voxels) -> Voxels:
    """Divide small integers by 2**bits, so that `quotient` plus the result has rounded rightly.

    What lies halfway between two integers goes to the one that makes the sum even.

    Parameters
    ----------
    remainder : array of integers, not changed
        So far from the ends of its dtype that 2**bits more are no overflow.
    bits : int
        0 leaves the remainder as it is.
    quotient : array of integers, same shape and dtype
        What the result is going to be added to.

    Examples
    --------
    >>> sixes = np.full(4, 6)
    >>> halves_to_even(np.array([-2, 2, 3, 6]), 2, sixes)
    array([0, 0, 1, 2])
    """
    if bits == 0:
        return remainder
    whole: Voxels = np.right_shift(remainder, bits)
    is_odd = np.bitwise_and(np.add(whole, quotient), 1)
    nudged = np.add(np.add(remainder, 2 ** (bits - 1) - 1), is_odd)
    return np.right_shift(nudged, bits)  # type: ignore[no-any-return]  # numpy types no ufunc


def saturated(values: NDArray[np.float64], dtype: np.dtype[np.generic]) -> Voxels:
    """Cast to an integer dtype, truncated toward zero; what lies outside takes the nearest end.

    The largest 64-bit integers are no floats: 2**63 and 2**64 are one too many.

    Examples
    --------
    >>> saturated(np.array([-7.0, 2.9, 300.0]), np.dtype(np.uint8))
    array([  0,   2, 255], dtype=uint8)
    """
    ends = np.iinfo(dtype)  # type: ignore[type-var]  # callers pass integers only
    with np.errstate(invalid="ignore"):
        cast = values.astype(dtype)
    cast[values <= ends.min] = ends.min
    cast[values >= float(ends.max)] = ends.max
    return cast
