"""The values of a layer as a picture: how many voxels have each, and which of them are shown."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wkflow.model.source import Window as Ends
from wkflow.report.display_window import Window
from wkflow.voxels.histogram import Histogram

BARS = 128
"""Of integers no more than they have values."""

WIDTH, HEIGHT = 480.0, 120.0
"""Of the drawing, in its own units."""


@dataclass(frozen=True, slots=True)
class Bars:
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


def bars_of(histogram: Histogram, ends: Ends | None) -> Bars:
    """Make bars of a layer's histogram; `ends` are its smallest and its largest value.

    Those of a byte go from 0 to 255, others from the one to the other. A bin of several floats is
    counted where its middle lies.
    """
    least, largest, counts = histogram.bins()
    if ends is None or not counts.size:
        return Bars(np.zeros(1, np.int64), np.array([0.0, 1.0]))
    least, largest = np.clip(least, *ends), np.clip(largest, *ends)
    if histogram.dtype.kind == "f":
        last = ends[1] if ends[0] < ends[1] else ends[0] + 1.0
        edges = np.linspace(ends[0], last, BARS + 1)
        return Bars(_binned(least, largest, counts, edges), edges)
    first, last = (0.0, 255.0) if histogram.dtype == np.uint8 else ends
    width = max(1, -(-int(last - first + 1) // BARS))
    edges = np.append(np.arange(first, last + 1, width), last + 1)
    limits, is_one = np.iinfo(histogram.dtype), least == largest
    at_limits = [
        float(counts[is_one & (least == limit)].sum() / counts.sum())
        for limit in (limits.min, limits.max)
    ]
    return Bars(_binned(least, largest, counts, edges), edges, True, *at_limits)  # noqa: FBT003 -- the only flag of a record


def _binned(
    least: NDArray[np.float64],
    largest: NDArray[np.float64],
    counts: NDArray[np.int64],
    edges: NDArray[np.float64],
) -> NDArray[np.int64]:
    found: NDArray[np.int64] = np.histogram(least / 2 + largest / 2, edges, weights=counts)[0]
    return found


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


def draw(bars: Bars, window: Window) -> Drawing:
    """Lay a histogram out, with the window that is shown."""
    first, last = float(bars.edges[0]), float(bars.edges[-1])

    def place(value: float) -> float:
        return round(min(max((value - first) / (last - first), 0.0), 1.0) * WIDTH, 1)

    logs = np.log1p(bars.counts)
    heights = HEIGHT * logs / max(float(logs.max()), 1e-9)
    path = f"M0 {HEIGHT:g}"
    for height, end in zip(heights, bars.edges[1:], strict=True):
        path += f"V{HEIGHT - float(height):.1f}H{place(float(end)):g}"
    shown = place(window.low), place(window.high + bars.is_integer)
    return Drawing(f"{path}V{HEIGHT:g}Z", *shown, first, last - bars.is_integer)
