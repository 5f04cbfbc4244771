"""How often values occur in a color layer, counted while its voxels pass.

Counts of slabs are added up, so they must not depend on how the layer is cut, nor on how it is
read: what is counted, and into which bin, follows from a voxel's value and its row alone.
"""

from io import BytesIO
from math import prod
from pathlib import Path
from threading import Lock
from typing import Any, Self

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from wkflow import atomic_files
from wkflow.formats.contract import ReadBox, Voxels
from wkflow.model.box import Box
from wkflow.model.layer import Layer

ROW_STEP = 4
"""Of samples of more than 8 bits only those in every fourth row along y are counted. To count all
takes 0.6 s of a core per GiB, which is near a tenth of a conversion; all of 8 bits take 0.3."""

BINS_16 = 2**16
"""One for each pattern of 16 bits."""
Counts = NDArray[np.int64]


class Histogram:
    """How many samples have which value; all channels of the layer together.

    Samples of 8 and 16 bits have a bin for each value. Whole numbers of 32 bits and floats are
    counted by the upper 16 bits of their float32: 128 bins from one power of two to the next, so
    none is wider than 0.8 % of its values.

    >>> histogram = Histogram("int16")
    >>> histogram.include(np.array([[[[-3], [7], [7]]]], np.int16))
    >>> histogram.bins()[0].tolist(), histogram.bins()[2].tolist()
    ([-3.0, 7.0], [1, 2])
    """

    def __init__(self, dtype: str) -> None:
        self._dtype = np.dtype(dtype)
        self.counts: Counts = np.zeros(256 if self.is_of_all else BINS_16, np.int64)
        self._lock = Lock()

    @classmethod
    def of(cls, layer: Layer) -> Self | None:
        """Give an empty one for a color layer; labels have none."""
        return cls(layer.dtype) if layer.category == "color" else None

    @property
    def is_of_all(self) -> bool:
        """Whether all samples are counted, not only those of every `ROW_STEP`-th row."""
        return self._dtype.itemsize == 1

    @property
    def values(self) -> NDArray[np.generic]:
        """The values of 8 bits that occur."""
        return np.flatnonzero(self.counts).astype(np.uint8).view(self._dtype)

    def watching(self, region: ReadBox, first_row: int) -> ReadBox:
        """Give a function that does what `region` does, and counts its voxels.

        Rows are counted from `first_row` on, the layer's first one.
        """

        def watched(box: Box) -> Voxels:
            voxels = region(box)
            self.include(voxels.T, box.begin[1] - first_row)
            return voxels

        return watched

    def include(self, voxels: Voxels, row: int = 0) -> None:
        """Count voxels (z, y, x, c) of the layer's dtype; `row` is the number of the first along y.

        May be called from several threads.
        """
        if self.is_of_all:
            counts = _count_bytes(voxels.view(np.uint8))
        else:
            counts = _count_patterns(voxels[:, -row % ROW_STEP :: ROW_STEP])
        with self._lock:
            self.counts[: len(counts)] += counts

    def add(self, other: Self) -> None:
        """Add the counts of another part of the layer."""
        self.counts += other.counts

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
        np.savez_compressed(file, counts=counts, dtype=str(self._dtype), row_step=self._row_step)
        content = file.getvalue()
        with atomic_files.atomic_write(path) as target:
            target.write(content)
        return _crc(content)

    @classmethod
    def read(cls, path: Path, dtype: str, crc32c: str) -> Self | None:
        """Read what `write` wrote; None where that is not there, or was counted in another way."""
        try:
            content = path.read_bytes()
        except OSError:
            return None
        if not crc32c or _crc(content) != crc32c:
            return None
        found = cls(dtype)
        with np.load(BytesIO(content)) as archive:
            counts, told = archive["counts"], (str(archive["dtype"]), int(archive["row_step"]))
        if told != (dtype, found._row_step) or counts.shape != found.counts.shape:
            return None
        found.counts += counts.astype(np.int64)
        return found

    @property
    def _row_step(self) -> int:
        return 1 if self.is_of_all else ROW_STEP


def _crc(content: bytes) -> str:
    return f"{google_crc32c.value(content):08x}"


def _count_bytes(voxels: NDArray[np.uint8]) -> Counts:
    """Count bytes (z, y, x, c), without a copy where those of each z lie together.

    Pillow does it without the interpreter's lock, in a quarter of the time of `np.bincount`.
    """
    plane_bytes = prod(voxels.shape[1:])
    stride = voxels.strides[0]
    if not voxels[:1].flags.c_contiguous or stride < plane_bytes:
        voxels, stride = np.ascontiguousarray(voxels), plane_bytes
    before_last = (len(voxels) - 1) * stride
    lines = np.lib.stride_tricks.as_strided(voxels, (before_last,), (1,), writeable=False)
    counts = _count_lines(voxels[-1], plane_bytes, plane_bytes)
    return counts + _count_lines(lines, plane_bytes, stride) if before_last else counts


def _count_lines(memory: NDArray[np.uint8], line_bytes: int, stride: int) -> Counts:
    """Count the first `line_bytes` of every `stride` bytes."""
    from PIL import Image  # noqa: PLC0415 -- only layers of 8 bits need it

    size = line_bytes, memory.size // stride
    image = Image.frombuffer("L", size, memory.reshape(-1), "raw", "L", stride, 1)
    return np.array(image.histogram(), np.int64)


def _count_patterns(voxels: Voxels) -> Counts:
    """Count samples of 16 bits, or the upper 16 bits of the float32 of others."""
    patterns: NDArray[Any]
    if voxels.itemsize == 2:
        patterns = voxels.view(np.uint16).astype(np.intp)
    else:
        patterns = voxels.astype(np.float32).view(np.uint32) >> 16
    return np.bincount(patterns.reshape(-1))
