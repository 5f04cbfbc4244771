"""The slices of a stack as one image of many planes: for stacks that are taken across."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from numpy.typing import NDArray

from wkflow.model.box import Box
from wkflow.model.source import BLANK, ImageInfo, Source
from wkflow.readers import Image

Open = Callable[[str], AbstractContextManager[Image]]


class StackedImage:
    """An image, as `readers.base.contract.Image` says; each plane is a file.

    A file is opened when some of it is read, by `opened`, which refuses those that do not fit.
    `blank` stands for slices that are missing, and for what smaller ones have not. Where names
    count times, they are the frames.
    """

    def __init__(self, source: Source, opened: Open, blank: Any) -> None:  # noqa: ANN401 -- a scalar of any dtype
        self._source, self._opened, self._blank = source, opened, blank
        stored = source.stored
        self._probe = ImageInfo(stored, (stored.width, stored.height, 1))

    @property
    def probe(self) -> ImageInfo:
        """The slices' header, with as many planes as there are slices."""
        return self._probe

    def read(self, box: Box, out: NDArray[Any], *, channel: int = 0, frame: int = 0) -> None:
        """Read a box into `out`, shape (z, y, x, samples)."""
        first, inner = (frame * self._probe.header.planes, 0) if self._source.times else (0, frame)
        (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
        for z in range(z0, z1):
            plane, file = out[z - z0 : z - z0 + 1], self._source.files[first + z]
            if file == BLANK:
                plane[...] = self._blank
                continue
            with self._opened(file) as image:
                width, height, _ = image.probe.header.size
                part = Box((x0, y0, 0), (min(x1, width), min(y1, height), 1))
                if part.end[:2] != (x1, y1):
                    plane[...] = self._blank
                if min(part.size) > 0:
                    inside = plane[:, : part.size[1], : part.size[0]]
                    image.read(part, inside, channel=channel, frame=inner)
