"""An array that lies in a gzip file: its planes can only be reached one after the other."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.model.box import Box
from wkflow.model.source import ImageInfo
from wkflow.readers.base.inflate import Inflated
from wkflow.readers.base.uncompressed import FileArray
from wkflow.readers.base.whole_plane import require_inside, spans_plane

Voxels = NDArray[Any]


@contextmanager
def open_streamed(
    path: str, parts: Sequence[tuple[ImageInfo, FileArray]]
) -> Iterator[list["StreamedImage"]]:
    """Open the images whose voxels lie in the gzip file `path`, x fastest, then y, then z."""
    with closing(Inflated(path)) as inflated:
        lock = Lock()
        yield [StreamedImage(path, inflated, lock, probe, array) for probe, array in parts]


class StreamedImage:
    """An image whose planes lie packed in the inflated bytes.

    Boxes that ascend in z, channel and frame, as the file does, are one pass. Whole planes are
    inflated where they are wanted; where a box holds parts of planes, its planes are kept until
    another box wants others.
    """

    def __init__(
        self, path: str, inflated: Inflated, lock: Lock, probe: ImageInfo, array: FileArray
    ) -> None:
        self._path, self._inflated, self._lock = path, inflated, lock
        self._probe, self._array = probe, array
        self._opened = probe.files[0] if probe.files else path
        header = probe.header
        self._stored = abs(array.steps[4]) // np.dtype(array.dtype).itemsize
        self._planes = header.planes * header.channels * header.frames
        self._first = 0
        self._kept = self._empty(0)

    @property
    def probe(self) -> ImageInfo:
        """What the file says of this image."""
        return self._probe

    def read(self, box: Box, out: Voxels, *, channel: int = 0, frame: int = 0) -> None:
        """Read a box of voxels; see `wkflow.readers.base.contract.Image`."""
        header = self._probe.header
        require_inside(self._opened, header, box, channel, frame)
        if out.size == 0:
            return
        plane = Box((0, 0, box.begin[2]), (1, 1, box.end[2]))
        first = self._array.start(plane, channel, frame) - self._array.offset
        first //= self._array.steps[2]
        is_direct = spans_plane(header, box) and self._stored == header.samples
        with self._lock:
            if is_direct and out.flags.c_contiguous:
                self._inflate(first, out)
                if self._array.is_foreign:
                    out.byteswap(inplace=True)
            else:
                self._keep(first, box.size[2])
                (x0, y0, _), (x1, y1, _) = box.begin, box.end
                out[...] = self._kept[:, y0:y1, x0:x1, : header.samples]

    def _keep(self, first: int, count: int) -> None:
        """Have exactly these planes at hand; what is there already is not inflated again."""
        begin, end = self._first, self._first + len(self._kept)
        if (first, first + count) == (begin, end):
            return
        planes = self._empty(count)
        known = max(0, min(end, first + count) - first) if begin <= first else 0
        planes[:known] = self._kept[first - begin : first - begin + known]
        if known < count:
            self._kept = self._empty(0)  # the old ones are not needed while new ones are inflated
            self._inflate(first + known, planes[known:])
        self._first, self._kept = first, planes

    def _empty(self, count: int) -> Voxels:
        header = self._probe.header
        shape = (count, header.height, header.width, self._stored)
        return np.empty(shape, self._array.dtype)

    def _inflate(self, first: int, planes: Voxels) -> None:
        """Inflate consecutive planes, and compare the checksum behind the last of all."""
        self._inflated.read_into(self._array.offset + first * self._array.steps[2], planes)
        if first + len(planes) == self._planes:
            self._inflated.finish()
