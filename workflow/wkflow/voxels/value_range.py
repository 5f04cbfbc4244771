"""The smallest and the largest sample, gathered in passing."""

from threading import Lock

import numpy as np
from numpy.typing import NDArray

from wkflow.formats.contract import ReadBox
from wkflow.model.box import Box


class Extremes:
    """Minimum and maximum of all finite samples seen; None while there were none.

    >>> extremes = Extremes()
    >>> extremes.include(np.array([3, 1, 2], "uint8"))
    >>> extremes.lowest, extremes.highest
    (1, 3)
    """

    def __init__(self) -> None:
        self.lowest: int | float | None = None
        self.highest: int | float | None = None
        self._lock = Lock()

    def watching(self, region: ReadBox) -> ReadBox:
        """Give a function that does what `region` does, and takes its voxels into account."""

        def watched(box: Box) -> NDArray[np.generic]:
            voxels = region(box)
            self.include(voxels)
            return voxels

        return watched

    def include(self, samples: NDArray[np.generic]) -> None:
        """Take samples into account; may be called from several threads."""
        low, high = samples.min(), samples.max()
        if samples.dtype.kind == "f" and not (np.isfinite(low) and np.isfinite(high)):
            finite = samples[np.isfinite(samples)]
            if not finite.size:
                return
            low, high = finite.min(), finite.max()
        with self._lock:
            self.lowest = low.item() if self.lowest is None else min(self.lowest, low.item())
            self.highest = high.item() if self.highest is None else max(self.highest, high.item())
