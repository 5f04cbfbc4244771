"""An array that lies uncompressed in a file, read box by box.

Voxels go by `preadv` from the file straight into the array they are wanted in: an error of the
disk, or a file that shrinks meanwhile, is an exception, where a memory map kills the process.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.model.box import Box
from wkflow.model.source import Header, ImageInfo
from wkflow.readers.base.unmarked import open_unmarked
from wkflow.readers.base.whole_plane import require_inside
from wkflow.source_errors import REMEDY, translated

BLOCK_BYTES = 2**22
"""Read at once where voxels lie otherwise than they are wanted: fits the cache of a processor."""

GAP_BYTES = 2**14
"""Reading over such a gap costs what a call of its own costs."""

Voxels = NDArray[Any]


@dataclass(frozen=True, slots=True)
class FileArray:
    """Where the voxels of an image lie in a file.

    `dtype` is numpy's, with the byte order of the file (`>i2`). `offset` is the byte where the
    first sample of the first voxel begins, `steps` are the bytes from one to the next along frame,
    channel, z, y, x and sample; they may be negative.
    """

    dtype: str
    offset: int
    steps: tuple[int, int, int, int, int, int]

    @classmethod
    def packed(
        cls, header: Header, dtype: str, offset: int, order: str = "sxyzct", samples: int = 0
    ) -> Self:
        """Lay voxels out without gaps.

        Parameters
        ----------
        header : Header
            The image's extents.
        dtype : str
            In the file, with its byte order.
        offset : int
            Bytes before the first voxel.
        order : str
            The axes, fastest first: s(ample), x, y, z, c(hannel), t for the frames.
        samples : int
            How many lie in the file, if more than the header's are there.

        Examples
        --------
        >>> FileArray.packed(Header(5, 3, 2, 1, "uint16"), "<u2", 512)
        FileArray(dtype='<u2', offset=512, steps=(60, 60, 30, 10, 2, 2))
        """
        x, y, z = header.size
        stored = samples or header.samples
        extents = {"t": header.frames, "c": header.channels, "z": z, "y": y, "x": x, "s": stored}
        steps, step = dict.fromkeys(extents, np.dtype(dtype).itemsize), np.dtype(dtype).itemsize
        for axis in order:
            steps[axis] = step
            step *= extents[axis]
        ordered = (steps["t"], steps["c"], steps["z"], steps["y"], steps["x"], steps["s"])
        return cls(dtype, offset, ordered)

    @property
    def is_foreign(self) -> bool:
        """Whether the bytes of a voxel lie the other way round than in memory."""
        return not np.dtype(self.dtype).isnative

    def end(self, header: Header) -> int:
        """Give the byte behind the last voxel."""
        counts = (header.frames, header.channels, *reversed(header.size), header.samples)
        last = sum(max(step, 0) * (n - 1) for step, n in zip(self.steps, counts, strict=True))
        return self.offset + last + np.dtype(self.dtype).itemsize

    def start(self, box: Box, channel: int, frame: int) -> int:
        """Give the byte where the first voxel of a box begins."""
        at = (frame, channel, *reversed(box.begin))
        return self.offset + sum(i * step for i, step in zip(at, self.steps[:5], strict=True))


def require_bytes(path: str, found: int, end: int) -> None:
    """Refuse a file that ends before its last voxel."""
    if found < end:
        raise SourceError(
            f"is cut short: its voxels need {end} bytes, the file has {found}", path, REMEDY
        )


@contextmanager
def open_arrays(
    path: str, parts: Sequence[tuple[ImageInfo, FileArray]]
) -> Iterator[list["ArrayImage"]]:
    """Open the images whose voxels lie in the file `path`."""
    with translated(path):
        file = open_unmarked(path)
    with file:
        yield [ArrayImage(path, file.fileno(), probe, array) for probe, array in parts]


class ArrayImage:
    """An image whose voxels lie in an open file."""

    def __init__(self, path: str, descriptor: int, probe: ImageInfo, array: FileArray) -> None:
        self._path, self._descriptor = path, descriptor
        self._probe, self._array = probe, array
        self._opened = probe.files[0] if probe.files else path

    @property
    def probe(self) -> ImageInfo:
        """What the file says of this image."""
        return self._probe

    def read(self, box: Box, out: Voxels, *, channel: int = 0, frame: int = 0) -> None:
        """Read a box of voxels; see `wkflow.readers.base.contract.Image`."""
        require_inside(self._opened, self._probe.header, box, channel, frame)
        if out.size == 0:
            return
        steps = self._array.steps[2:]
        long = [axis for axis in range(4) if out.shape[axis] > 1]
        places = sorted(range(len(long)), key=lambda i: -abs(steps[long[i]]))
        view = out[tuple(slice(None) if n > 1 else 0 for n in out.shape)]
        view = view.transpose(places) if places else out.reshape(())
        with translated(self._path):
            start = self._array.start(box, channel, frame)
            self._fill(view, start, tuple(steps[long[i]] for i in places))

    def _fill(self, view: Voxels, start: int, steps: tuple[int, ...]) -> None:
        """Read what lies at `start` with `steps`, the largest first, into an array of its shape."""
        if view.flags.c_contiguous:
            self._read_in_order(view, start, steps)
        elif view.nbytes <= BLOCK_BYTES:
            block = np.empty(view.shape, view.dtype)
            self._read_in_order(block, start, steps)
            view[...] = block
        else:
            most = BLOCK_BYTES // view[0].nbytes
            for part, at, rest in _split(view, start, steps, most):
                self._fill(part, at, rest)

    def _read_in_order(self, view: Voxels, start: int, steps: tuple[int, ...]) -> None:
        """Read into a C-contiguous array."""
        extent = _extent(view.shape, steps, view.itemsize)
        if extent == view.nbytes and min(steps, default=1) > 0:
            self._read_run(view, start)
            if self._array.is_foreign:
                view.byteswap(inplace=True)
            return
        is_dense = _widest_gap(view.shape, steps, view.itemsize) <= GAP_BYTES
        if is_dense and extent <= BLOCK_BYTES:
            self._read_over_gaps(view, start, steps, extent)
            return
        inner = _extent(view.shape[1:], steps[1:], view.itemsize)
        most = 1 + (BLOCK_BYTES - inner) // abs(steps[0]) if is_dense else 1
        for part, at, rest in _split(view, start, steps, most):
            self._read_in_order(part, at, rest)

    def _read_over_gaps(
        self, view: Voxels, start: int, steps: tuple[int, ...], extent: int
    ) -> None:
        """Read all from the first to the last byte, and pick what is wanted."""
        before = sum(-step * (n - 1) for step, n in zip(steps, view.shape, strict=True) if step < 0)
        block = np.empty(extent, np.uint8)
        self._read_run(block, start - before)
        view[...] = np.ndarray(view.shape, self._array.dtype, block.data, before, steps)

    def _read_run(self, run: Voxels, start: int) -> None:
        """Read consecutive bytes into a C-contiguous array."""
        rest = memoryview(run.reshape(-1).view(np.uint8).data)
        while rest:
            count = os.preadv(self._descriptor, [rest], start)
            if count == 0:
                found = os.fstat(self._descriptor).st_size
                require_bytes(self._path, found, start + len(rest))
            rest, start = rest[count:], start + count


def _extent(shape: tuple[int, ...], steps: tuple[int, ...], itemsize: int) -> int:
    """Give the bytes from the first to the last voxel, both included."""
    return itemsize + sum(abs(step) * (n - 1) for step, n in zip(steps, shape, strict=True))


def _widest_gap(shape: tuple[int, ...], steps: tuple[int, ...], itemsize: int) -> int:
    """Give the bytes that are passed over at most between two stretches that are wanted."""
    gaps = [
        abs(step) - _extent(shape[axis + 1 :], steps[axis + 1 :], itemsize)
        for axis, step in enumerate(steps)
    ]
    return max(gaps, default=0)


def _split(
    view: Voxels, start: int, steps: tuple[int, ...], most: int
) -> Iterator[tuple[Voxels, int, tuple[int, ...]]]:
    """Cut along the slowest axis into parts `most` long, without that axis if they are 1 long."""
    for i in range(0, len(view), max(1, most)):
        at = start + i * steps[0]
        yield (view[i, ...], at, steps[1:]) if most <= 1 else (view[i : i + most], at, steps)
