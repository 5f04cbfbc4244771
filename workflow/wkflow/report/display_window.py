"""Which values of a layer are shown black and white: as its dataset says, else by percentiles."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PERCENTILES = (0.1, 99.9)
"""Of the voxels that were read; NaN and infinities are none."""

COUNTED = ("uint8", "uint16")
"""Types whose values are counted one by one."""

MOST_SORTED = 2**20
"""Values of other types that percentiles are taken of: each so many-eth voxel."""


@dataclass(frozen=True, slots=True)
class Window:
    """Values from `low` (black) to `high` (white); `origin` says in words who chose them."""

    low: float
    high: float
    origin: str


def window_of(view: dict[str, Any], volume: NDArray[Any]) -> Window:
    """Give the window of a layer.

    Parameters
    ----------
    view
        `defaultViewConfiguration` of its layer in the properties.
    volume
        Some of its voxels.
    """
    stated = view.get("intensityRange")
    if isinstance(stated, list) and len(stated) == 2:
        low, high = map(float, stated)
        return Window(low, high, "as the dataset says (intensityRange)")
    finite = volume[np.isfinite(volume)] if volume.dtype.kind == "f" else volume.ravel()
    if not len(finite):
        return Window(0.0, 1.0, "there is no finite value")
    low, high = _percentiles(finite)
    if low == high:
        low, high = float(finite.min()), float(finite.max())
    origin = "percentiles {} and {} of the voxels that were read".format(*PERCENTILES)
    return Window(low, high, origin)


def _percentiles(values: NDArray[Any]) -> tuple[float, float]:
    """Give the least value that so many percent of all do not exceed."""
    if values.dtype.name in COUNTED:
        below = np.cumsum(np.bincount(values)) / len(values)
        low, high = (int(np.searchsorted(below, share / 100)) for share in PERCENTILES)
        return float(low), float(high)
    some = values[:: -(-len(values) // MOST_SORTED)]
    low_, high_ = np.percentile(some, PERCENTILES, method="inverted_cdf")
    return float(low_), float(high_)


def scaled(volume: NDArray[Any], window: Window) -> NDArray[np.uint8]:
    """Map a window to 0 to 255, rounded; what lies outside is clipped, NaN is black."""
    span = window.high - window.low
    factor = 255 / span if span > 0 else 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        shades = (volume.astype(np.float32) - np.float32(window.low)) * np.float32(factor)
    shades = np.nan_to_num(shades, nan=0.0, posinf=255.0, neginf=0.0)
    bytes_: NDArray[np.uint8] = np.clip(np.rint(shades), 0, 255).astype(np.uint8)
    return bytes_
