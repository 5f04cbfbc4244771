"""TIFF in all its kinds, through tifffile: pages become planes, samples become channels."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tifffile import TiffFile, TiffFrame, TiffPage

from wkflow.errors import SourceError
from wkflow.readers.complaint import complaints_raised
from wkflow.readers.content import open_as
from wkflow.readers.fault import REMEDY, translated
from wkflow.readers.planes import Planes, planes_of
from wkflow.readers.samples import fits, store
from wkflow.source import Header

COLOURS = {0: 1, 1: 1, 2: 3, 6: 3}
"""PhotometricInterpretation to samples that are no extra: white or black is zero, RGB, YCbCr."""

ALPHA = frozenset({1, 2})
"""ExtraSamples that are associated or unassociated alpha; 0 is data of unknown meaning."""

NATIVE = "<" if sys.byteorder == "little" else ">"


class TiffReader:
    """All compressions, strips and tiles, BigTIFF, either byte order, OME and ImageJ stacks."""

    def probe(self, path: str) -> Header:
        """Read the directories of the pages."""
        with self.open(path) as image:
            return image.header

    @contextmanager
    def open(self, path: str) -> Iterator["TiffImage"]:
        """Read the directories, and keep the file open for the voxels."""
        with translated(path):
            file = open_as("TIFF", path)
        with file:
            with translated(path), complaints_raised(path):
                tif = TiffFile(file)
            try:
                with translated(path), complaints_raised(path):
                    image = _image(tif, path)
                yield image
            finally:
                tif.close()


@dataclass(frozen=True, slots=True)
class TiffImage:
    """An open TIFF. Directories are read one at a time, voxels without a lock."""

    path: str
    header: Header
    tif: TiffFile
    planes: Planes

    def read(self, page: int, out: NDArray[Any]) -> None:
        """Decode plane `page` into `out`."""
        self._require_page(page)
        with translated(self.path), complaints_raised(self.path):
            if self.planes.data_offset is not None:
                self._read_virtual(page, self.planes.data_offset, out)
            else:
                _fill(self.tif, tiff_page := self._checked(page), _runs(tiff_page), out, self.path)

    def raw(self, page: int) -> "RawTiff | None":
        """Find plane `page` where it lies uncompressed in one stretch; None if it does not."""
        self._require_page(page)
        with translated(self.path), complaints_raised(self.path):
            if self.planes.data_offset is not None:
                keyframe = self.tif.pages.first
                offset = self.planes.data_offset + page * _plane_bytes(keyframe)
            else:
                keyframe = self._checked(page)
                offset = keyframe.dataoffsets[0]
            is_as_kept = keyframe.samplesperpixel == self.header.channels
            if not keyframe.is_final or not is_as_kept or keyframe.shaped[0] > 1:
                return None
            return RawTiff(
                self.path, self.tif, offset, _plane_bytes(keyframe) // self.header.height
            )

    def _require_page(self, page: int) -> None:
        if not 0 <= page < self.planes.count:
            raise SourceError(
                f"has {self.planes.count} pages, page {page + 1} was asked for",
                self.path,
                "Convert it again: the file was replaced.",
            )

    def _read_virtual(self, page: int, data_offset: int, out: NDArray[Any]) -> None:
        keyframe = self.tif.pages.first
        runs = [(data_offset + page * _plane_bytes(keyframe), _plane_bytes(keyframe))]
        _fill(self.tif, keyframe, runs, out, self.path)

    def _checked(self, page: int) -> TiffPage:
        """Read the directory of a page, and refuse one that is unlike the first or damaged."""
        tiff_page = self._page(page)
        found = replace(_header(tiff_page, self.path), planes=self.header.planes)
        if found != self.header:
            raise SourceError(
                f"page {page + 1} is {found}, page 1 is {self.header}",
                self.path,
                "Save the pages that differ as a file of their own.",
            )
        _require_segments(self.tif, tiff_page, self.path)
        return tiff_page

    def _page(self, page: int) -> TiffPage:
        with self.tif.filehandle.lock:
            found = self.planes.pages[page]
            if isinstance(found, TiffFrame):
                # what tifffile assumes to be like page 1 need not be: read its own directory
                return found.aspage()
        if found is None:
            raise SourceError(f"has no data for plane {page + 1}", self.path, REMEDY)
        return found


@dataclass(frozen=True, slots=True)
class RawTiff:
    """A plane of an open TIFF that lies uncompressed at `offset`, rows of `row_bytes`."""

    path: str
    tif: TiffFile
    offset: int
    row_bytes: int

    def read(self, top: int, out: NDArray[Any]) -> None:
        """Read the rows from `top` on into `out`."""
        with translated(self.path):
            _read_bytes(self.tif, self.offset + top * self.row_bytes, out)


def _image(tif: TiffFile, path: str) -> TiffImage:
    if len(tif.pages) > 0:
        _require_segments(tif, tif.pages.first, path)
    planes = planes_of(tif, path)
    first = planes.pages[0]
    if not isinstance(first, TiffPage):
        raise SourceError("has no data for plane 1", path, REMEDY)
    if planes.data_offset is not None:
        _require_bytes(tif, planes.data_offset + planes.count * _plane_bytes(first), path)
    tif.filehandle.set_lock(True)
    header = replace(_header(first, path), planes=planes.count)
    return TiffImage(path, header, tif, planes)


def _header(page: TiffPage, path: str) -> Header:
    if page.dtype is None:
        raise SourceError(
            f"has samples of {page.bitspersample} bits, which cannot be read",
            path,
            "Export it with 8, 16 or 32 bits per sample.",
        )
    dtype = "uint8" if page.dtype.kind == "b" else page.dtype.name
    return Header(page.imagewidth, page.imagelength, 1, _channels(page), dtype)


def _channels(page: TiffPage) -> int:
    """Count the samples that are kept: all but alpha."""
    stored = page.samplesperpixel
    colours = COLOURS.get(int(page.photometric), stored)
    extras = {int(extra) for extra in page.extrasamples}
    is_unmarked_rgba = not extras and (colours, stored) == (3, 4)
    has_alpha = stored > colours and extras and extras <= ALPHA
    return colours if has_alpha or is_unmarked_rgba else stored


def _plane_bytes(page: TiffPage) -> int:
    itemsize = page.dtype.itemsize if page.dtype is not None else 1
    return page.imagewidth * page.imagelength * page.samplesperpixel * itemsize


def _require_segments(tif: TiffFile, page: TiffPage, path: str) -> None:
    """Refuse a page whose strips or tiles are missing or reach past the end of the file."""
    needed = int(np.prod(page.chunked))
    listed = min(len(page.dataoffsets), len(page.databytecounts))
    if listed < needed and not page.is_contiguous:
        raise SourceError(
            f"is damaged: it lists {listed} of {needed} strips or tiles", path, REMEDY
        )
    if page.is_final and page.dataoffsets[0] == 0:
        raise SourceError("is damaged: a page has no voxels", path, REMEDY)
    ends = (offset + size for offset, size in _runs(page))
    _require_bytes(tif, max(ends, default=0), path)


def _require_bytes(tif: TiffFile, end: int, path: str) -> None:
    size = tif.filehandle.size
    if end > size:
        raise SourceError(
            f"is cut short: byte {size} of {end} is missing, and all after it", path, REMEDY
        )


def _runs(page: TiffPage) -> list[tuple[int, int]]:
    """List the stretches of the file (offset, bytes) that hold the page, in order."""
    if page.is_final:
        return [(page.dataoffsets[0], _plane_bytes(page))]
    return list(zip(page.dataoffsets, page.databytecounts, strict=False))


def _fill(
    tif: TiffFile, page: TiffPage, runs: list[tuple[int, int]], out: NDArray[Any], path: str
) -> None:
    samples, is_planar = page.samplesperpixel, page.shaped[0] > 1
    if fits(out, samples) and not is_planar:
        target = out
    else:
        shape = (page.imagelength, page.imagewidth)
        target = np.empty((samples, *shape) if is_planar else (*shape, samples), out.dtype)
    if page.is_final:
        _read_bytes(tif, runs[0][0], target)
    else:
        lock = tif.filehandle.lock
        page.asarray(out=target.reshape(page.shaped), squeeze=False, lock=lock, maxworkers=1)
    if target is not out:
        store(np.moveaxis(target, 0, -1) if is_planar else target, out, path)


def _read_bytes(tif: TiffFile, offset: int, target: NDArray[Any]) -> None:
    """Fill `target` from the file; many threads may do so at once."""
    rest = target.reshape(-1).view(np.uint8).data
    while rest:
        count = os.preadv(tif.filehandle.fileno(), [rest], offset)
        if count == 0:
            raise EOFError("the file ended while it was read")
        rest, offset = rest[count:], offset + count
    if tif.byteorder != NATIVE:
        target.byteswap(inplace=True)
