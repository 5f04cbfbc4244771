"""DICOM: attributes by pydicom, uncompressed voxels from their place, others frame by frame."""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.formats.size_limits import require_held
from wkflow.model.box import Box
from wkflow.model.source import Channel, Gaps, Header, ImageInfo
from wkflow.readers.base.contract import Image
from wkflow.readers.base.missing_planes import find_gaps
from wkflow.readers.base.optional_metadata import besides
from wkflow.readers.base.samples import store
from wkflow.readers.base.uncompressed import ArrayImage, FileArray
from wkflow.readers.base.whole_plane import cut, plane_for, require_inside
from wkflow.readers.dicom.codec import SAMPLES_A_BYTE, SYNTAXES, decode, require_fit
from wkflow.readers.dicom.file import DicomFile, is_uncompressed, open_dicom, understood
from wkflow.readers.dicom.frames import UploadPart, find_frames
from wkflow.readers.dicom.layout import NO_FRAME, Layout, layouts_of
from wkflow.readers.dicom.metadata import about_dicom
from wkflow.readers.dicom.packed_bits import is_packed, read_packed, require_whole
from wkflow.readers.dicom.pixels import Pixels, pixels_of, to_rgb, trim
from wkflow.source_errors import translated

HEAD_BYTES = 2**16
"""Of a frame, that are read to plan."""

ReadFrame = Callable[[int, Box, NDArray[Any]], None]
"""Reads a box of a frame, given by its number in the file."""


@dataclass(frozen=True, slots=True)
class _Survey:
    """All that is known of a file without its voxels: an entry of `probes` for each layout.

    `pieces` are of encapsulated frames.
    """

    dicom: DicomFile
    pixels: Pixels
    layouts: tuple[Layout, ...]
    probes: tuple[ImageInfo, ...]
    pieces: tuple[tuple[UploadPart, ...], ...]


class DicomReader:
    """One image a file, or one for each volume and segment that its frames make.

    Values are as stored, palettes are left out, YBR becomes RGB.
    """

    def probe(self, path: str) -> tuple[ImageInfo, ...]:
        """Read the attributes, and see that the pixel data are whole."""
        with open_dicom(path) as dicom, understood(path):
            return _survey(dicom).probes

    @contextmanager
    def open(self, path: str) -> Iterator[tuple[Image, ...]]:
        """Hold `path` open."""
        with open_dicom(path) as dicom:
            with understood(path):
                images = _images(_survey(dicom))
            yield images


@dataclass(frozen=True, slots=True)
class FramedImage:
    """An image whose planes are frames of an open file, or tiles that are frames.

    `read_frame` reads a box of one frame (z from 0 to 1) into an array of shape (y, x, samples).
    """

    path: str
    probe: ImageInfo
    layout: Layout
    tile: tuple[int, int]
    read_frame: ReadFrame = field(repr=False)

    def read(self, box: Box, out: NDArray[Any], *, channel: int = 0, frame: int = 0) -> None:
        """Read the frames that the box touches, one at a time; where there is none are zeros."""
        require_inside(self.path, self.probe.header, box, channel, frame)
        volume = self.layout.frames[frame, channel]
        width, height = self.tile
        for index, z in enumerate(range(box.begin[2], box.end[2])):
            for top, y in _cuts(box.begin[1], box.end[1], height):
                for left, x in _cuts(box.begin[0], box.end[0], width):
                    part = out[
                        index, y.start - box.begin[1] : y.stop - box.begin[1],
                        x.start - box.begin[0] : x.stop - box.begin[0],
                    ]  # fmt: skip
                    number = int(volume[z, top, left])
                    if number < 0:
                        part[...] = 0
                        continue
                    begin = (x.start - left * width, y.start - top * height, 0)
                    end = (x.stop - left * width, y.stop - top * height, 1)
                    self.read_frame(number, Box(begin, end), part)


