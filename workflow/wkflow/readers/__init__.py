"""From image files to arrays: a table of readers, and the three ways to use them.

A row names its reader instead of importing it, so that a format's library is loaded when the
first file of that format is opened, and not before.
"""

from contextlib import AbstractContextManager
from functools import cache
from importlib import import_module
from os.path import splitext
from typing import Any, cast

from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.readers.port import Image, RawPlane, Reader
from wkflow.source import Header

__all__ = [
    "SUFFIXES",
    "Image",
    "RawPlane",
    "Reader",
    "open_image",
    "probe",
    "read_plane",
    "reader_for",
    "require_header",
]

READERS: dict[str, tuple[str, str]] = {
    ".tif": ("wkflow.readers.tiff", "TiffReader"),
    ".tiff": ("wkflow.readers.tiff", "TiffReader"),
    ".btf": ("wkflow.readers.tiff", "TiffReader"),
    ".tf8": ("wkflow.readers.tiff", "TiffReader"),
    ".png": ("wkflow.readers.png", "PngReader"),
    ".jpg": ("wkflow.readers.jpeg", "JpegReader"),
    ".jpeg": ("wkflow.readers.jpeg", "JpegReader"),
    ".jpe": ("wkflow.readers.jpeg", "JpegReader"),
    ".bmp": ("wkflow.readers.raster", "RasterReader"),
}

SUFFIXES = frozenset(READERS)


def reader_for(path: str) -> Reader:
    """Find the reader that the suffix of `path` asks for; letter case does not count."""
    suffix = splitext(path)[1].lower()  # noqa: PTH122 -- ten thousand slices: no Path for each
    if suffix not in READERS:
        raise SourceError(
            f"has the suffix {suffix}, which no reader knows" if suffix else "has no suffix",
            path,
            f"Readable suffixes: {' '.join(sorted(SUFFIXES))}",
        )
    return _load(*READERS[suffix])


@cache
def _load(module: str, name: str) -> Reader:
    return cast("Reader", getattr(import_module(module), name)())


def probe(path: str) -> Header:
    """Read the headers of `path` and no voxel."""
    return reader_for(path).probe(path)


def open_image(path: str) -> AbstractContextManager[Image]:
    """Open `path`, to read its pages from as many threads as you like."""
    return reader_for(path).open(path)


def read_plane(path: str, page: int, out: NDArray[Any], expected: Header) -> None:
    """Decode one page of `path` into `out`, provided that the file still is what it was.

    Parameters
    ----------
    path : str
        The file.
    page : int
        Which of its planes.
    out : array, shape (height, width, channels), dtype `expected.dtype`
        Overwritten.
    expected : Header
        What `path` said when it was probed, or the header that all slices share.
    """
    with open_image(path) as image:
        require_header(path, image.header, expected)
        image.read(page, out)


def require_header(path: str, found: Header, expected: Header) -> None:
    """Refuse a file that is not of the size, type and depth of the first slice."""
    if found == expected:
        return
    pages = (
        f" in {found.planes} pages",
        f" in {expected.planes} pages",
    )
    if found.planes == expected.planes:
        pages = ("", "")
    raise SourceError(
        f"is {found}{pages[0]}, the first slice is {expected}{pages[1]}",
        path,
        "Export the slices alike, or convert those that differ on their own.",
    )
