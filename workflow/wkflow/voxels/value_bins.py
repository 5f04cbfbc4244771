"""Bins in which samples are counted: one for each value, or as fine as there is room for.

Into which bin a sample goes follows from its value alone, and parts of a layer add up to the same
bins however it was cut.
"""

from collections.abc import Iterator, Mapping
from math import prod
from threading import Lock
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from wkflow.formats.contract import Voxels

Counts = NDArray[np.int64]
Edges = NDArray[np.float64]

PIECE = 2**16
"""Samples that are counted at once: places of so many stay in the cache."""

MOST_BINS = 2**16
"""Of `FloatBins`."""

HALF = 16
"""Bits of each half of a float32's pattern: the upper one names a page, the lower a place in it."""

INFINITE = 0x7F80
"""The bits of an upper half that are all set in NaN and infinity: the exponent."""


class PatternBins:
    """A bin for each value of 8 or 16 bits."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._dtype, self._lock = dtype, Lock()
        self.counts: Counts = np.zeros(256**dtype.itemsize, np.int64)

    def include(self, voxels: Voxels) -> None:
        """Count voxels (z, y, x, c); may be called from several threads."""
        if self._dtype.itemsize == 1:
            counts = _count_bytes(voxels.view(np.uint8))
            with self._lock:
                self.counts += counts
            return
        patterns = voxels.view(np.uint16)
        with self._lock:
            for piece in _pieces(patterns):
                np.add.at(self.counts, piece.astype(np.intp).reshape(-1), 1)

    def add(self, other: Self) -> None:
        """Add the counts of another part of the layer."""
        self.counts += other.counts

    def edges(self) -> tuple[Edges, Edges, Counts]:
        """Give the bins that are not empty: least and largest value, which are the same."""
        bins = np.flatnonzero(self.counts)
        values = bins.astype(f"u{self._dtype.itemsize}").view(self._dtype).astype(np.float64)
        return values, values, self.counts[bins]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give what a file has to keep."""
        return {"counts": self.counts}

    @classmethod
    def of(cls, dtype: np.dtype[Any], arrays: Mapping[str, NDArray[Any]]) -> Self | None:
        """Make bins of what was kept; None if it is something else."""
        bins = cls(dtype)
        if arrays["counts"].shape != bins.counts.shape:
            return None
        bins.counts += arrays["counts"].astype(np.int64)
        return bins


