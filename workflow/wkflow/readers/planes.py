"""Which page of a TIFF is which z-plane."""

import operator
from collections.abc import Sequence
from dataclasses import dataclass

from tifffile import TiffFile, TiffFrame, TiffPage, TiffPageSeries

from wkflow.errors import SourceError
from wkflow.readers.fault import REMEDY

Z_AXES = frozenset("ZTQI")
"""Depth, time, and tifffile's two names for pages that nobody named."""

PLAIN_KINDS = frozenset({"generic", "uniform", "shaped"})
"""Kinds of series in which a second series may be no more than the next plane: a writer that
changed the compression, or that was called once per plane."""

VIRTUAL_KINDS = frozenset({"imagej", "shaped", "stk", "nih"})
"""Kinds that may store planes behind one another, described by the first page alone."""

NAMED_SERIES_MAX = 4
"""How many series an error names: enough to recognise the file by."""


@dataclass(frozen=True, slots=True)
class Planes:
    """The planes of a file, in z order.

    Plane i is page `pages[i]`; or, if `data_offset` is not None, lies in the file at
    `data_offset` plus i times the size of a plane, uncompressed.
    """

    count: int
    pages: Sequence[TiffPage | TiffFrame | None]
    data_offset: int | None = None


def planes_of(tif: TiffFile, path: str) -> Planes:
    """Find the one axis along which a file steps, and its planes."""
    if len(tif.pages) == 0:
        raise SourceError("is cut short: its directory of pages is missing", path, REMEDY)
    try:
        series = tif.series
    except RuntimeError:  # "incompatible keyframe": pages differ in size or in storage
        return _page_by_page(tif, path)
    if any(one.is_multifile for one in series):
        raise SourceError(
            "is one part of an OME-TIFF that is spread over several files",
            path,
            "Save it as a single TIFF, for example with Fiji or bfconvert.",
        )
    return _single(series[0], path) if len(series) == 1 else _joined(series, path)


def _page_by_page(tif: TiffFile, path: str) -> Planes:
    """Read all directories; allow pages to differ in storage but not in shape or type."""
    tif.pages.useframes = False
    pages = [tif.pages.get(index) for index in range(len(tif.pages))]
    first = pages[0]
    for number, page in enumerate(pages, start=1):
        if (page.shape, page.dtype) != (first.shape, first.dtype):
            raise SourceError(
                f"page {number} is {_page_named(page)}, page 1 is {_page_named(first)}",
                path,
                "Save the pages that differ as a file of their own.",
            )
    return Planes(len(pages), pages)


def _page_named(page: TiffPage | TiffFrame) -> str:
    height, width = (page.shape[page.axes.index(axis)] for axis in "YX")
    return f"{width} x {height} {page.dtype}"


def _single(series: TiffPageSeries, path: str) -> Planes:
    sizes = list(zip(series.axes, series.shape, strict=True))
    steps = [(axis, size) for axis, size in sizes if axis not in "SYX" and size > 1]
    is_upright = series.axes.replace("S", "").endswith("YX")
    if len(steps) > 1 or not is_upright or not {axis for axis, _ in steps} <= Z_AXES:
        raise SourceError(
            f"has the axes {_named(series)}; channels and time points are not read yet",
            path,
            "Save each channel and time point as a z-stack of its own, for example with Fiji.",
        )
    count = steps[0][1] if steps else 1
    if count > 1 and series.kind in VIRTUAL_KINDS and series.dataoffset is not None:
        return Planes(count, [series.keyframe], series.dataoffset)
    if len(series) != count or series.keyframe.imagedepth != 1:
        raise SourceError(f"describes {count} planes but holds {len(series)} pages", path, REMEDY)
    return Planes(count, series)


def _joined(series: list[TiffPageSeries], path: str) -> Planes:
    first = series[0].keyframe
    alike = all(
        one.kind in PLAIN_KINDS
        and (one.kind == "generic" or one.shape == first.shape)
        and (one.keyframe.shape, one.keyframe.dtype) == (first.shape, first.dtype)
        for one in series
    )
    pages = [page for one in series for page in one if page is not None] if alike else []
    if not alike or any(page.is_subifd for page in pages):
        names = "; ".join(_named(one) for one in series[:NAMED_SERIES_MAX])
        more = "; ..." if len(series) > NAMED_SERIES_MAX else ""
        raise SourceError(
            f"holds {len(series)} images: {names}{more}",
            path,
            "Save the image you want as a file of its own, for example with Fiji.",
        )
    pages.sort(key=operator.attrgetter("index"))
    return Planes(len(pages), pages)


def _named(series: TiffPageSeries) -> str:
    """Name a series by its axes.

    The axes of length 1 are left out: `Z 5 x C 2 x Y 24 x X 18 uint8`.
    """
    sizes = zip(series.axes, series.shape, strict=True)
    return " x ".join(f"{axis} {size}" for axis, size in sizes) + f" {series.dtype}"
