"""The values of a layer as a picture: how many voxels have each, and which of them are shown."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.report.display_window import Window
from wkflow.report.value_counts import some_values, value_counts

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
    """Count the values of voxels; channels are counted together, of large volumes some voxels."""
    counts = value_counts(volume)
    if counts is not None and counts.any():
        return _of_counts(counts)
    values = some_values(volume)
    if not values.size:
        return Histogram(np.zeros(1, np.int64), np.array([0.0, 1.0]))
    low, high = values.min(), values.max()
    if volume.dtype.kind == "f":
        end = float(high) if high > low else float(low) + 1.0
        return Histogram(*np.histogram(values, BINS, (float(low), end)))
    bins = min(BINS, int(high) - int(low) + 1)
    found, edges = np.histogram(values, bins, (float(low), float(high) + 1))
    limits = np.iinfo(volume.dtype)
    shares = float(np.mean(values == limits.min)), float(np.mean(values == limits.max))
    return Histogram(found, edges, True, *shares)  # noqa: FBT003 -- the only flag of a record


def _of_counts(counts: NDArray[np.int64]) -> Histogram:
    """Bin counts of all values: those of a byte from 0 on, else from the least to the greatest."""
    found = np.flatnonzero(counts)
    first, last = (0, 255) if len(counts) == 256 else (int(found[0]), int(found[-1]))
    width = -(-(last - first + 1) // BINS)
    kept = counts[first : last + 1]
    padded = np.append(kept, np.zeros(-len(kept) % width, np.int64))
    edges = np.append(np.arange(first, last + 1, width, dtype=float), float(last + 1))
    shares = (counts[[0, -1]] / counts.sum()).tolist()
    return Histogram(padded.reshape(-1, width).sum(axis=1), edges, True, *shares)  # noqa: FBT003 -- as above


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
