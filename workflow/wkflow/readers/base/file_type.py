"""What a file holds, told from its first bytes and not from its name."""

import os
import stat
from typing import BinaryIO

from wkflow.errors import SourceError
from wkflow.source_errors import REMEDY

MAGIC: dict[str, tuple[bytes, ...]] = {
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "JPEG": (b"\xff\xd8\xff",),
    "BMP": (b"BM",),
    "GIF": (b"GIF8",),
    "ICO": (b"\0\0\1\0",),
    "WEBP": (b"RIFF",),
    "TGA": (),
    "PNM": (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6"),
    "HDF5": (b"\x89HDF\r\n\x1a\n",),
    "DM3": (b"\0\0\0\x03",),
    "DM4": (b"\0\0\0\x04",),
    "CZI": (b"ZISRAWFILE",),
    "ND2": (b"\xda\xce\xbe\x0a",),
    "LIF": (b"\x70\0\0\0",),
    "PDF": (b"%PDF",),
    "ZIP": (b"PK\x03\x04",),
    "gzip": (b"\x1f\x8b",),
    "JPEG 2000": (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"),
    "AppleDouble": (b"\0\x05\x16\x07",),
    "HTML": (b"<!DOCTYPE", b"<!doctype", b"<html", b"<HTML"),
}
"""The first bytes of what is found under the suffix of an image; TGA has none."""

MAGIC_BYTES = max(len(magic) for magics in MAGIC.values() for magic in magics)

STORES = {
    "datasource-properties.json": "WEBKNOSSOS dataset",
    "zarr.json": "Zarr v3",
    ".zarray": "Zarr v2",
    ".zgroup": "Zarr v2",
    "attributes.json": "N5",
    "info": "Neuroglancer precomputed",
    "header.wkw": "WKW",
}
"""The file that tells a store of arrays from other folders."""


def store_kind(folder: str) -> str | None:
    """Say which store of arrays a folder is; None if it is a plain folder."""
    for name, kind in STORES.items():
        path = os.path.join(folder, name)  # noqa: PTH118
        if os.path.isfile(path) and (name != "info" or _has_scales(path)):  # noqa: PTH113
            return kind
    return None


def _has_scales(path: str) -> bool:
    """Tell a precomputed volume's description from other files of the name `info`."""
    with open(path, "rb") as file:  # noqa: PTH123
        return b'"scales"' in file.read(2**20)


def is_dicom(path: str) -> bool:
    """Tell whether the first bytes are DICOM's, whatever the file's name."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False


def plain_size(path: str) -> int:
    """Give the size of a file in bytes; a pipe, which would wait for ever, is refused."""
    found = os.stat(path)  # noqa: PTH116 -- ten thousand slices: no Path for each
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        raise SourceError("is a pipe or a device, not a file", path, "Copy it to a plain file.")
    return found.st_size


def open_as(kind: str, path: str) -> BinaryIO:
    """Open a file that holds `kind`, at its beginning; refuse any other content.

    The caller closes it, and translates what the operating system raises.
    """
    plain_size(path)
    file = open(path, "rb")  # noqa: SIM115, PTH123 -- handed to the caller
    try:
        _require(kind, file.read(MAGIC_BYTES), path)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def _require(kind: str, head: bytes, path: str) -> None:
    if not head:
        raise SourceError("is empty (0 bytes)", path, REMEDY)
    if head.startswith(MAGIC[kind]):
        return
    if MAGIC[kind] or _held(head):
        raise not_of(kind, path, head)


def _held(head: bytes) -> str | None:
    return next((name for name, magics in MAGIC.items() if head.startswith(magics)), None)


def not_of(kind: str, path: str, head: bytes) -> SourceError:
    """Give the error over a file that is no `kind`, and say what it holds if `head` tells."""
    held, suffix = _held(head), os.path.splitext(path)[1]  # noqa: PTH122 -- as above
    if held is None:
        return SourceError(f"is no {kind} file, though it is named {suffix}", path, REMEDY)
    return SourceError(
        f"is named {suffix} but holds {held}",
        path,
        f"Give it the suffix of what it holds, or export it as {kind}.",
    )
