"""One page of a TIFF: what its directory says of its voxels, and whether they can be there."""

from dataclasses import dataclass
from math import prod

from tifffile import TiffFrame, TiffPage

from wkflow.errors import SourceError
from wkflow.formats.size_limits import DEFLATE, JPEG, LZMA, LZW, PACK_BITS, ZSTD, require_held
from wkflow.model.source import Header
from wkflow.readers.tiff.region import Segments
from wkflow.source_errors import REMEDY

COLOURS = {0: 1, 1: 1, 2: 3, 6: 3}
"""PhotometricInterpretation to samples that are no extra: white or black is zero, RGB, YCbCr."""

ALPHA = frozenset({1, 2})
"""ExtraSamples that are associated or unassociated alpha; 0 is data of unknown meaning."""

GDAL = (33550, 34735, 42112, 42113)
"""Tags of GeoTIFF and of GDAL, which leaves out strips and tiles without data."""


ROWS_OF_BITS = frozenset({2, 3, 4})
"""Compressions of faxes: a row takes a bit at least."""

PIXELS_A_BYTE = frozenset({7, 34892, 33007})
"""Compressions by JPEG."""

BYTES_A_BYTE = {
    1: 1, 5: LZW, 8: DEFLATE, 32946: DEFLATE, 50013: DEFLATE, 32773: PACK_BITS, 34925: LZMA,
    34926: ZSTD, 50000: ZSTD,
}  # fmt: skip
"""Compressions to the most bytes that one byte can hold. JPEG 2000, JPEG XL, WebP and LERC know no
bound: an image of one colour is as good as nothing."""


@dataclass(frozen=True, slots=True)
class StoredPage:
    """Where the strips or tiles of one page lie.

    Everything else is said by `keyframe`: the page itself, or the one it is like.
    """

    keyframe: TiffPage
    offsets: tuple[int, ...]
    counts: tuple[int, ...]
    jpegtables: bytes | None = None

    @classmethod
    def of(cls, page: TiffPage | TiffFrame) -> "StoredPage":
        """Take what a directory says."""
        if page.keyframe is None:
            raise LookupError("a page is like none that was read")
        tables = page.jpegtables
        return cls(page.keyframe, page.dataoffsets, page.databytecounts, tables)

    @property
    def runs(self) -> list[tuple[int, int]]:
        """The stretches of the file (offset, bytes) that hold the page."""
        if self.keyframe.is_final:
            return [(self.offsets[0], page_bytes(self.keyframe))]
        return list(zip(self.offsets, self.counts, strict=False))

    @property
    def never_written(self) -> int:
        """How many strips or tiles have neither a place nor a size: they stand for zeros."""
        return 0 if self.keyframe.is_final else self.runs.count((0, 0))


def page_header(page: TiffPage, path: str) -> Header:
    """Tell size, kept samples and type of a page."""
    if page.dtype is None or 0 in page.shaped:
        raise SourceError(
            f"has {page.imagewidth} x {page.imagelength} voxels of {page.bitspersample} bits, "
            "which cannot be read",
            path,
            "Export it with 8, 16 or 32 bits per sample.",
        )
    if page.dtype.kind == "c":
        raise SourceError(
            f"has complex voxels ({page.dtype.name})", path, "Export the magnitude or the phase."
        )
    dtype = "uint8" if page.dtype.kind == "b" else page.dtype.name
    return Header(page.imagewidth, page.imagelength, page.imagedepth, kept_samples(page), dtype)


def require_alike(page: TiffPage, first: TiffPage, number: int, path: str) -> None:
    """Refuse page `number`, counted from 0, if it is unlike the first."""
    found, expected = page_header(page, path), page_header(first, path)
    if found != expected:
        raise SourceError(
            f"page {number + 1} is {found}, page 1 is {expected}",
            path,
            "Save the pages that differ as a file of their own.",
        )


def kept_samples(page: TiffPage) -> int:
    """Count the samples that are kept: all but alpha. Four of RGB without a mark are RGBA."""
    stored = page.samplesperpixel
    colours = COLOURS.get(int(page.photometric), stored)
    extras = {int(extra) for extra in page.extrasamples}
    is_unmarked_rgba = not extras and (colours, stored) == (3, 4)
    has_alpha = stored > colours and extras and extras <= ALPHA
    return colours if has_alpha or is_unmarked_rgba else stored


def page_bytes(page: TiffPage) -> int:
    """Give the size of an uncompressed page, all samples included."""
    itemsize = page.dtype.itemsize if page.dtype is not None else 1
    return prod(page.shaped) * itemsize


def require_segments(stored: StoredPage, file_bytes: int, path: str) -> None:
    """Refuse a page whose strips or tiles are missing or reach past the end of the file."""
    page = stored.keyframe
    needed = prod(page.chunked)
    listed = min(len(stored.offsets), len(stored.counts))
    if listed < needed and not page.is_contiguous:
        raise SourceError(
            f"is damaged: it lists {listed} of {needed} strips or tiles", path, REMEDY
        )
    if _lacks_voxels(stored, needed):
        raise SourceError("is damaged: a page has no voxels", path, REMEDY)
    _require_promise(stored, needed, path)
    require_bytes(max((offset + size for offset, size in stored.runs), default=0), file_bytes, path)


def _lacks_voxels(stored: StoredPage, count: int) -> bool:
    """Tell whether strips or tiles are lost.

    One without place and size beside others was never written, as tifffile and libtiff do it, and
    stands for zeros. One that has only a place, or only a size, is lost; so are all together.
    """
    page = stored.keyframe
    if page.is_philips:
        return False
    if page.is_final:
        return stored.offsets[:1] == (0,)
    runs = stored.runs[:count]
    absent = runs.count((0, 0))
    is_torn = sum(0 in run for run in runs) > absent
    return is_torn or (absent == len(runs) and not _is_of_gdal(page))


def _require_promise(stored: StoredPage, needed: int, path: str) -> None:
    """Refuse a page whose strips or tiles that are there cannot hold their voxels."""
    page = stored.keyframe
    if page.is_final or page.is_contiguous:
        return  # lies as it is: its place is looked at
    separate, depth, length, _, samples = page.shaped
    segment = Segments.of(page).size
    there = sum(1 for count in stored.counts[:needed] if count)
    rows = min(separate * depth * length, there * segment[0] * segment[1])
    voxels = min(prod(page.shaped), there * prod(segment) * samples)
    size = sum(stored.counts[:needed])
    what = page_header(page, path)
    if page.compression in ROWS_OF_BITS:
        require_held(path, what, rows, size, 8)
    elif page.compression in PIXELS_A_BYTE:
        require_held(path, what, voxels // page.samplesperpixel, size, JPEG)
    elif page.compression in BYTES_A_BYTE:
        ratio = BYTES_A_BYTE[page.compression] * (3 if page.is_subsampled else 1)
        require_held(path, what, voxels * page.bitspersample // 8, size, ratio)


def _is_of_gdal(page: TiffPage) -> bool:
    """Tell whether the writer leaves out strips and tiles without data on purpose, even all."""
    return any(tag in page.tags for tag in GDAL)


def require_bytes(end: int, file_bytes: int, path: str) -> None:
    """Refuse a file that ends before what it says it holds."""
    if end > file_bytes:
        raise SourceError(
            f"is cut short: byte {file_bytes} of {end} is missing, and all after it", path, REMEDY
        )
