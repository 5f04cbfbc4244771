"""Fragments of frames, laid out by hand after PS3.5, annex A.4."""

import struct
from pathlib import Path

import imagecodecs
import pytest
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit, RLELossless
from wkflow.errors import SourceError
from wkflow.readers import probe
from wkflow.readers.dicom.file import open_dicom
from wkflow.readers.dicom.frames import find_frames

from tests.readers.dicom.writer import dataset_of, noise, save, write_plain

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
    """Unless each begins as an image does: then they are more; two bytes may be so by chance."""
    for rest in (REST, b"\xff\x0a by chance"):
        found = frames_of(tmp_path / "a.dcm", 1, item(b""), item(PART), item(rest), END)
        assert found == [PART + rest]
    with pytest.raises(SourceError, match="promises 1 frames and holds 2"):
        frames_of(tmp_path / "a.dcm", 1, item(b""), item(PART), item(PART), END)


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


@pytest.mark.parametrize("stated", [1, 2, 4])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless, JPEG2000Lossless])
def test_a_number_of_frames_that_contradicts_is_refused(
    tmp_path: Path, syntax: UID, stated: int
) -> None:
    """Fewer or more than there are, whether a fragment is a frame or only a part of one."""
    voxels = noise("uint8", 3, 24, 32, 1)
    path = tmp_path / "a.dcm"
    if syntax == ExplicitVRLittleEndian:
        write_plain(path, voxels, NumberOfFrames=stated)
    else:
        head = struct.pack("<16I", 1, 64, *(0,) * 14)
        frames = [
            head + imagecodecs.packbits_encode(plane[..., 0]) if syntax == RLELossless
            else imagecodecs.jpeg2k_encode(plane[..., 0], codecformat="J2K")
            for plane in voxels
        ]  # fmt: skip
        save(path, dataset_of(voxels, NumberOfFrames=stated), frames, syntax)
    with pytest.raises(SourceError, match=f"promises {stated} frames|its voxels need|cut short"):
        probe(str(path))
