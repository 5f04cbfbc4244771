"""Images over arrays: sources of any axes, grain and faults, without a file."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.model.box import Box, Triple
from wkflow.model.source import Header, ImageInfo, RawLayout
from wkflow.readers import Image

Voxels = NDArray[Any]
AXES: dict[int, tuple[tuple[str, int], ...]] = {
    1: (), 4: (("t", 2), ("e", 2)), 6: (("t", 3), ("e", 2)),
}  # fmt: skip
"""Of arrays with so many frames."""

FOLDER = "/data/em"


def header_of(array: Voxels) -> Header:
    """Describe an array (frame, channel, z, y, x, sample)."""
    frames, channels, depth, height, width, samples = array.shape
    axes = AXES.get(frames, (("t", frames),))
    return Header(width, height, depth, samples, str(array.dtype), channels, axes)


@dataclass
class ArrayImage:
    """An image over an array (frame, channel, z, y, x, sample); keeps the boxes it was asked for.

    One of `is_stream` takes no plane before the last one that it gave. One that an `opener` opened
    is not read when it was closed again.
    """

    array: Voxels
    grain: Triple = (1, 1, 1)
    is_stream: bool = False
    asked: list[Box] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    times_opened: int = 0
    times_closed: int = 0

    @property
    def is_open(self) -> bool:
        return self.times_opened > self.times_closed

    @property
    def probe(self) -> ImageInfo:
        return ImageInfo(header_of(self.array), self.grain, is_stream=self.is_stream)

    def read(self, box: Box, out: Voxels, *, channel: int = 0, frame: int = 0) -> None:
        """Copy a box, as every reader promises to give it."""
        (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
        header = self.probe.header
        assert box == box.overlap(Box((0, 0, 0), header.size))
        assert channel in range(header.channels)
        assert frame in range(header.frames)
        assert out.shape == (*box.size[::-1], header.samples)
        assert out.dtype == header.dtype
        assert self.is_open or not self.times_opened
        with self.lock:
            assert not (self.is_stream and self.asked) or z0 >= self.asked[-1].begin[2]
            self.asked.append(box)
        out[...] = self.array[frame, channel, z0:z1, y0:y1, x0:x1]
        assert self.is_open or not self.times_opened


def opener(
    files: dict[str, Image | str],
) -> Callable[[str, RawLayout | None], AbstractContextManager[Sequence[Image]]]:
    """Give what opens these files; a text instead of an image is what is wrong with it."""

    @contextmanager
    def open_images(path: str, *_: object) -> Iterator[Sequence[Image]]:
        image = files[path]
        if isinstance(image, str):
            raise SourceError(image, path, "Mend it.")
        if not isinstance(image, ArrayImage):
            yield [image]
            return
        with image.lock:
            image.times_opened += 1
        try:
            yield [image]
        finally:
            with image.lock:
                image.times_closed += 1

    return open_images


def noise(*shape: int, dtype: str = "uint8") -> Voxels:
    """Make voxels that are no zeros."""
    return np.random.default_rng(5).integers(1, 250, shape).astype(dtype)
