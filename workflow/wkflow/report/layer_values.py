"""The values of a layer as the page tells them: as they were converted, else of voxels it reads."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from wkflow.voxels.layer_histogram import LayerHistogram, count_voxels


@dataclass(frozen=True, slots=True)
class LayerValues:
    """How often which value occurs; `of` says in which voxels.

    `evidence` says why the values that are black and white are these, where the run chose them.
    """

    counted: LayerHistogram
    of: str
    evidence: str = ""

    @classmethod
    def of_slabs(cls, counted: LayerHistogram, mag: str, evidence: str) -> "LayerValues":
        """Give those that were counted while the finest mag was written."""
        step = counted.histogram.row_step if counted.histogram else 1
        rows = "of all voxels" if step == 1 else f"of the voxels in every {step}th row"
        return cls(counted, f"{rows} of mag {mag}", evidence)

    @classmethod
    def of_voxels(cls, volume: NDArray[Any], mag: str, evidence: str = "") -> "LayerValues":
        """Count voxels (z, y, x, c) of a mag that is in memory."""
        return cls(count_voxels(volume), f"of what was read of mag {mag}", evidence)
