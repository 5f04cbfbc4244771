"""Values as unsigned whole numbers in the same order: so percentiles are found digit by digit."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.unsignedinteger[Any]]

DIGIT_BITS = 16
"""Of a key are counted in one pass over the voxels."""


def digits_of(dtype: str) -> int:
    """Give the passes that tell all bits of a value.

    >>> digits_of("uint8"), digits_of("int16"), digits_of("float32"), digits_of("float64")
    (1, 1, 2, 4)
    """
    return max(1, np.dtype(dtype).itemsize * 8 // DIGIT_BITS)


def bins_of(dtype: str) -> int:
    """Give the values that one digit may have."""
    return int(2 ** min(DIGIT_BITS, np.dtype(dtype).itemsize * 8))


def keys_of(voxels: NDArray[Any]) -> Keys:
    """Give the keys of all finite samples, one after the other; -0.0 is 0.0.

    >>> keys_of(np.array([-1, 0, 1], np.int8)).tolist()
    [127, 128, 129]
    >>> low, high = keys_of(np.array([-1.5, np.nan, 2.0], np.float32))
    >>> bool(low < high)
    True
    """
    samples = np.ascontiguousarray(voxels).reshape(-1)
    unsigned = np.dtype(f"u{samples.dtype.itemsize}")
    sign = unsigned.type(1 << (unsigned.itemsize * 8 - 1))
    if samples.dtype.kind == "f":
        is_finite = np.isfinite(samples)
        samples = samples if is_finite.all() else samples[is_finite]
        bits = (samples + samples.dtype.type(0)).view(unsigned)  # -0.0 and 0.0 are one value
        keys: Keys = np.where(bits & sign, ~bits, bits | sign)
    else:
        keys = samples.view(unsigned)
    return keys ^ sign if samples.dtype.kind == "i" else keys


def value_of(key: int, dtype: str) -> int | float:
    """Give the value that has a key.

    >>> value_of(127, "int8"), value_of(int(keys_of(np.array([2.5]))[0]), "float64")
    (-1, 2.5)
    """
    kind, bits = np.dtype(dtype), np.dtype(dtype).itemsize * 8
    sign = 1 << (bits - 1)
    if kind.kind == "f":
        key = key ^ sign if key & sign else key ^ (2 * sign - 1)
    elif kind.kind == "i":
        key ^= sign
    value: int | float = np.array([key], f"u{kind.itemsize}").view(kind)[0].item()
    return value
