"""Where the frames of encapsulated pixel data lie: PS3.5, annex A.4.

https://dicom.nema.org/medical/dicom/current/output/chtml/part05/sect_A.4.html. Items follow one
another: first a table of offsets, which may be empty, then fragments of frames.
"""

import struct
from bisect import bisect_right

from pydicom.uid import RLELossless

from wkflow.errors import SourceError
from wkflow.readers.dicom.file import DicomFile
from wkflow.source_errors import REMEDY

UploadPart = tuple[int, int]
"""Where a fragment begins in the file, and how many bytes it has."""

ITEM, END = 0xE000FFFE, 0xE0DDFFFE
"""Tags of an item and of the end, read as one little-endian number."""

HEAD = struct.Struct("<II")
"""Tag and length."""

BEGINNINGS = (b"\xff\xd8", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  ", b"\xff\x0a")
"""Of a JPEG or JPEG-LS, of a JPEG 2000 and its box, of a JPEG XL."""

CERTAIN_BEGINNINGS = BEGINNINGS[:-1]
"""Those that no code of an image has within: of a JPEG XL it is two bytes."""


def find_frames(dicom: DicomFile, frames: int) -> tuple[tuple[UploadPart, ...], ...]:
    """Go from item to item; give the fragments of each frame.

    Raises
    ------
    SourceError
        If the file ends before they do, or there are more or fewer than `frames`.
    """
    (table, size), *pieces = _items(dicom)
    found: list[list[UploadPart]]
    if frames == 1 and pieces:
        found = _of_one(dicom, pieces)
    elif len(pieces) == frames:
        found = [[piece] for piece in pieces]
    else:
        starts = _offsets(dicom, table, size, pieces) or _beginnings(dicom, pieces)
        found = [[] for _ in starts]
        for piece in pieces:
            found[max(0, bisect_right(starts, piece[0]) - 1)].append(piece)
    if len(found) != frames or not all(found):
        raise SourceError(
            f"is damaged: it promises {frames} frames and holds {len(found)}", dicom.path, REMEDY
        )
    return tuple(tuple(frame) for frame in found)


def _of_one(dicom: DicomFile, pieces: list[UploadPart]) -> list[list[UploadPart]]:
    """Give the fragments of the only frame, or of several where each begins as an image does."""
    if dicom.syntax == RLELossless:  # a frame is one fragment: annex G
        return [[piece] for piece in pieces]
    starts = _beginnings(dicom, pieces, CERTAIN_BEGINNINGS)
    return [pieces] if len(starts) < 2 else [[piece] for piece in pieces]


def _items(dicom: DicomFile) -> list[UploadPart]:
    found: list[UploadPart] = []
    at = dicom.start
    while True:
        tag, length = HEAD.unpack(dicom.bytes_at(at, HEAD.size))
        at += HEAD.size
        if tag == END and found:
            return found
        if tag != ITEM:
            raise SourceError("is damaged: its pixel data make no sense", dicom.path, REMEDY)
        if at + length > dicom.size:
            raise SourceError("is cut short: its pixel data end too early", dicom.path, REMEDY)
        found.append((at, length))
        at += length


def _offsets(dicom: DicomFile, table: int, size: int, pieces: list[UploadPart]) -> list[int]:
    """Read where frames begin: the extended table has 8 bytes an entry, the basic one 4."""
    extended = dicom.dataset.get("ExtendedOffsetTable")
    entries = bytes(extended or dicom.bytes_at(table, size))
    kind = f"<{len(entries) // 8}Q" if extended else f"<{len(entries) // 4}I"
    first = pieces[0][0] if pieces else 0
    return sorted(first + offset for offset in struct.unpack_from(kind, entries))


def _beginnings(
    dicom: DicomFile, pieces: list[UploadPart], begins: tuple[bytes, ...] = BEGINNINGS
) -> list[int]:
    """Find the fragments that begin as an image does."""
    longest = max(map(len, begins))
    return [
        start
        for start, length in pieces
        if dicom.bytes_at(start, min(length, longest)).startswith(begins)
    ]
