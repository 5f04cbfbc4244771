"""From strips and tiles to voxels: the fastest decoder that is certain to give the right ones."""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from wkflow.readers.tiff.jpeg import JPEG, decode_jpeg
from wkflow.readers.tiff.libtiff_wrapper import MAX_BYTES, Envelope
from wkflow.readers.tiff.page import StoredPage
from wkflow.readers.tiff.pictures import LERC, PICTURES, decode_picture, require_picture
from wkflow.readers.tiff.place import TilePlace
from wkflow.readers.tiff.region import Region, Segments
from wkflow.readers.tiff.stretches import NATIVE, read_runs

LIBTIFF = {5: 5, 34926: 50000, 50000: 50000}
"""Compressions that libtiff decodes faster than imagecodecs does segment by segment, and its
numbers for them: LZW twice as fast, Zstandard five times in strips of 4 kB."""

DEFLATE = frozenset({8, 32946, 50013})
"""libdeflate, strip by strip, is as fast as libtiff, and looks at the checksum of each."""

AT_ONCE_BYTES = 2**22
"""Of compressed segments, read together and then decoded."""

_tiff_decode: Callable[..., Any] = imagecodecs.tiff_decode
_deflate_decode: Callable[..., Any] = imagecodecs.deflate_decode
# their annotations leave out arrays, which both read from and decode into

Voxels = NDArray[Any]

WholeDecoder = Callable[[StoredPage, int, Sequence[int], Voxels], bool]
"""Decodes the segments of a file (descriptor, indices), as many as cover an array (y, x, samples),
into that array; False if it cannot."""


def whole_decoder(stored: StoredPage) -> WholeDecoder | None:
    """Choose a decoder for many segments at once; None if each needs tifffile's care."""
    page = stored.keyframe
    if (
        page.dtype is None
        or page.dtype.kind not in "uif"
        or page.bitspersample != page.dtype.itemsize * 8
        or (page.fillorder, page.imagedepth) != (1, 1)
        or page.is_subsampled
    ):
        return None
    if page.compression in LIBTIFF and page.predictor in {1, 2, 3}:
        return _by_libtiff
    is_native = page.parent.byteorder == NATIVE or page.bitspersample == 8
    differs = {1} if page.dtype.kind == "f" else {1, 2}
    if page.compression in DEFLATE and is_native and page.predictor in differs:
        return None if page.is_tiled else _inflate
    return None


def fill_by_segment(stored: StoredPage, descriptor: int, region: Region, out: Voxels) -> None:
    """Let tifffile decode segment by segment, and copy what is wanted of each into `out`."""
    page = stored.keyframe
    for index, data in _contents(stored, descriptor, Segments.of(page).touched(region)):
        _, place, shape = page.decode(None, index, _fullsize=False)
        y0, x0 = max(region.y0, place[2]), max(region.x0, place[3])
        y1, x1 = min(region.y1, place[2] + shape[1]), min(region.x1, place[3] + shape[2])
        part = out[y0 - region.y0 : y1 - region.y0, x0 - region.x0 : x1 - region.x0]
        if data is None:
            part[...] = page.nodata
            continue
        segment = _decoded(stored, index, data, place, shape)
        rows, columns = slice(y0 - place[2], y1 - place[2]), slice(x0 - place[3], x1 - place[3])
        part[...] = segment[region.depth - place[1], rows, columns]


def _decoded(
    stored: StoredPage,
    index: int,
    data: memoryview,
    begin: tuple[int, ...],
    shape: tuple[int, int, int, int],
) -> Voxels:
    page = stored.keyframe
    place = TilePlace.of(page, index, begin, shape)
    try:
        if page.compression in JPEG:
            return decode_jpeg(stored, bytes(data), place)
        if page.compression in PICTURES:
            return decode_picture(page, bytes(data), place)
        if page.compression == LERC:
            require_picture(page, bytes(data), place)
        return np.asarray(page.decode(data, index, _fullsize=False)[0])
    except (LookupError, RuntimeError, ValueError, struct.error) as error:
        kind = "tile" if page.is_tiled else "strip"
        raise ValueError(f"{kind} {index + 1}: {error}") from error


def _by_libtiff(
    stored: StoredPage, descriptor: int, indices: Sequence[int], target: Voxels
) -> bool:
    """Decode as a file of their own; False if libtiff refuses: tifffile's reason is the better."""
    page = stored.keyframe
    runs = [(stored.offsets[index], stored.counts[index]) for index in indices]
    sizes = [size for _, size in runs]
    if 0 in sizes or sum(sizes) > MAX_BYTES // 2:
        return False
    _, length, width = Segments.of(page).size
    code = LIBTIFF[page.compression]
    cut = (length, width)
    envelope = Envelope(page.parent.byteorder, code, page.predictor, cut, page.is_tiled)
    room = envelope.head_bytes(len(runs), target)
    buffer, places = read_runs(descriptor, runs, room)
    buffer[:room] = np.frombuffer(envelope.head(places, sizes, target), np.uint8)
    try:
        _tiff_decode(buffer, out=target if target.shape[2] > 1 else target[:, :, 0])
    except (RuntimeError, ValueError):
        return False
    return True


def _inflate(stored: StoredPage, descriptor: int, indices: Sequence[int], target: Voxels) -> bool:
    """Decode strips, each into the rows it holds."""
    page = stored.keyframe
    flat = target.reshape(-1).view(np.uint8)
    strip_bytes = Segments.of(page).size[1] * target[0].nbytes
    for number, (_, content) in enumerate(_contents(stored, descriptor, indices)):
        rows = flat[number * strip_bytes : (number + 1) * strip_bytes]
        if content is None or len(_deflate_decode(content, out=rows)) != len(rows):
            return False
    if page.predictor == 2:
        imagecodecs.delta_decode(target, axis=-2, out=target)
    return True


def _contents(
    stored: StoredPage, descriptor: int, indices: Iterable[int]
) -> Iterator[tuple[int, memoryview | None]]:
    """Give each segment with its bytes; None for one that was never written."""
    batch: list[int] = []
    size = 0
    for index in indices:
        batch.append(index)
        size += stored.counts[index]
        if size >= AT_ONCE_BYTES:
            yield from _batch(stored, descriptor, batch)
            batch, size = [], 0
    yield from _batch(stored, descriptor, batch)


def _batch(
    stored: StoredPage, descriptor: int, indices: list[int]
) -> Iterator[tuple[int, memoryview | None]]:
    written = [index for index in indices if stored.offsets[index] and stored.counts[index]]
    if not written:
        yield from ((index, None) for index in indices)
        return
    runs = [(stored.offsets[index], stored.counts[index]) for index in written]
    buffer, places = read_runs(descriptor, runs)
    found = {
        index: buffer[place : place + size].data
        for index, place, (_, size) in zip(written, places, runs, strict=True)
    }
    for index in indices:
        yield index, found.get(index)
