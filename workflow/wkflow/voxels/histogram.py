"""How often values occur in a color layer, counted while its voxels pass.

Counts of slabs are added up, so they must not depend on how the layer is cut, nor on how it is
read: what is counted, and into which bin, follows from a voxel's value and its row alone.
"""

from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any, Self

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from wkflow import atomic_files
from wkflow.formats.contract import ReadBox, Voxels
from wkflow.model.box import Box
from wkflow.model.layer_plan import LayerPlan

ROWS = 128
"""Counted of each slice at least, where it has as many: the first of every `height // ROWS`."""

ROW_STEP_MAX = 16
"""To count all voxels would take a tenth of the time of a conversion."""

BINS_16 = 2**16
"""One for each pattern of 16 bits."""

Counts = NDArray[np.int64]


class Histogram:
    """How many samples have which value, in some rows; all channels of the layer together.

    Of each slice the rows `first_row`, `first_row + row_step` ... along y are counted. Samples of 8
    and 16 bits have a bin for each value. Whole numbers of 32 bits and floats are counted by the
    upper 16 bits of their float32: 128 bins from one power of two to the next, so none is wider
    than 0.8 % of its values.

    >>> histogram = Histogram("int16")
    >>> histogram.include(np.array([[[[-3], [7], [7]]]], np.int16))
    >>> histogram.bins()[0].tolist(), histogram.bins()[2].tolist()
    ([-3.0, 7.0], [1, 2])
    """

    def __init__(self, dtype: str, row_step: int = 1, first_row: int = 0) -> None:
        self.row_step = row_step
        self._dtype, self._first_row = np.dtype(dtype), first_row
        self.counts: Counts = np.zeros(256 if self._dtype.itemsize == 1 else BINS_16, np.int64)
        self._lock = Lock()

    @classmethod
    def of(cls, one: LayerPlan) -> Self:
        """Give an empty one for a layer: rows depend on the height of its slices alone."""
        row_step = min(max(1, one.box.size[1] // ROWS), ROW_STEP_MAX)
        return cls(one.layer.dtype, row_step, one.box.begin[1])

    def watching(self, region: ReadBox) -> ReadBox:
        """Give a function that does what `region` does, and counts its voxels."""

        def watched(box: Box) -> Voxels:
            voxels = region(box)
            self.include(voxels.T, box.begin[1])
            return voxels

        return watched

    def include(self, voxels: Voxels, row: int = 0) -> None:
        """Count voxels (z, y, x, c) of the layer's dtype, of which the first along y lie in `row`.

        May be called from several threads.
        """
        first = (self._first_row - row) % self.row_step
        samples = np.ascontiguousarray(voxels[:, first :: self.row_step])
        if samples.size:
            counts = _count_bytes(samples) if samples.itemsize == 1 else _count_patterns(samples)
            with self._lock:
                self.counts[: len(counts)] += counts

    def bins(self) -> tuple[NDArray[np.float64], NDArray[np.float64], Counts]:
        """Give the bins that are not empty, in ascending order: least and largest value, and count.

        What is not finite is left out.
        """
        bins = np.flatnonzero(self.counts)
        if self._dtype.itemsize < 4:
            values = bins.astype(f"u{self._dtype.itemsize}").view(self._dtype)
            edges = np.stack([values, values]).astype(np.float64)
        else:
            patterns = bins.astype(np.uint32) << 16
            is_finite = np.isfinite(patterns.view(np.float32))
            bins, patterns = bins[is_finite], patterns[is_finite]
            edges = np.stack([patterns, patterns | 0xFFFF]).view(np.float32).astype(np.float64)
            edges.sort(axis=0)  # of negative numbers the larger pattern is the smaller value
        order = np.argsort(edges[0], kind="stable")
        return edges[0, order], edges[1, order], self.counts[bins[order]]

    def write(self, path: Path) -> str:
        """Write the counts as an `.npz` archive; give its crc32c in hexadecimal."""
        counts = self.counts.astype(np.min_scalar_type(self.counts.max()))
        file = BytesIO()
        np.savez_compressed(file, counts=counts, dtype=str(self._dtype), row_step=self.row_step)
        content = file.getvalue()
        with atomic_files.atomic_write(path) as target:
            target.write(content)
        return _crc(content)

    def add(self, path: Path, crc32c: str) -> bool:
        """Add the counts that `write` wrote of another part of the layer.

        Say whether they are there, unharmed, and were counted in the same way.
        """
        try:
            content = path.read_bytes()
        except OSError:
            return False
        if _crc(content) != crc32c:
            return False
        with np.load(BytesIO(content)) as archive:
            told = str(archive["dtype"]), int(archive["row_step"])
            if told != (str(self._dtype), self.row_step):
                return False
            self.counts += archive["counts"].astype(np.int64)
        return True


def _crc(content: bytes) -> str:
    return f"{google_crc32c.value(content):08x}"


def _count_bytes(samples: Voxels) -> Counts:
    """Count contiguous samples of 8 bits.

    Pillow does it without the interpreter's lock, in a quarter of the time of `np.bincount`.
    """
    from PIL import Image  # noqa: PLC0415 -- only layers of 8 bits need it

    image = Image.frombuffer("L", (samples.size, 1), samples.reshape(-1), "raw", "L", 0, 1)
    return np.array(image.histogram(), np.int64)


def _count_patterns(samples: Voxels) -> Counts:
    """Count contiguous samples of 16 bits, or the upper 16 bits of the float32 of others."""
    if samples.itemsize == 2:
        patterns: NDArray[Any] = samples.view(np.uint16)
    else:  # shifting bits is three times as slow as taking every second pattern
        patterns = samples.astype("<f4", copy=False).view("<u2")[..., 1::2]
    return np.bincount(patterns.reshape(-1))
