"""The values of a layer as a picture: how many voxels have each, and which of them are shown."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.report.display_window import Window

BINS = 128
"""Of integers no more than they have values."""

WIDTH, HEIGHT = 480.0, 120.0
"""Of the drawing, in its own units."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of finite values: `edges` has one entry more than `counts`, in growing order.

    Of integers an edge lies behind the greatest value. `at_lowest` and `at_highest` are the shares
    of voxels that have the least and the greatest value that the dtype can hold: what was too dark
    or too bright to be measured is among them.
    """

    counts: NDArray[np.int64]
    edges: NDArray[np.float64]
    is_integer: bool = False
    at_lowest: float = 0.0
    at_highest: float = 0.0


def histogram_of(volume: NDArray[Any]) -> Histogram:
    """Count the values of voxels; channels are counted together."""
    is_integer = volume.dtype.kind in "iu"
    values = volume.ravel() if is_integer else volume[np.isfinite(volume)]
    if not values.size:
        return Histogram(np.zeros(1, np.int64), np.array([0.0, 1.0]))
    low, high = values.min(), values.max()
    if volume.dtype == np.uint8:
        every = np.bincount(values, minlength=256).astype(np.int64)
        counts, edges = every.reshape(BINS, -1).sum(axis=1), np.linspace(0, 256, BINS + 1)
    else:
        span = int(high) - int(low) + 1 if is_integer else 0
        bins = min(BINS, span) if is_integer else BINS
        end = float(high) + 1 if is_integer else float(high)
        if float(low) == end:
            end = float(low) + 1.0
        counts, edges = np.histogram(values, bins, (float(low), end))
    shares = (0.0, 0.0)
    if is_integer:
        limits = np.iinfo(volume.dtype)
        shares = float(np.mean(values == limits.min)), float(np.mean(values == limits.max))
    return Histogram(counts.astype(np.int64), edges, is_integer, *shares)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A histogram as an SVG has it, `WIDTH` by `HEIGHT`.

    `path` is the outline of the bars, whose heights are logarithms of counts; `low` and `high` are
    the places of the window along x, `first` and `last` the least and the greatest value.
    """

    path: str
    low: float
    high: float
    first: float
    last: float
    width: float = WIDTH
    height: float = HEIGHT


def draw(histogram: Histogram, window: Window) -> Drawing:
    """Lay a histogram out, with the window that is shown."""
    first, last = float(histogram.edges[0]), float(histogram.edges[-1])

    def place(value: float) -> float:
        return round(min(max((value - first) / (last - first), 0.0), 1.0) * WIDTH, 1)

    logs = np.log1p(histogram.counts)
    heights = HEIGHT * logs / max(float(logs.max()), 1e-9)
    path = f"M0 {HEIGHT:g}"
    for height, end in zip(heights, histogram.edges[1:], strict=True):
        path += f"V{HEIGHT - float(height):.1f}H{place(float(end)):g}"
    shown = place(window.low), place(window.high + histogram.is_integer)
    return Drawing(f"{path}V{HEIGHT:g}Z", *shown, first, last - histogram.is_integer)
