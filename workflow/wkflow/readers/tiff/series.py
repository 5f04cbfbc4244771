"""Which pages of a TIFF are which image."""

from dataclasses import dataclass
from itertools import groupby

from tifffile import TiffFile, TiffFrame, TiffPage, TiffPageSeries

from wkflow.errors import SourceError
from wkflow.readers.tiff.imagej import require_agreement
from wkflow.readers.tiff.page import page_header, require_alike
from wkflow.readers.tiff.planes import Planes
from wkflow.source_errors import REMEDY

PLAIN_KINDS = frozenset({"generic", "uniform", "shaped"})
"""Kinds of series in which a second series may be no more than the next plane: a writer that
changed the compression, or that was called once per plane."""

REDUCED, MASK = 1, 4
"""Bits of NewSubfileType: a smaller version of another page, a mask of transparency."""


@dataclass(frozen=True, slots=True)
class TiffSeries:
    """One image of a file: its planes, tifffile's kind of it ("ome"), and its name or ""."""

    planes: Planes
    kind: str
    name: str
    is_multifile: bool = False


def find_series(tif: TiffFile, path: str) -> tuple[TiffSeries, ...]:
    """Find the images of a file. Levels of pyramids, thumbnails and masks are none."""
    if len(tif.pages) == 0:
        raise SourceError("is cut short: its directory of pages is missing", path, REMEDY)
    if tif.imagej_metadata:
        require_agreement(tif.imagej_metadata, path)
    try:
        series = tif.series
    except RuntimeError:  # "incompatible keyframe": pages differ in size or in storage
        return _by_page(_all_pages(tif), path)
    kept = [one for one in series if not _is_lesser(one)] or series
    if kept[0].kind == "lsm":
        kept = kept[:1]  # what follows are thumbnails, one for each plane
    if _are_planes(kept):
        return _by_page(_pages_of(kept), path)
    return tuple(
        TiffSeries(Planes.of_series(one, path), one.kind, one.name, one.is_multifile)
        for one in kept
    )


def _is_lesser(series: TiffPageSeries) -> bool:
    """Tell whether a plain series is a smaller version or a mask of another."""
    page = series.keyframe
    return series.kind in PLAIN_KINDS and bool(int(page.subfiletype) & (REDUCED | MASK))


def _are_planes(series: list[TiffPageSeries]) -> bool:
    """Tell whether pages must be grouped anew: tifffile parts those that are stored unlike."""
    if len(series) < 2 or not all(one.kind in PLAIN_KINDS for one in series):
        return False
    return all(one.kind == "generic" or one.shape == one.keyframe.shape for one in series)


def _pages_of(series: list[TiffPageSeries]) -> list[TiffPage | TiffFrame]:
    pages = [page for one in series for page in one if page is not None]
    return sorted(pages, key=lambda page: page.treeindex)


def _all_pages(tif: TiffFile) -> list[TiffPage | TiffFrame]:
    tif.pages.useframes = False
    return [tif.pages.get(number) for number in range(len(tif.pages))]


def _by_page(pages: list[TiffPage | TiffFrame], path: str) -> tuple[TiffSeries, ...]:
    """Read all directories; neighbours of one size and type are an image."""
    full = [page.aspage() for page in pages]
    looked = groupby(full, key=lambda page: page_header(page, path))
    groups = [(header, list(group)) for header, group in looked]
    if len({header for header, _ in groups}) < len(groups):
        for number, page in enumerate(full):
            require_alike(page, full[0], number, path)
    return tuple(TiffSeries(Planes.of_pages(group, path), "generic", "") for _, group in groups)