class FloatBins:
    """Bins of floats, and of whole numbers of 32 bits and more, by their float32, in two levels.

    The upper 16 bits of the pattern are the page of a value: 128 pages from one power of two to
    the next. Each page that occurs is cut into `2**fine` bins by the bits that follow. `fine` is
    the largest number, up to 16, with which all pages together have at most `MOST_BINS` bins. So
    the fewer pages occur, the finer they are cut: values from 10000 to 10010 all lie in one, where
    each float32 has a bin of its own.

    A part of a layer has no page that the layer has not, so its bins are at least as fine, and each
    of them lies in one of the layer's: bins are joined when pages are added, and the sum is that of
    the whole, in whatever parts and order they come. What is not finite is not counted.

    >>> bins = FloatBins()
    >>> bins.include(np.array([[[[10000.001], [10000.002], [10000.003]]]], np.float32))
    >>> bins.fine, bins.edges()[2].tolist()
    (16, [1, 1, 1])
    >>> bins.include(np.linspace(-1, 1, 10**4).reshape(1, 1, -1, 1))
    >>> bins.fine, bins.edges()[2].sum().item()
    (5, 10003)
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self.fine = HALF
        self._pages = np.empty(0, np.intp)  # as they came
        self._counts: Counts = np.zeros(2**HALF, np.int64)  # the first page is not finite
        self._first = np.full(2**HALF, -1, np.intp)  # bin of each page
        every = np.arange(2**HALF)
        self._first[every & INFINITE == INFINITE] = 0

    def include(self, voxels: Voxels) -> None:
        """Count voxels (z, y, x, c); may be called from several threads."""
        with self._lock, np.errstate(over="ignore"):
            for piece in _pieces(voxels):
                patterns = piece.astype(np.float32).reshape(-1).view(np.uint32)
                pages = (patterns >> HALF).astype(np.intp)
                bins = self._first[pages]
                if bins.min(initial=0) < 0:
                    self._open(np.flatnonzero(np.bincount(pages)))
                    bins = self._first[pages]
                patterns &= 2**HALF - 1
                patterns >>= np.uint32(HALF - self.fine)
                bins += patterns
                np.add.at(self._counts, bins, 1)

    def add(self, other: Self) -> None:
        """Add the counts of another part of the layer."""
        self._open(other._pages)
        self._join(min(self.fine, other.fine))
        rows = self._first[other._pages] >> self.fine
        counts = other._counts.reshape(-1, 2**self.fine, 2 ** (other.fine - self.fine))
        self._counts.reshape(-1, 2**self.fine)[rows] += counts[1:].sum(axis=2)

    def _open(self, pages: NDArray[np.intp]) -> None:
        """Give those pages bins that have none."""
        new = pages[self._first[pages] < 0]
        count = len(self._pages) + len(new)
        self._join(min(self.fine, (MOST_BINS // max(count, 1)).bit_length() - 1))
        self._first[new] = np.arange(len(self._pages) + 1, count + 1) << self.fine
        self._pages = np.append(self._pages, new)
        self._counts = np.append(self._counts, np.zeros(len(new) << self.fine, np.int64))

    def _join(self, fine: int) -> None:
        """Join bins, so that pages are cut into no more than `2**fine`."""
        self._counts = self._counts.reshape(-1, 2 ** (self.fine - fine)).sum(axis=1)
        self._first >>= self.fine - fine  # which leaves -1 what it is
        self.fine = fine

    @property
    def counts(self) -> Counts:
        """Counts (page, place in it), pages by their number."""
        rows = self._first[np.sort(self._pages)] >> self.fine
        counts: Counts = self._counts.reshape(-1, 2**self.fine)[rows]
        return counts

    def edges(self) -> tuple[Edges, Edges, Counts]:
        """Give the bins that are not empty, in ascending order: least and largest value, count."""
        counts = self.counts
        pages, places = np.nonzero(counts)
        below = HALF - self.fine
        patterns = (np.sort(self._pages)[pages] << HALF | places << below).astype(np.uint32)
        edges = np.stack([patterns, patterns | (2**below - 1)]).view(np.float32).astype(np.float64)
        edges.sort(axis=0)  # of negative numbers the larger pattern is the smaller value
        order = np.argsort(edges[0], kind="stable")
        return edges[0, order], edges[1, order], counts[pages, places][order]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Give what a file has to keep."""
        return {"counts": self.counts, "pages": np.sort(self._pages).astype(np.uint16)}

    @classmethod
    def of(cls, _: np.dtype[Any], arrays: Mapping[str, NDArray[Any]]) -> Self | None:
        """Make bins of what was kept; an earlier version cut no page. None of something else."""
        counts, bins = arrays["counts"], cls()
        if "pages" in arrays:
            pages = arrays["pages"].astype(np.intp)
        elif counts.shape == (2**HALF,):
            pages = np.flatnonzero(counts)
            counts = counts[pages, np.newaxis]
        else:
            return None
        is_finite = bins._first[pages] < 0
        bins._open(pages[is_finite])
        bins._join(min(bins.fine, counts.shape[1].bit_length() - 1))
        kept = counts[is_finite].reshape(-1, 2**bins.fine, counts.shape[1] >> bins.fine)
        bins._counts.reshape(-1, 2**bins.fine)[1:] += kept.sum(axis=2).astype(np.int64)
        return bins


Bins = PatternBins | FloatBins


def _pieces(voxels: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Cut voxels (z, y, x, c) into parts of `PIECE` samples at most, unless rows are longer."""
    depth, height, *row = voxels.shape
    plane = height * prod(row)
    deep = max(1, PIECE // max(1, plane))
    high = height if plane <= PIECE else max(1, PIECE // prod(row))
    for z in range(0, depth, deep):
        for y in range(0, height, high):
            yield voxels[z : z + deep, y : y + high]


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
