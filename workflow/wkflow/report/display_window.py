"""Which values of a layer are shown black and white: as its dataset says, else by percentiles."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.report.value_counts import some_values, value_counts

PERCENTILES = (0.1, 99.9)
"""Of the voxels that were read; NaN and infinities are none."""


@dataclass(frozen=True, slots=True)
class Window:
    """Values from `low` (black) to `high` (white); `origin` says in words who chose them."""

    low: float
    high: float
    origin: str


def window_of(view: dict[str, Any], volume: NDArray[Any], evidence: str = "") -> Window:
    """Give the window of a layer.

    Parameters
    ----------
    view
        `defaultViewConfiguration` of its layer in the properties.
    volume
        Some of its voxels, of the shape (..., channels).
    evidence
        Why the view's range is what it is, where the run chose it.
    """
    stated = view.get("intensityRange")
    if isinstance(stated, list) and len(stated) == 2:
        low, high = map(float, stated)
        return Window(low, high, evidence or "as the dataset says (intensityRange)")
    if volume.dtype == np.uint8 and volume.shape[-1] == 3:
        return Window(0.0, 255.0, "all values of a colour")
    low, high = _percentiles(volume)
    if low > high:
        return Window(0.0, 1.0, "there is no finite value")
    origin = "percentiles {} and {} of the voxels that were read".format(*PERCENTILES)
    return Window(low, high, origin)


def _percentiles(volume: NDArray[Any]) -> tuple[float, float]:
    """Give the least values that so many percent do not exceed; the extremes where they are one.

    Without any value the first one is the greater.
    """
    counts = value_counts(volume)
    if counts is None:
        values = some_values(volume)
        if not len(values):
            return 1.0, 0.0
        low, high = np.percentile(values, PERCENTILES, method="inverted_cdf")
        first, last = values.min(), values.max()
    else:
        below = np.cumsum(counts) / max(volume.size, 1)
        low, high = np.searchsorted(below, np.array(PERCENTILES) / 100)
        first, last = np.flatnonzero(counts)[[0, -1]]
    return (float(low), float(high)) if low < high else (float(first), float(last))


def scaled(volume: NDArray[Any], window: Window) -> NDArray[np.uint8]:
    """Map a window to 0 to 255, rounded; what lies outside is clipped, NaN is black."""
    span = window.high - window.low
    factor = 255 / span if span > 0 else 0.0
    with np.errstate(invalid="ignore", over="ignore"):
        shades = (volume.astype(np.float32) - np.float32(window.low)) * np.float32(factor)
    shades = np.nan_to_num(shades, nan=0.0, posinf=255.0, neginf=0.0)
    bytes_: NDArray[np.uint8] = np.clip(np.rint(shades), 0, 255).astype(np.uint8)
    return bytes_
