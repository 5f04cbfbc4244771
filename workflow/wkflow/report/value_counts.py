"""Voxels counted by value: all of 8 and 16 bit, of other types some of each volume."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

COUNTED = {"uint8": 2**8, "uint16": 2**16}
"""Types whose values are counted one by one, and how many they have."""

MOST_LOOKED_AT = 2**21
"""Values of other types: of more voxels each so many-eth is taken."""


def value_counts(volume: NDArray[Any]) -> NDArray[np.int64] | None:
    """Count how many voxels have each value from 0 on; None for types of too many values.

    It goes slice by slice, since numpy widens what it counts to eight bytes.
    """
    values = COUNTED.get(volume.dtype.name)
    if values is None:
        return None
    counts = np.zeros(values, np.int64)
    for plane in volume:
        counts += np.bincount(plane.ravel(), minlength=values)
    return counts


def some_values(volume: NDArray[Any]) -> NDArray[Any]:
    """Give finite values of a volume: all of a small one, else some from everywhere."""
    step = -(-volume.size // MOST_LOOKED_AT) | 1  # odd, so that it is in step with no row
    some = volume.reshape(-1)[::step]
    return some[np.isfinite(some)] if volume.dtype.kind == "f" else some
