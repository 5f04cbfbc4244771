"""Which values of a color layer are shown black and white at first, and why.

The rule is told in docs/how-to/contrast.md.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from wkflow.model.intensity_range import FULL, IntensityRange, known_range
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.receipt import Receipt
from wkflow.model.source import Window
from wkflow.run_folder import histogram_path
from wkflow.voxels.histogram import ROW_STEP, Counts, Histogram

PERCENT = 0.1
"""Of the voxels that may be darker than black, and as many brighter than white."""

FILLING_SHARE = 0.05
"""A single value at an end, or 0, that more voxels have than this is padding or saturation."""

FEWEST_VALUES = 16
"""With fewer other values none is left out: then it is an image of few values."""

NOT_COUNTED = "an earlier version wrote slabs without histograms: --overwrite-existing writes all"
LOST = "histograms of slabs are lost"

Edges = NDArray[np.float64]


def choose_intensity_range(one: LayerPlan, slabs: Mapping[str, Receipt]) -> IntensityRange:
    """Choose the values that a color layer shows black and white.

    `slabs` are the receipts of its slabs by their paths in the run folder, where their
    histograms lie.
    """
    if known := known_range(one.contrast, one.display.window):
        return known
    lows = [slab.lowest for slab in slabs.values() if slab.lowest is not None]
    highs = [slab.highest for slab in slabs.values() if slab.highest is not None]
    if not (lows and highs):
        return IntensityRange(None, "no voxel has a finite value")
    ends = float(min(lows)), float(max(highs))
    if ends[0] == ends[1]:
        return IntensityRange(None, f"all voxels have the value {ends[0]:g}")
    if one.contrast == FULL:
        return IntensityRange(ends, "asked for: the smallest and the largest value")
    return _of_histograms(one, slabs, ends)


def _of_histograms(one: LayerPlan, slabs: Mapping[str, Receipt], ends: Window) -> IntensityRange:
    """Add up the histograms of all slabs, and choose by percentiles."""
    if not all(slab.histogram for slab in slabs.values()):
        return IntensityRange(None, NOT_COUNTED)
    histogram, lost = Histogram(one.layer.dtype), []
    for path, slab in slabs.items():
        part = Histogram.read(histogram_path(path), one.layer.dtype, slab.histogram)
        if part is None:
            lost.append(path)
        else:
            histogram.add(part)
    if lost:
        return IntensityRange(None, LOST, lost=tuple(lost))
    return by_percentiles(histogram, ends, one.layer.channels)


def by_percentiles(histogram: Histogram, ends: Window, channels: int) -> IntensityRange:
    """Choose by percentiles; `ends` are the smallest and the largest value of all voxels."""
    least, largest, counts = histogram.bins()
    least, largest = np.clip(least, *ends), np.clip(largest, *ends)
    filling = _filling(least, largest, counts)
    kept = ~filling if len(counts) - filling.sum() >= FEWEST_VALUES else np.full(len(counts), True)  # noqa: FBT003 -- the value that fills
    window = _percentiles(least[kept], largest[kept], counts[kept])
    total = int(counts.sum())
    rows = "" if histogram.is_of_all else f" in every {ROW_STEP}th row"
    of = f"of {total // channels} voxels{rows}"
    if not window[0] < window[1]:
        return IntensityRange(ends, f"the smallest and the largest value: percentiles {of} are one")
    told = [f"{least[n]:g} ({counts[n] / total:.0%})" for n in np.flatnonzero(~kept)]
    without = f" without {' and '.join(told)}" if told else ""
    return IntensityRange(window, f"percentiles {PERCENT} and {100 - PERCENT} {of}{without}")


def _filling(least: Edges, largest: Edges, counts: Counts) -> NDArray[np.bool_]:
    """Find the single values that are padding or saturation."""
    is_single = largest - least <= np.finfo(np.float32).tiny
    is_end = (np.abs(least) <= np.finfo(np.float32).tiny) & is_single
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
