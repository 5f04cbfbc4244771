"""BMP, and what else Pillow opens, through imageio."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import imageio.v3 as iio
import PIL.Image
from numpy.typing import NDArray

from wkflow.readers.content import open_as
from wkflow.readers.fault import translated
from wkflow.readers.samples import store
from wkflow.readers.slice import Slice
from wkflow.source import Header

PIL.Image.MAX_IMAGE_PIXELS = None  # Pillow takes a plane of 14 000 x 14 000 voxels for an attack

MODES = {1: "L", 3: "RGB"}
"""Channels kept to Pillow's mode: grey as 0 to 255 even if stored in 1 bit, palettes expanded."""


class RasterReader:
    """Grey or RGB, 8 bit."""

    def probe(self, path: str) -> Header:
        """Ask Pillow, which reads the header and no voxel."""
        with translated(path), open_as("BMP", path) as file:
            return _header(file)

    @contextmanager
    def open(self, path: str) -> Iterator[Slice]:
        """Hold the content of `path`."""
        with translated(path), open_as("BMP", path) as file:
            content = file.read()
            header = _header(io.BytesIO(content))
        yield Slice(path, header, content, _decode)


def _header(file: BinaryIO) -> Header:
    with iio.imopen(file, "r", plugin="pillow") as image:
        height, width, *samples = image.properties().shape
    return Header(width, height, 1, 3 if samples else 1, "uint8")


def _decode(content: bytes, out: NDArray[Any], path: str) -> None:
    mode = MODES[out.shape[2]]
    decoded = iio.imread(io.BytesIO(content), plugin="pillow", mode=mode, writeable_output=False)
    store(decoded, out, path)
