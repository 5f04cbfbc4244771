"""BMP, GIF, ICO, TGA and WebP, by Pillow through imageio."""

import io
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from os.path import splitext
from typing import Any, BinaryIO

import imageio.v3 as iio
import PIL.Image
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.model.box import Box
from wkflow.model.source import Header, ImageInfo
from wkflow.readers.base.file_type import open_as
from wkflow.readers.base.samples import store
from wkflow.readers.base.slice import WITHOUT_ALPHA, probe_of
from wkflow.readers.base.whole_plane import cut, plane_for, require_inside
from wkflow.readers.gif import survey
from wkflow.readers.raster_extents import require_raster_held
from wkflow.source_errors import REMEDY, translated

PIL.Image.MAX_IMAGE_PIXELS = None  # Pillow takes a plane of 14 000 x 14 000 voxels for an attack

MODES = {1: "L", 3: "RGB"}
"""Samples kept to Pillow's mode: grey as 0 to 255 even if stored in 1 bit, palettes expanded."""

RIFF = struct.Struct("<4x I")
"""Signature, bytes that follow: https://developers.google.com/speed/webp/docs/riff_container"""


class RasterReader:
    """Grey or RGB, 8 bit. The images of an animation are frames of the axis "t"."""

    def probe(self, path: str) -> tuple[ImageInfo, ...]:
        """Ask Pillow, which reads the header and no voxel."""
        with self.open(path) as (image,):
            return (image.probe,)

    @contextmanager
    def open(self, path: str) -> Iterator[tuple["RasterImage", ...]]:
        """Keep the file open: Pillow reads on in it."""
        kind = splitext(path)[1][1:].upper()  # noqa: PTH122 -- ten thousand slices: no Path for each
        with translated(path):
            file = open_as(kind, path)
        with file:
            with translated(path):
                samples = _colours(kind, file, path)
                plugin = _opened(kind, file, path)
                probe = _probe(plugin, samples, path)
            yield (RasterImage(path, probe, plugin),)


@dataclass(frozen=True, slots=True)
class RasterImage:
    """An open file. Threads wait for one another: Pillow goes through it from frame to frame."""

    path: str
    probe: ImageInfo
    plugin: Any = field(repr=False)
    lock: Any = field(default_factory=threading.Lock, repr=False)

    def read(self, box: Box, out: NDArray[Any], *, channel: int = 0, frame: int = 0) -> None:
        """Decode the plane; frames in their order cost least."""
        require_inside(self.path, self.probe.header, box, channel, frame)
        mode = MODES[self.probe.header.samples]
        for only in out:
            plane = plane_for(self.probe.header, box, only)
            with translated(self.path), self.lock:
                decoded = self.plugin.read(index=frame, mode=mode, writeable_output=False)
                store(decoded, plane, self.path)
            cut(plane, box, only)


def _colours(kind: str, file: BinaryIO, path: str) -> int | None:
    """See that nothing is missing, which Pillow does not; tell a GIF's samples, of all frames."""
    samples = None
    if kind == "GIF":
        samples = 1 if survey(file, path).is_grey else 3
    if kind == "WEBP":
        (size,) = RIFF.unpack(file.read(RIFF.size))
        if file.seek(0, io.SEEK_END) < RIFF.size + size:
            raise SourceError("is cut short", path, REMEDY)
    require_raster_held(kind, file, path)
    file.seek(0)
    return samples


def _opened(kind: str, file: BinaryIO, path: str) -> Any:  # noqa: ANN401 -- imageio is untyped
    try:
        return iio.imopen(file, "r", plugin="pillow")
    except OSError as error:  # imageio's words say less
        raise SourceError(
            f"is damaged, or no {kind} file: {error.__cause__ or error}", path, REMEDY
        ) from error


def _probe(plugin: Any, known: int | None, path: str) -> ImageInfo:  # noqa: ANN401
    properties = plugin.properties(index=...)
    frames, height, width, *samples = properties.shape
    stored = samples[0] if samples else 1
    if (known, stored) == (3, 1):  # Pillow would show the colours as something else
        remedy = "Export its frames as PNG or TIFF."
        raise SourceError("begins grey and has colours later", path, remedy)
    axes = (("t", frames),) if frames > 1 else ()
    header = Header(width, height, 1, known or (3 if stored > 2 else 1), "uint8", axes=axes)
    return probe_of(header, WITHOUT_ALPHA if stored in {2, 4} else None)
