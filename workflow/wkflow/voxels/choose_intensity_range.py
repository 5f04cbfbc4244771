"""Which values of a color layer are shown black and white at first, and why.

The rule is told in docs/how-to/contrast.md.
"""

import numpy as np
from numpy.typing import NDArray

from wkflow.model.intensity_range import FULL, IntensityRange, known_range
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.source import Window
from wkflow.voxels.histogram import Histogram
from wkflow.voxels.layer_histogram import LayerHistogram
from wkflow.voxels.value_bins import Counts, Edges

PERCENT = 0.1
"""Of the voxels that may be darker than black, and as many brighter than white."""

FILLING_SHARE = 0.05
"""A single value at an end, or 0, that more voxels have than this is padding or saturation."""

FEWEST_VALUES = 16
"""With fewer other values none is left out: then it is an image of few values."""

NARROW = 1 / 4096
"""Of the span of all values: a bin of floats that is no wider counts as a single value."""


def choose_intensity_range(one: LayerPlan, counted: LayerHistogram) -> IntensityRange:
    """Choose the values that a color layer shows black and white; `counted` are its values."""
    if known := known_range(one.contrast, one.display.window):
        return known
    ends = counted.ends
    if ends is None:
        return IntensityRange(None, "no voxel has a finite value")
    if ends[0] == ends[1]:
        return IntensityRange(None, f"all voxels have the value {ends[0]:g}")
    if one.contrast == FULL:
        return IntensityRange(ends, "asked for: the smallest and the largest value")
    if counted.histogram is None:
        return IntensityRange(None, counted.reason, lost=counted.lost)
    return by_percentiles(counted.histogram, ends, one.layer.channels)


def by_percentiles(histogram: Histogram, ends: Window, channels: int) -> IntensityRange:
    """Choose by percentiles; `ends` are the smallest and the largest value of all voxels."""
    least, largest, counts = histogram.bins()
    least, largest = (np.clip(_without_least(one), *ends) for one in (least, largest))
    filling = _filling(least, largest, counts, NARROW * (ends[1] - ends[0]))
    kept = ~filling if len(counts) - filling.sum() >= FEWEST_VALUES else np.full(len(counts), True)  # noqa: FBT003 -- the value that fills
    window = _percentiles(least[kept], largest[kept], counts[kept])
    total = int(counts.sum())
    rows = "" if histogram.row_step == 1 else f" in every {histogram.row_step}th row"
    of = f"of {total // channels} voxels{rows}"
    if not window[0] < window[1]:
        return IntensityRange(ends, f"the smallest and the largest value: percentiles {of} are one")
    told = [f"{least[n]:g} ({counts[n] / total:.0%})" for n in np.flatnonzero(~kept)]
    without = f" without {' and '.join(told)}" if told else ""
    return IntensityRange(window, f"percentiles {PERCENT} and {100 - PERCENT} {of}{without}")


def _without_least(values: Edges) -> Edges:
    """Make 0 of numbers that are as good as 0, with which it shares a bin."""
    zeroed: Edges = np.where(np.abs(values) < np.finfo(np.float32).tiny, 0.0, values)
    return zeroed


def _filling(least: Edges, largest: Edges, counts: Counts, narrow: float) -> NDArray[np.bool_]:
    """Find the single values that are padding or saturation."""
    is_single = largest - least <= narrow
    is_end = least == 0
    is_end[[0, -1]] = True
    found: NDArray[np.bool_] = is_end & is_single & (counts > FILLING_SHARE * counts.sum())
    return found


def _percentiles(least: Edges, largest: Edges, counts: Counts) -> Window:
    """Give the values below which, and above which, `PERCENT` of the counted voxels lie.

    Within a bin of several values they are taken as spread evenly.
    """
    upto = np.cumsum(counts)
    low, high = (upto[-1] * percent / 100 for percent in (PERCENT, 100 - PERCENT))
    return _value_at(low, least, largest, upto), _value_at(high, least, largest, upto)


def _value_at(rank: float, least: Edges, largest: Edges, upto: Counts) -> float:
    n = min(int(np.searchsorted(upto, rank)), len(upto) - 1)
    before = upto[n - 1] if n else 0
    share = (rank - before) / (upto[n] - before)
    return float(least[n] + (largest[n] - least[n]) * share)
