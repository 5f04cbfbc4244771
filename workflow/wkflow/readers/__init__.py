"""From image files to arrays: a table of readers, and how to use them.

A row names its reader instead of importing it, so that a format's library is loaded when the
first file of that format is opened, and not before.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from functools import cache
from importlib import import_module
from os.path import basename, isdir
from typing import cast

from wkflow.errors import SourceError
from wkflow.formats.size_limits import require_possible
from wkflow.model.source import Header, ImageInfo, RawLayout, References
from wkflow.readers.base.contract import Image, Reader
from wkflow.readers.base.file_type import is_dicom, store_kind
from wkflow.readers.base.references import BELOW, Referring
from wkflow.readers.base.source_metadata import SourceMetadata
from wkflow.readers.bioformats.suffixes import BIOFORMATS_SUFFIXES
from wkflow.source_errors import translated

__all__ = [
    "BELOW",
    "RAW_SUFFIXES",
    "READERS",
    "SUFFIXES",
    "Image",
    "Reader",
    "glance",
    "is_readable",
    "open_images",
    "probe",
    "read_metadata",
    "reader_for",
    "require_header",
    "series_notes",
    "series_spacing",
    "sort_series",
    "suffix_of",
]

Row = tuple[str, str, str]
"""Module below `wkflow.readers`, class, and the extra that brings its libraries."""

_TIFF: Row = ("tiff.reader", "TiffReader", "")
_JPEG: Row = ("jpeg", "JpegReader", "")
_RASTER: Row = ("raster", "RasterReader", "")
_PNM: Row = ("pnm", "PnmReader", "")
_DM: Row = ("dm.reader", "DmReader", "")
_MRC: Row = ("mrc", "MrcReader", "")
_NIFTI: Row = ("nifti.reader", "NiftiReader", "")
_DICOM: Row = ("dicom.reader", "DicomReader", "dicom")
_LIF: Row = ("lif.reader", "LifReader", "lif")
_STORE: Row = ("dataset.reader", "StoreReader", "")
_BIOFORMATS: Row = ("bioformats.reader", "BioformatsReader", "bioformats")

READERS: dict[str, Row] = {
    **dict.fromkeys((".tif", ".tiff", ".btf", ".tf2", ".tf8", ".lsm", ".stk"), _TIFF),
    **dict.fromkeys((".svs", ".ndpi", ".scn", ".qptiff"), _TIFF),
    ".png": ("png", "PngReader", ""),
    **dict.fromkeys((".jpg", ".jpeg", ".jpe"), _JPEG),
    **dict.fromkeys((".bmp", ".gif", ".ico", ".webp", ".tga"), _RASTER),
    **dict.fromkeys((".pbm", ".pgm", ".ppm", ".pnm"), _PNM),
    **dict.fromkeys((".dm3", ".dm4"), _DM),
    **dict.fromkeys((".mrc", ".map", ".rec", ".st", ".ali", ".mrcs"), _MRC),
    **dict.fromkeys((".mrc.gz", ".map.gz", ".rec.gz", ".st.gz", ".ali.gz", ".mrcs.gz"), _MRC),
    **dict.fromkeys((".nii", ".nii.gz", ".hdr"), _NIFTI),
    **dict.fromkeys((".dcm", ".dicom", ".ima"), _DICOM),
    ".czi": ("czi.reader", "CziReader", "czi"),
    ".ims": ("ims.reader", "ImsReader", "hdf5"),
    ".nd2": ("nd2.reader", "Nd2Reader", "nd2"),
    **dict.fromkeys((".lif", ".lof", ".xlif"), _LIF),
}
"""What reads which suffix; everything else that Bio-Formats knows is Bio-Formats'."""

RAW_SUFFIXES = frozenset({".raw", ".bin", ".img"})
"""Files without a header: read as options or a sidecar say."""

SUFFIXES = frozenset(READERS) | RAW_SUFFIXES | BIOFORMATS_SUFFIXES


TELLING = frozenset({"czi", "dataset", "dicom", "dm", "ims", "lif", "nd2", "nifti", "tiff"})
"""Packages of readers that have a module `source_metadata`."""


def suffix_of(path: str) -> str:
    """Give the suffix that counts, in lower case: `.gz` counts together with the one before it.

    >>> suffix_of("/a.b/brain.NII.gz"), suffix_of("/a.b/IM0001"), suffix_of("x.ome.tif")
    ('.nii.gz', '', '.tif')
    """
    parts = basename(path).lower().split(".")[1:]  # noqa: PTH119 -- ten thousand slices: no Path
    double = "." + ".".join(parts[-2:])
    if parts[-1:] == ["gz"] and len(parts) > 1:
        return double
    return f".{parts[-1]}" if parts else ""


