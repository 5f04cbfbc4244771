"""TIFF in all its kinds, through tifffile."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tifffile import TiffFile

from wkflow.model.box import Box
from wkflow.model.source import ImageInfo, References
from wkflow.readers.base.file_type import open_as
from wkflow.readers.base.references import Referring, require_within
from wkflow.readers.base.whole_plane import require_inside
from wkflow.readers.tiff.about import tiff_about
from wkflow.readers.tiff.companion_files import TiffParts
from wkflow.readers.tiff.log_errors import complaints_raised
from wkflow.readers.tiff.ome import Ome, read_ome
from wkflow.readers.tiff.ome_pages import with_pages
from wkflow.readers.tiff.page import (
    StoredPage,
    page_bytes,
    require_alike,
    require_bytes,
    require_segments,
)
from wkflow.readers.tiff.pictures import require_first
from wkflow.readers.tiff.region import Region, Segments
from wkflow.readers.tiff.series import TiffSeries, find_series
from wkflow.readers.tiff.voxels import fill
from wkflow.source_errors import translated

PAGES_KEPT = 64
"""Directories that are kept in memory: a plane may be read in many pieces."""

PLANES_COUNTED = 256
"""Planes that are looked at for strips and tiles that were never written."""

SPARSE = "{} strips or tiles were never written and are {}, in {} of the {} planes looked at"


class TiffReader(Referring):
    """All compressions, strips and tiles, BigTIFF, either byte order, all series.

    Of pyramids the full level is read.
    """

    def probe(self, path: str) -> tuple[ImageInfo, ...]:
        """Read the directories of the pages."""
        with self.open(path) as images:
            return tuple(image.described() for image in images)

    @contextmanager
    def open(self, path: str) -> Iterator[tuple["TiffImage", ...]]:
        """Read the directories, and keep the file open for the voxels."""
        with translated(path):
            file = open_as("TIFF", path)
        with file:
            with translated(path), complaints_raised(path):
                tif = TiffFile(file)
            try:
                with translated(path), complaints_raised(path):
                    images = _images(tif, path, self.references)
                yield images
            finally:
                tif.close()


class TiffImage:
    """One image of an open TIFF. Directories are read one at a time, voxels without a lock."""

    def __init__(self, parts: TiffParts, series: TiffSeries, ome: Ome | None, number: int) -> None:
        self._parts, self._planes = parts, series.planes
        self._checked = lru_cache(PAGES_KEPT)(self._check)
        absent = self._planes.absent
        present = next(n for n in range(self._planes.count) if n not in absent) if absent else 0
        first = self._checked(present)
        self.probe = ImageInfo(
            self._planes.header,
            (1, 1, 1) if first.keyframe.is_final else Segments.of(first.keyframe).grain,
            tiff_about(parts.tif, series, ome, number),
            parts.files(list(self._planes.pages)) if series.is_multifile else (),
            gaps=self._planes.gaps,
        )

    def described(self) -> ImageInfo:
        """Say also how many strips or tiles were never written: of all planes, or of the first."""
        count = min(self._planes.count, PLANES_COUNTED) if self._planes.data_offset is None else 1
        path = self._parts.path
        with translated(path), complaints_raised(path):
            absent = [
                self._checked(number).never_written
                for number in range(count)
                if number not in self._planes.absent
            ]
        if not any(absent):
            return self.probe
        value = self._planes.keyframe.nodata or "zeros"
        note = SPARSE.format(sum(absent), value, sum(map(bool, absent)), count)
        return replace(
            self.probe, about=replace(self.probe.about, notes=(*self.probe.about.notes, note))
        )

    def read(self, box: Box, out: NDArray[Any], *, channel: int = 0, frame: int = 0) -> None:
        """Read the directories of the pages that hold the box, then decode what it touches."""
        require_inside(self._parts.path, self.probe.header, box, channel, frame)
        if min(box.size) == 0:
            return
        for z in range(box.begin[2], box.end[2]):
            depth, page_z = (z, 0) if self._planes.keyframe.imagedepth > 1 else (0, z)
            number = self._planes.page_number(channel, frame, page_z)
            (x0, y0, _), (x1, y1, _) = box.begin, box.end
            region = Region(0, depth, y0, y1, x0, x1)
            first = channel if self._planes.has_sample_channels else 0
            self._read_plane(number, region, first, out[z - box.begin[2]])

    def _read_plane(self, number: int, region: Region, first: int, out: NDArray[Any]) -> None:
        """Decode a region of a page, and of it the samples from `first` on that `out` holds."""
        path = self._parts.path
        if number in self._planes.absent:
            out[...] = 0
            return
        with translated(path), complaints_raised(path):
            stored = self._checked(number)
            with self._parts.descriptor(stored.keyframe) as descriptor, self._named(number):
                _read_samples(stored, descriptor, region, first, out)

    @contextmanager
    def _named(self, number: int) -> Iterator[None]:
        """Say in what is raised which page it is of."""
        try:
            yield
        except ValueError as error:
            if self._planes.count == 1:
                raise
            raise ValueError(f"page {number + 1}, {error}") from error

    def _check(self, number: int) -> StoredPage:
        """Find a page, and refuse one that is unlike the first or damaged."""
        offset = self._planes.data_offset
        if offset is not None:
            return self._virtual(number, offset)
        page = self._parts.full_page(self._planes.pages, number)
        stored = StoredPage.of(page)
        path = self._parts.path_of(page)
        if stored.keyframe is not self._planes.keyframe:
            require_alike(stored.keyframe, self._planes.keyframe, number, path)
        require_segments(stored, page.parent.filehandle.size, path)
        return stored

    def _virtual(self, number: int, offset: int) -> StoredPage:
        """Find a plane that has no directory of its own."""
        keyframe = self._planes.keyframe
        size = page_bytes(keyframe)
        file_bytes = self._parts.tif.filehandle.size
        require_bytes(offset + self._planes.count * size, file_bytes, self._parts.path)
        return StoredPage(keyframe, (offset + number * size,), (size,))


def _images(tif: TiffFile, path: str, references: References) -> tuple[TiffImage, ...]:
    ome = read_ome(tif, path, references)
    if len(tif.pages) > 0:
        first = StoredPage.of(tif.pages.first)
        require_segments(first, tif.filehandle.size, path)
        require_first(first)
    parts = TiffParts(path, tif)
    series = find_series(tif, path)
    if ome is not None:
        ome = with_pages(ome, tif, series, path)
    pages = [page for one in series if one.is_multifile for page in one.planes.pages]
    for file in parts.files(pages):
        require_within(path, file, file, references)
    return tuple(TiffImage(parts, series, ome, number) for number, series in enumerate(series))


def _read_samples(
    stored: StoredPage, descriptor: int, region: Region, first: int, out: NDArray[Any]
) -> None:
    separate, *_, contiguous = stored.keyframe.shaped
    kept = out.shape[2]
    if separate > 1:
        for sample in range(kept):
            part = replace(region, sample=first + sample)
            fill(stored, descriptor, part, out[:, :, sample : sample + 1])
    elif kept == contiguous:
        fill(stored, descriptor, region, out)
    else:
        whole = np.empty((*region.shape, contiguous), out.dtype)
        fill(stored, descriptor, region, whole)
        out[...] = whole[:, :, first : first + kept]