def _cuts(begin: int, end: int, size: int) -> Iterator[tuple[int, range]]:
    """Cut a stretch where tiles meet: the number of each tile, and what of the stretch it has."""
    for tile in range(begin // size, -(-end // size)):
        yield tile, range(max(begin, tile * size), min(end, (tile + 1) * size))


def _survey(dicom: DicomFile) -> _Survey:
    pixels = pixels_of(dicom)
    pieces: tuple[tuple[UploadPart, ...], ...] = ()
    if dicom.syntax in SYNTAXES and dicom.length is None:
        pieces = find_frames(dicom, pixels.frames)
        _require_promise(dicom, pixels, pieces)
    elif dicom.length is None or not is_uncompressed(dicom):
        raise SourceError(
            f"is encoded as {dicom.syntax.name}, which cannot be read",
            dicom.path,
            "Export it uncompressed, or with a lossless compression such as JPEG 2000.",
        )
    else:
        require_whole(dicom, pixels)
    is_placed = not pieces and not is_packed(dicom, pixels)
    layouts = layouts_of(dicom.dataset, pixels, dicom.path)
    probes = tuple(_probe(dicom, pixels, layout, is_placed=is_placed) for layout in layouts)
    return _Survey(dicom, pixels, layouts, probes, pieces)


def _require_promise(
    dicom: DicomFile, pixels: Pixels, pieces: tuple[tuple[UploadPart, ...], ...]
) -> None:
    """Refuse frames that their fragments cannot hold; only now are there as many as promised.

    The first one's own head is asked, too: JPEG 2000 and JPEG XL know no bound.
    """
    begin, length = pieces[0][0]
    head = dicom.bytes_at(begin, min(length, HEAD_BYTES))
    require_fit(head, pixels, sum(length for _, length in pieces[0]))
    ratio = SAMPLES_A_BYTE.get(dicom.syntax)
    if ratio is None:
        return
    size = sum(length for frame in pieces for _, length in frame)
    what = f"{pixels.columns} x {pixels.rows} voxels in {pixels.frames} frames"
    require_held(
        dicom.path, what, pixels.rows * pixels.columns * pixels.samples * pixels.frames, size, ratio
    )


def _probe(dicom: DicomFile, pixels: Pixels, layout: Layout, *, is_placed: bool) -> ImageInfo:
    times, channels, planes, *_ = layout.frames.shape
    width, height = layout.size
    axes = (("t", times),) if times > 1 else ()
    header = Header(
        width, height, planes, pixels.samples, pixels.dtype, channels=channels, axes=axes
    )
    grain = (1, 1, 1) if is_placed else (min(pixels.columns, width), min(pixels.rows, height), 1)
    about = besides(lambda: about_dicom(dicom.dataset, pixels, layout.step_mm))
    named = tuple(Channel(name) for name in layout.channels)
    notes = (*about.notes, *layout.notes)
    about = replace(about, name=layout.name, channels=named, notes=notes)
    return ImageInfo(header, grain, about, gaps=_gaps(layout, header))


def _gaps(layout: Layout, header: Header) -> Gaps:
    """Name the planes that were never written."""

    def is_written(frame: int, channel: int, z: int) -> bool:
        return bool((layout.frames[frame, channel, z] != NO_FRAME).any())

    return find_gaps(header, layout.holes, is_written)


def _images(survey: _Survey) -> tuple[Image, ...]:
    read_frame = _frame_reader(survey)
    tile = (survey.pixels.columns, survey.pixels.rows)
    return tuple(
        FramedImage(survey.dicom.path, probe, layout, tile, read_frame)
        for layout, probe in zip(survey.layouts, survey.probes, strict=True)
    )


def _frame_reader(survey: _Survey) -> ReadFrame:
    dicom, pixels = survey.dicom, survey.pixels
    flat = Header(pixels.columns, pixels.rows, pixels.frames, pixels.samples, pixels.dtype)
    if survey.pieces:
        return _decoded(survey, flat, lambda frame: _decode(survey, frame))
    if is_packed(dicom, pixels):
        return _decoded(survey, flat, lambda frame: read_packed(dicom, pixels, frame))
    kind = np.dtype(pixels.dtype).newbyteorder("<" if dicom.is_little else ">").str
    array = FileArray.packed(flat, kind, dicom.start, "xysz" if pixels.is_planar else "sxyz")
    stored = ArrayImage(dicom.path, dicom.file.fileno(), ImageInfo(flat, (1, 1, 1)), array)

    def read_frame(frame: int, box: Box, out: NDArray[Any]) -> None:
        """Read just the box, and keep of it the bits that count."""
        begin, end = (*box.begin[:2], frame), (*box.end[:2], frame + 1)
        stored.read(Box(begin, end), out[None])
        if not pixels.is_float:
            trim(out, pixels.stored, pixels.high, is_signed=pixels.is_signed)
        if pixels.photometric == "YBR_FULL":
            to_rgb(out, pixels.allocated)

    return read_frame


def _decoded(
    survey: _Survey, flat: Header, decode_frame: Callable[[int], NDArray[Any]]
) -> ReadFrame:
    """Decode whole frames, also where a part of one is wanted."""

    def read_frame(frame: int, box: Box, out: NDArray[Any]) -> None:
        plane = plane_for(flat, box, out)
        with translated(survey.dicom.path):
            store(decode_frame(frame), plane, survey.dicom.path)
        cut(plane, box, out)

    return read_frame


def _decode(survey: _Survey, frame: int) -> NDArray[Any]:
    dicom = survey.dicom
    data = b"".join(dicom.bytes_at(*piece) for piece in survey.pieces[frame])
    try:
        return decode(data, dicom.syntax, survey.pixels, dicom.path)
    except (LookupError, RuntimeError, ValueError, struct.error) as error:
        if len(survey.pieces) == 1:
            raise
        raise ValueError(f"frame {frame + 1}: {error}") from error
