"""Fragments of frames, laid out by hand after PS3.5, annex A.4."""

import struct
from pathlib import Path

import pytest
from pydicom.uid import JPEGBaseline8Bit
from wkflow.errors import SourceError
from wkflow.readers.dicom.file import open_dicom
from wkflow.readers.dicom.frames import find_frames

from tests.readers.dicom.writer import dataset_of, noise, save

PART = b"\xff\xd8 begin"
REST = b"and rest"


def item(value: bytes, tag: int = 0xE000) -> bytes:
    return struct.pack("<HHI", 0xFFFE, tag, len(value)) + value


END = item(b"", 0xE0DD)


def frames_of(path: Path, count: int, *parts: bytes, extended: tuple[int, ...] = ()) -> list[bytes]:
    """Write what follows the pixel data's head; read it back, frame by frame."""
    dataset = dataset_of(noise("uint8", 2, 4, 5, 1))
    if extended:
        dataset.ExtendedOffsetTable = struct.pack(f"<{len(extended)}Q", *extended)
    save(path, dataset, [b"xx"], JPEGBaseline8Bit)
    head = path.read_bytes()
    path.write_bytes(head[: head.rindex(b"\xe0\x7f\x10\0OB") + 12] + b"".join(parts))
    with open_dicom(str(path)) as dicom:
        return [
            b"".join(dicom.bytes_at(*piece) for piece in frame)
            for frame in find_frames(dicom, count)
        ]


def test_one_frame_has_all_fragments(tmp_path: Path) -> None:
    """Whatever they begin with."""
    found = frames_of(tmp_path / "a.dcm", 1, item(b""), item(PART), item(PART), END)
    assert found == [PART + PART]


def test_as_many_fragments_as_frames_are_frames(tmp_path: Path) -> None:
    """One each, whether or not there is a table."""
    for table in (b"", struct.pack("<II", 0, 16)):
        found = frames_of(tmp_path / "a.dcm", 2, item(table), item(REST), item(PART), END)
        assert found == [REST, PART]


def test_tables_tell_frames_from_fragments(tmp_path: Path) -> None:
    """The basic one and the extended one; offsets count from behind the basic table."""
    fragments = [item(REST), item(REST + b"!!"), item(REST)]
    offsets = (0, len(fragments[0]) + len(fragments[1]))
    expected = [REST + REST + b"!!", REST]
    basic = item(struct.pack("<II", *offsets))
    assert frames_of(tmp_path / "a.dcm", 2, basic, *fragments, END) == expected
    found = frames_of(tmp_path / "a.dcm", 2, item(b""), *fragments, END, extended=offsets)
    assert found == expected


def test_without_a_table_beginnings_tell(tmp_path: Path) -> None:
    """A fragment that begins like a JPEG begins a frame."""
    parts = [item(part) for part in (PART, REST, REST, PART)]
    found = frames_of(tmp_path / "a.dcm", 2, item(b""), *parts, END)
    assert found == [PART + REST + REST, PART]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([item(b""), item(PART), END], "promises 2 frames and holds 1"),
        ([item(b""), *[item(PART)] * 3, END], "promises 2 frames and holds 3"),
        ([item(b""), END], "promises 2 frames"),
        ([item(b""), item(PART), item(PART)], "cut short"),
        ([item(b""), item(PART), item(PART)[:-1]], "cut short"),
        ([item(b""), item(PART), item(PART)[:4]], "cut short"),
        ([END], "make no sense"),
        ([item(b""), b"something else and more"], "make no sense"),
    ],
)
def test_what_does_not_add_up_is_refused(tmp_path: Path, parts: list[bytes], words: str) -> None:
    """Frames that are missing, an end that is missing, bytes that are no item."""
    with pytest.raises(SourceError, match=words):
        frames_of(tmp_path / "a.dcm", 2, *parts)
