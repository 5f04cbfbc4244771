"""An open DICOM file: its attributes, and where its pixel data lie.

The file format is PS3.10 (https://dicom.nema.org/medical/dicom/current/output/html/part10.html),
how attributes lie in it PS3.5, section 7. pydicom reads the attributes; pixel data stay in the
file.
"""

import logging
import os
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import SEEK_END
from typing import BinaryIO

import pydicom
from pydicom.dataset import FileDataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.uid import UID

from wkflow.errors import SourceError
from wkflow.readers.base.file_type import not_of
from wkflow.readers.base.unmarked import open_unmarked
from wkflow.readers.dicom.deflated import plain
from wkflow.source_errors import REMEDY, translated

MARK = b"DICM"
MARK_OFFSET = 128

OLD_HEADS = (b"\x08\0", b"\0\x08")
"""A file older than the mark begins with its first attributes: those of group 8."""

PIXEL_TAGS = {0x7FE00010: "PixelData", 0x7FE00008: "FloatPixelData", 0x7FE00009: "DoubleFloat"}
"""Where voxels lie: integers, float32, float64 (PS3.3, C.7.6.3, C.7.6.24, C.7.6.25)."""

LONG_VRS = frozenset({b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"UN"})
"""Their length takes 4 bytes, behind 2 of reserve: PS3.5, 7.1.2."""

UNDEFINED = 0xFFFFFFFF

_QUIET = threading.RLock()
"""Filters of warnings are all threads' own; reading attributes holds the GIL anyway."""

logging.getLogger("pydicom").setLevel(logging.ERROR)  # it logs what it warns of, with all bytes

IMPLICIT, EXPLICIT = UID("1.2.840.10008.1.2"), UID("1.2.840.10008.1.2.1")


@dataclass(frozen=True, slots=True)
class DicomFile:
    """What is known before a voxel is read.

    The value of the element `tag` begins at byte `start` of `file` and has `length` bytes, None
    for encapsulated ones. `vr` is its representation, `file` has `size` bytes; it is the file
    itself or, if that is deflated, what it inflates to.
    """

    path: str
    dataset: FileDataset
    syntax: UID
    file: BinaryIO
    size: int
    tag: int
    vr: str
    start: int
    length: int | None

    @property
    def is_little(self) -> bool:
        """Whether numbers are little-endian."""
        return bool(self.dataset.original_encoding[1])

    def bytes_at(self, start: int, count: int) -> bytes:
        """Read from the file, from any thread."""
        found = os.pread(self.file.fileno(), count, start)
        if len(found) < count:
            raise SourceError("is cut short: its pixel data end too early", self.path, REMEDY)
        return found


@contextmanager
def understood(path: str) -> Iterator[None]:
    """Turn what pydicom raises over attributes into a `SourceError`; keep its warnings quiet.

    They are over attributes that voxels do not depend on, or are followed by an error.
    """
    with _QUIET, warnings.catch_warnings(), translated(path):
        warnings.simplefilter("ignore")
        try:
            yield
        except (BytesLengthException, InvalidDicomError) as error:
            raise ValueError(str(error)) from error


@contextmanager
def open_dicom(path: str) -> Iterator[DicomFile]:
    """Read the attributes of `path`, and hold it open."""
    with translated(path):
        file = open_unmarked(path)
    with ExitStack() as stack:
        stack.callback(file.close)
        with understood(path):
            file = plain(file, lambda head: _pixel_end(head, path))
            stack.callback(file.close)
            found = _locate(path, read_attributes(file, path), file)
        yield found


def read_attributes(file: BinaryIO, path: str, tags: list[str] | None = None) -> FileDataset:
    """Read the attributes before the pixel data; `tags` names those wanted if not all are.

    To be called within `understood`.
    """
    head = file.read(MARK_OFFSET + len(MARK))
    is_old = head[:2] in OLD_HEADS
    if head[MARK_OFFSET:] != MARK and not is_old:
        raise not_of("DICOM", path, head)
    file.seek(0)
    wanted = list(tags) if tags else None
    return pydicom.dcmread(file, stop_before_pixels=True, force=is_old, specific_tags=wanted)


def syntax_of(dataset: FileDataset) -> UID:
    """Give the transfer syntax; old files do not state one."""
    stated = dataset.file_meta.get("TransferSyntaxUID")
    if stated:
        return UID(stated)
    return IMPLICIT if dataset.original_encoding[0] else EXPLICIT


def is_uncompressed(dicom: DicomFile) -> bool:
    """Tell whether frames lie as they are; of a syntax that is private to a maker nobody knows."""
    syntax = dicom.syntax
    is_known = not syntax.is_private and syntax.is_transfer_syntax
    return is_known and not syntax.is_encapsulated


def _pixel_end(head: BinaryIO, path: str) -> int:
    """Tell from the beginning of a file where its pixel data end."""
    found = _locate(path, read_attributes(head, path), head)
    if found.length is None:
        raise ValueError("its pixel data have no length")
    return found.start + found.length


def _locate(path: str, dataset: FileDataset, file: BinaryIO) -> DicomFile:
    """Read the head of the element at which pydicom stopped."""
    at = file.tell()
    size = file.seek(0, SEEK_END)
    file.seek(at)
    is_implicit, is_little = dataset.original_encoding
    order = "<" if is_little else ">"
    head = file.read(12).ljust(12, b"\0")
    group, element = struct.unpack_from(f"{order}HH", head)
    tag = group << 16 | element
    if tag not in PIXEL_TAGS:
        raise SourceError(
            "holds no pixel data: it is cut short, or no image", path, "Take it out of the folder."
        )
    vr = b"OW" if is_implicit else head[4:6]
    if not is_implicit and vr not in LONG_VRS:
        raise SourceError("is damaged: its pixel data are of no known kind", path, REMEDY)
    (length,) = struct.unpack_from(f"{order}I", head, 4 if is_implicit else 8)
    start = at + (8 if is_implicit else 12)
    known = None if length == UNDEFINED else length
    return DicomFile(path, dataset, syntax_of(dataset), file, size, tag, vr.decode(), start, known)
