"""DICOM: attributes by pydicom, uncompressed voxels from their place, others frame by frame."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.box import Box
from wkflow.errors import SourceError
from wkflow.readers.besides import besides
from wkflow.readers.dicom.about import about_dicom
from wkflow.readers.dicom.codec import SYNTAXES, decode
from wkflow.readers.dicom.file import DicomFile, is_uncompressed, open_dicom, understood
from wkflow.readers.dicom.frames import Piece, find_frames
from wkflow.readers.dicom.order import Order, order_of
from wkflow.readers.dicom.packed import is_packed, read_packed, require_whole
from wkflow.readers.dicom.pixels import Pixels, pixels_of, to_rgb, trim
from wkflow.readers.fault import translated
from wkflow.readers.file_array import ArrayImage, FileArray
from wkflow.readers.port import Image
from wkflow.readers.samples import store
from wkflow.readers.whole import cut, plane_for, require_inside
from wkflow.source import Header, Probe

Decode = Callable[[int], NDArray[Any]]
"""From a frame's number in the file to its voxels (y, x, samples)."""


@dataclass(frozen=True, slots=True)
class _Survey:
    """All that is known of an image without its voxels. `pieces` are of encapsulated frames."""

    dicom: DicomFile
    pixels: Pixels
    order: Order
    probe: Probe
    pieces: tuple[tuple[Piece, ...], ...]


class DicomReader:
    """One image a file: its frames are planes, unless the file says that they are times.

    Values are as stored, palettes are left out, YBR becomes RGB.
    """

    def probe(self, path: str) -> tuple[Probe, ...]:
        """Read the attributes, and see that the pixel data are whole."""
        with open_dicom(path) as dicom, understood(path):
            return (_survey(dicom).probe,)

    @contextmanager
    def open(self, path: str) -> Iterator[tuple[Image, ...]]:
        """Hold `path` open."""
        with open_dicom(path) as dicom:
            with understood(path):
                image = _image(_survey(dicom))
            yield (image,)


@dataclass(frozen=True, slots=True)
class PlacedImage:
    """An open file whose voxels lie uncompressed."""

    path: str
    probe: Probe
    pixels: Pixels
    order: Order
    stored: ArrayImage = field(repr=False)

    def read(self, box: Box, out: NDArray[Any], *, channel: int = 0, frame: int = 0) -> None:
        """Read plane by plane just the box, and keep of it the bits that count."""
        require_inside(self.path, self.probe.header, box, channel, frame)
        for index, z in enumerate(range(box.begin[2], box.end[2])):
            place, plane = self.order[frame][z], out[index : index + 1]
            begin, end = (*box.begin[:2], place), (*box.end[:2], place + 1)
            self.stored.read(Box(begin, end), plane)
            if not self.pixels.is_float:
                trim(plane, self.pixels.stored, self.pixels.high, is_signed=self.pixels.is_signed)
            if self.pixels.photometric == "YBR_FULL":
                to_rgb(plane, self.pixels.allocated)


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """An open file whose frames are decoded as wholes."""

    path: str
    probe: Probe
    order: Order
    decode: Decode = field(repr=False)

    def read(self, box: Box, out: NDArray[Any], *, channel: int = 0, frame: int = 0) -> None:
        """Decode the frames that the box touches, one at a time."""
        require_inside(self.path, self.probe.header, box, channel, frame)
        for index, z in enumerate(range(box.begin[2], box.end[2])):
            plane = plane_for(self.probe.header, box, out[index])
            with translated(self.path):
                store(self.decode(self.order[frame][z]), plane, self.path)
            cut(plane, box, out[index])


def _survey(dicom: DicomFile) -> _Survey:
    pixels = pixels_of(dicom)
    order = order_of(dicom.dataset, pixels.frames)
    pieces: tuple[tuple[Piece, ...], ...] = ()
    if dicom.syntax in SYNTAXES and dicom.length is None:
        pieces = find_frames(dicom, pixels.frames)
    elif dicom.length is None or not is_uncompressed(dicom):
        raise SourceError(
            f"is encoded as {dicom.syntax.name}, which cannot be read",
            dicom.path,
            "Export it uncompressed, or with a lossless compression such as JPEG 2000.",
        )
    else:
        require_whole(dicom, pixels)
    axes = (("t", len(order)),) if len(order) > 1 else ()
    header = Header(
        pixels.columns, pixels.rows, len(order[0]), pixels.samples, pixels.dtype, axes=axes
    )
    is_placed = not pieces and not is_packed(dicom, pixels)
    grain = (1, 1, 1) if is_placed else (header.width, header.height, 1)
    probe = Probe(header, grain, besides(lambda: about_dicom(dicom.dataset, pixels)))
    return _Survey(dicom, pixels, order, probe, pieces)


def _image(survey: _Survey) -> Image:
    dicom, pixels, probe = survey.dicom, survey.pixels, survey.probe
    if survey.pieces:
        return DecodedImage(dicom.path, probe, survey.order, _decoder(survey))
    if is_packed(dicom, pixels):
        return DecodedImage(
            dicom.path, probe, survey.order, lambda frame: read_packed(dicom, pixels, frame)
        )
    flat = replace(probe.header, planes=pixels.frames, axes=())
    kind = np.dtype(pixels.dtype).newbyteorder("<" if dicom.is_little else ">").str
    array = FileArray.packed(flat, kind, dicom.start, "xysz" if pixels.is_planar else "sxyz")
    stored = ArrayImage(dicom.path, dicom.file.fileno(), replace(probe, header=flat), array)
    return PlacedImage(dicom.path, probe, pixels, survey.order, stored)


def _decoder(survey: _Survey) -> Decode:
    dicom, pixels = survey.dicom, survey.pixels

    def decode_frame(frame: int) -> NDArray[Any]:
        data = b"".join(dicom.bytes_at(*piece) for piece in survey.pieces[frame])
        return decode(data, dicom.syntax, pixels, dicom.path)

    return decode_frame
