"""JPEG files: frame header by hand, voxels by the decoders of `jpeg_stream`."""

import io
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.formats.jpeg_stream import (
    FRAME_MARKERS,
    HUFFMAN_MARKERS,
    MARKER_WITHOUT_LENGTH,
    Frame,
    decode_checked,
    require_undisturbed,
)
from wkflow.formats.size_limits import JPEG, JPEG_ARITHMETIC, require_held
from wkflow.model.source import Header, ImageInfo, ImageMetadata
from wkflow.readers.base.file_type import open_as
from wkflow.readers.base.samples import fits, store
from wkflow.readers.base.slice import Slice, probe_of
from wkflow.source_errors import REMEDY, translated

LAST_HUFFMAN = 0xC7
"""Markers above it are of arithmetic coding."""

SAMPLES = {1: 1, 3: 3, 4: 3}
"""Components to samples kept: grey, colour (as RGB), CMYK (converted to RGB)."""

FROM_CMYK = ImageMetadata(notes=("CMYK is converted to RGB",))


class JpegReader:
    """Grey or RGB, 8 bit."""

    def probe(self, path: str) -> tuple[ImageInfo, ...]:
        """Go from marker to marker up to the frame header."""
        with translated(path), open_as("JPEG", path) as file:
            size = os.fstat(file.fileno()).st_size
            return (_probe(_frame(file, path), size, path),)

    @contextmanager
    def open(self, path: str) -> Iterator[tuple[Slice, ...]]:
        """Hold the content of `path`."""
        with translated(path), open_as("JPEG", path) as file:
            content = file.read()
            probe = _probe(_frame(io.BytesIO(content), path), len(content), path)
        yield (Slice(path, probe, content, _decode),)


def _frame(file: BinaryIO, path: str) -> Frame:
    file.seek(2)
    while True:
        marker = _marker(file, path)
        if marker in FRAME_MARKERS:
            return Frame(marker, *struct.unpack(">2x BHHB", file.read(8)))
        if marker not in MARKER_WITHOUT_LENGTH:
            (length,) = struct.unpack(">H", file.read(2))
            file.seek(length - 2, io.SEEK_CUR)


def _marker(file: BinaryIO, path: str) -> int:
    byte = file.read(1)
    while byte == b"\xff":
        byte = file.read(1)
        if byte not in {b"\xff", b""}:
            return byte[0]
    raise SourceError("is cut short or damaged: it has no frame header", path, REMEDY)


def _probe(frame: Frame, file_bytes: int, path: str) -> ImageInfo:
    if frame.precision != 8:
        raise SourceError(
            f"has {frame.precision} bits per sample; only 8 can be read from JPEG",
            path,
            "Export the images as TIFF or PNG, which keep more than 8 bits.",
        )
    if frame.components not in SAMPLES or frame.width == 0 or frame.height == 0:
        raise SourceError("is damaged: its frame header makes no sense", path, REMEDY)
    header = Header(frame.width, frame.height, 1, SAMPLES[frame.components], "uint8")
    ratio = JPEG_ARITHMETIC if frame.marker > LAST_HUFFMAN else JPEG
    require_held(path, header, frame.width * frame.height, file_bytes, ratio)
    return probe_of(header, FROM_CMYK if frame.components == 4 else None)


def _decode(content: bytes, out: NDArray[Any], path: str) -> None:
    frame = _frame(io.BytesIO(content), path)
    if frame.marker not in HUFFMAN_MARKERS:
        decoded = _decode_rare(content)
        require_undisturbed(content, _decode_rare, decoded)
        store(decoded, out, path)
        return
    if frame.components == 4:
        decode_checked(content, "CMYK")
        store(_decode_rare(content), out, path)
        return
    colours = "GRAY" if frame.components == 1 else "RGB"
    buffer = out if fits(out, out.shape[2]) else None
    decoded = decode_checked(content, colours, buffer)
    if buffer is None:
        store(decoded, out, path)


def _decode_rare(content: bytes) -> NDArray[Any]:
    """Let Pillow decode CMYK and arithmetic coding."""
    with PIL.Image.open(io.BytesIO(content), formats=["JPEG"]) as image:
        return np.asarray(image.convert("L" if image.mode == "L" else "RGB"))
