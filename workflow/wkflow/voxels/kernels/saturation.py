"""Floats to integers of a narrower range."""

import numpy as np
from numpy.typing import NDArray

from wkflow.voxels.kernels.kernel import Voxels


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
