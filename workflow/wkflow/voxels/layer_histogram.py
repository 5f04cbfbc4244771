"""The values of a whole color layer: the histograms of its slabs added up, or voxels at hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from wkflow.model.layer_plan import LayerPlan, digest
from wkflow.model.receipt import Receipt
from wkflow.model.source import Window
from wkflow.run_folder import histogram_path, layer_histogram_path
from wkflow.voxels.histogram import Histogram
from wkflow.voxels.value_range import Extremes

NOT_COUNTED = "an earlier version wrote slabs without histograms: --overwrite-existing writes all"
LOST = "histograms of slabs are lost"


@dataclass(frozen=True, slots=True)
class LayerHistogram:
    """How often which value occurs; `ends` are the smallest and the largest finite value.

    `histogram` is None where it is not known; `reason` says why, and `lost` are the receipts of
    slabs whose histograms are lost. `ends` is None where no value is finite.
    """

    histogram: Histogram | None
    ends: Window | None
    reason: str = ""
    lost: tuple[str, ...] = ()


def add_slabs(one: LayerPlan, slabs: Mapping[str, Receipt]) -> LayerHistogram:
    """Add up the histograms of all slabs of a layer.

    `slabs` are the receipts by their paths in the run folder, where the histograms lie. A sum that
    was kept is read instead, if it is of just these.
    """
    lows = [slab.lowest for slab in slabs.values() if slab.lowest is not None]
    highs = [slab.highest for slab in slabs.values() if slab.highest is not None]
    ends = (float(min(lows)), float(max(highs))) if lows and highs else None
    if not slabs or not all(slab.histogram for slab in slabs.values()):
        return LayerHistogram(None, ends, NOT_COUNTED)
    dtype = one.layer.dtype
    if known := Histogram.read_sum(layer_histogram_path(next(iter(slabs))), dtype, _parts(slabs)):
        return LayerHistogram(known, ends)
    whole, lost = Histogram(dtype), []
    for path, slab in slabs.items():
        part = Histogram.read(histogram_path(path), dtype, slab.histogram)
        if part is None:
            lost.append(path)
        else:
            whole.add(part)
    if lost:
        return LayerHistogram(None, ends, LOST, tuple(lost))
    return LayerHistogram(whole, ends)


def keep_sum(counted: LayerHistogram, slabs: Mapping[str, Receipt]) -> None:
    """Keep what `add_slabs` gave, so that the report need not read all of them again."""
    if counted.histogram and len(slabs) > 1:
        path = layer_histogram_path(next(iter(slabs))).absolute()
        counted.histogram.write(path, _parts(slabs))


def count_voxels(volume: NDArray[Any]) -> LayerHistogram:
    """Count all voxels (z, y, x, c) of a volume in memory."""
    histogram, extremes = Histogram(volume.dtype.name, row_step=1), Extremes()
    histogram.include(volume)
    extremes.include(volume)
    if extremes.lowest is None or extremes.highest is None:
        return LayerHistogram(histogram, None)
    return LayerHistogram(histogram, (float(extremes.lowest), float(extremes.highest)))


def _parts(slabs: Mapping[str, Receipt]) -> str:
    """Digest which histograms a sum is of."""
    return digest(sorted((path.rpartition("/")[2], slab.histogram) for path, slab in slabs.items()))
