"""Which page of a TIFF is which z-plane of which channel and frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Self

from tifffile import TiffFrame, TiffPage, TiffPageSeries

from wkflow.errors import SourceError
from wkflow.model.source import Gaps, Header
from wkflow.readers.base.missing_planes import find_gaps
from wkflow.readers.tiff.page import kept_samples, page_header
from wkflow.source_errors import REMEDY

Page = TiffPage | TiffFrame | None

UNNAMED = frozenset("QI")
"""tifffile's two names for steps that nobody named."""

VIRTUAL_KINDS = frozenset({"imagej", "shaped", "stk", "nih"})
"""Kinds that may store planes behind one another, described by the first page alone."""

Steps = tuple[tuple[str, int], ...]
"""Names and sizes of the axes along which pages follow one another, slowest first."""


@dataclass(frozen=True, slots=True)
class Planes:
    """The pages of one image; all are like `keyframe`.

    Page `page_number(...)` of `pages` holds a plane; or, if `data_offset` is not None, it lies in
    the file at `data_offset` plus that number times the size of a plane, uncompressed, and `pages`
    is only the first. Pages of `absent` numbers were never written. `steps` are named c, z, and as
    the header's axes. `has_sample_channels` says that the samples of a page are channels, and
    `has_depth` that each page holds all z-planes.
    """

    header: Header
    keyframe: TiffPage
    pages: Sequence[Page]
    steps: Steps
    data_offset: int | None = None
    has_sample_channels: bool = False
    absent: frozenset[int] = frozenset()

    @classmethod
    def of_series(cls, series: TiffPageSeries, path: str) -> Self:
        """Take the axes of a series apart: steps from page to page, and those within a page."""
        keyframe = series.keyframe
        sizes = list(zip(series.get_axes(squeeze=False), series.get_shape(squeeze=False),
                         strict=True))  # fmt: skip
        has_channels = _within_page(keyframe, sizes)
        is_known = has_channels is not None and not {name for name, _ in sizes} & set("XYS")
        has_depth = keyframe.imagedepth > 1
        steps = _named([(name, size) for name, size in sizes if size > 1], has_depth=has_depth)
        names = [name for name, _ in steps] + ["c"] * bool(has_channels)
        names += ["z"] * has_depth
        if not is_known or len(set(names)) < len(names):
            raise SourceError(
                f"has the axes {series_named(series)}, which cannot be told apart",
                path,
                "Save it as OME-TIFF, for example with Fiji.",
            )
        count = prod(size for _, size in steps)
        offset = None
        pages: Sequence[Page] = series
        if count > 1 and series.kind in VIRTUAL_KINDS and series.dataoffset is not None:
            pages, offset = [keyframe], series.dataoffset
        elif len(series) != count:
            raise SourceError(
                f"describes {count} planes but holds {len(series)} pages", path, REMEDY
            )
        return cls(
            _header(keyframe, steps, path, has_channels=bool(has_channels)),
            keyframe,
            pages,
            steps,
            offset,
            bool(has_channels),
            _absent(series),
        )

    @classmethod
    def of_pages(cls, pages: Sequence[TiffPage], path: str) -> Self:
        """Take pages that nobody described as planes in z order."""
        steps: Steps = (("z", len(pages)),) if len(pages) > 1 else ()
        if steps and pages[0].imagedepth > 1:
            steps = (("i", len(pages)),)
        return cls(_header(pages[0], steps, path), pages[0], pages, steps)

    @property
    def count(self) -> int:
        """How many pages there are."""
        return prod(size for _, size in self.steps)

    @property
    def gaps(self) -> Gaps:
        """Name the planes that were never written."""
        if not self.absent:
            return Gaps()
        within = self.header.channels if self.has_sample_channels else 1
        return find_gaps(
            self.header,
            len(self.absent) * within,
            lambda frame, channel, z: self.page_number(channel, frame, z) not in self.absent,
        )

    def page_number(self, channel: int, frame: int, z: int) -> int:
        """Find the page of a plane."""
        at = {"c": channel, "z": z}
        for name, size in reversed(self.header.axes):
            frame, at[name] = divmod(frame, size)
        number = 0
        for name, size in self.steps:
            number = number * size + at[name]
        return number


def _absent(series: TiffPageSeries) -> frozenset[int]:
    """Give the numbers of pages that only an OME-XML has."""
    if series.kind != "ome":
        return frozenset()
    return frozenset(number for number, page in enumerate(series) if page is None)


def series_named(series: TiffPageSeries) -> str:
    """Name a series by its axes: `Z 5 x C 2 x Y 24 x X 18 uint8`."""
    sizes = zip(series.axes, series.shape, strict=True)
    return " x ".join(f"{axis} {size}" for axis, size in sizes) + f" {series.dtype}"


def _within_page(page: TiffPage, sizes: list[tuple[str, int]]) -> bool | None:
    """Take the axes within a page off the end of `sizes`.

    Says whether its samples are channels; None if the axes are not those of the page.
    """
    separate, depth, height, width, contiguous = page.shaped
    names = ""
    if sizes[-1][0] in "SC" and sizes[-1][1] in {1, contiguous}:
        names += sizes.pop()[0] if contiguous > 1 else sizes.pop()[0][:0]
    elif contiguous > 1:
        return None
    expected = [("X", width), ("Y", height)] + [("Z", depth)] * (depth > 1)
    for one in expected:
        if not sizes or sizes.pop() != one:
            return None
    if separate > 1:
        if not sizes or sizes[-1] not in {("S", separate), ("C", separate)}:
            return None
        names += sizes.pop()[0]
    is_rgb = int(page.photometric) in {2, 6} and page.samplesperpixel in {3, 4}
    return "C" in names and not (is_rgb and separate > 1)


def _named(steps: list[tuple[str, int]], *, has_depth: bool) -> Steps:
    """Name steps: z for the fastest that nobody named, unless there is a depth."""
    letters = [letter for letter, _ in steps]
    unnamed = [number for number, letter in enumerate(letters) if letter in UNNAMED]
    if unnamed and "Z" not in letters and not has_depth:
        letters[unnamed[-1]] = "Z"
    names: list[str] = []
    for letter in letters:
        name = letter.lower()
        if letter in UNNAMED:
            name += str(names.count(name) or "") if name in names else ""
        names.append(name)
    return tuple((name, size) for name, (_, size) in zip(names, steps, strict=True))


def _header(page: TiffPage, steps: Steps, path: str, *, has_channels: bool = False) -> Header:
    sizes = dict(steps)
    found = page_header(page, path)
    channels = page.samplesperpixel if has_channels else sizes.get("c", 1)
    return Header(
        found.width,
        found.height,
        found.planes * sizes.get("z", 1),
        1 if has_channels else kept_samples(page),
        found.dtype,
        channels,
        tuple((name, size) for name, size in steps if name not in {"c", "z"}),
    )