def is_readable(path: str) -> bool:
    """Tell from its name, or from the first bytes where it has no suffix, whether it is an image.

    A folder is one if it is a store of arrays (Zarr, N5, precomputed, WKW).
    """
    if isdir(path):  # noqa: PTH112
        return store_kind(path) is not None
    suffix = suffix_of(path)
    return suffix in SUFFIXES or (not suffix and is_dicom(path))


def reader_for(path: str, raw: RawLayout | None = None, references: References = BELOW) -> Reader:
    """Find the reader of `path`: by its suffix, by the content of a folder or a nameless file.

    `references` says where files may lie that the file names.

    Raises
    ------
    SourceError
        If there is none, or its libraries are not installed.
    """
    suffix = suffix_of(path)
    if raw is not None or (suffix in RAW_SUFFIXES and suffix not in READERS):
        return cast("Reader", import_module("wkflow.readers.raw.reader").RawReader(raw))
    if isdir(path):  # noqa: PTH112
        row: Row | None = _STORE
    elif not suffix:
        row = _DICOM if is_dicom(path) else None
    else:
        row = READERS.get(suffix) or (_BIOFORMATS if suffix in BIOFORMATS_SUFFIXES else None)
    if row is None:
        raise SourceError(
            f"has the suffix {suffix}, which no reader knows" if suffix else "has no suffix",
            path,
            f"Readable suffixes: {' '.join(sorted(READERS))}, and those of Bio-Formats.",
        )
    try:
        return _load(*row, references)
    except ImportError as lack:
        if not row[2] or str(lack.name).startswith("wkflow"):  # a fault of the installation
            raise
        raise SourceError(
            f"needs a library that is not installed ({lack.name})",
            path,
            f"pip install 'wkflow[{row[2]}]'",
        ) from None


@cache
def _load(module: str, name: str, extra: str, references: References) -> Reader:  # noqa: ARG001 -- a row as it stands
    reader = getattr(import_module(f"wkflow.readers.{module}"), name)
    return cast("Reader", reader(references) if issubclass(reader, Referring) else reader())


def glance(path: str) -> tuple[object, ...] | None:
    """Give what is the same only for files of the same header, much faster than `probe`.

    None where no such short cut is known; then `probe` tells.
    """
    if suffix_of(path) not in {".tif", ".tiff"}:
        return None
    signature = import_module("wkflow.readers.tiff.glance").glance(path)
    return cast("tuple[object, ...] | None", signature)


def probe(
    path: str, raw: RawLayout | None = None, references: References = BELOW
) -> tuple[ImageInfo, ...]:
    """Read the headers of `path` and no voxel: one entry for each image it holds."""
    probes = reader_for(path, raw, references).probe(path)
    for one in probes:
        require_possible(path, one.header)
    return probes


def open_images(
    path: str, raw: RawLayout | None = None, references: References = BELOW
) -> AbstractContextManager[Sequence[Image]]:
    """Open the images of `path`, to read them from as many threads as you like."""
    return reader_for(path, raw, references).open(path)


def read_metadata(path: str) -> SourceMetadata | None:
    """Read what a file says of itself besides its voxels, where its format says such things.

    None also where that cannot be understood: no voxel depends on it.
    """
    row = READERS.get(suffix_of(path)) or (_DICOM if not suffix_of(path) else None)
    row = _STORE if isdir(path) else row  # noqa: PTH112
    package = row[0].partition(".")[0] if row else ""
    if package not in TELLING:
        return None
    with suppress(SourceError, ImportError), translated(path):
        module = import_module(f"wkflow.readers.{package}.source_metadata")
        return cast("SourceMetadata | None", module.read_metadata(path))
    return None


def sort_series(files: Sequence[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Tell the DICOM volumes of one folder apart, each in the order of its slices' positions.

    Gives what tells a volume from others of its series, empty where there are none, and its files.
    """
    series = import_module("wkflow.readers.dicom.series")
    return [(one.label, one.files) for one in series.sort_series(files)]


def series_spacing(files: Sequence[str]) -> float | None:
    """Give the millimetres between neighbouring slices of a DICOM series, where they are even."""
    series = import_module("wkflow.readers.dicom.series")
    return cast("float | None", series.series_spacing(files))


def series_notes(files: Sequence[str]) -> tuple[str, ...]:
    """Say what a person should know of a DICOM series: missing slices, uneven spacing."""
    series = import_module("wkflow.readers.dicom.series")
    return cast("tuple[str, ...]", series.series_notes(files))


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
