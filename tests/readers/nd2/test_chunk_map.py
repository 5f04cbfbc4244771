"""The map of chunks of an ND2 file, by hand."""

import struct

import numpy as np
import pytest
from wkflow.readers.nd2.chunk_map import MAGIC, SIGNATURE, frames_of

ENTRIES = (b"ImageAttributes!", b"ImageDataSeq|0!", b"ImageDataSeq|10!")


def chunk(name: bytes, data: bytes) -> bytes:
    padded = name.ljust(40, b"\0")
    return struct.pack("<IIQ", MAGIC, len(padded), len(data)) + padded + data


def nd2_of(contents: dict[bytes, bytes]) -> bytes:
    """Write chunks, their map, and where it is."""
    whole, entries = b"", b""
    for name, data in contents.items():
        entries += name + struct.pack("<QQ", len(whole), len(data))
        whole += chunk(name, data)
    at = len(whole)
    whole += chunk(b"ND2 FILEMAP SIGNATURE NAME 0001!", entries + SIGNATURE + struct.pack("<Q", at))
    return whole + SIGNATURE + struct.pack("<Q", at)


def as_content(whole: bytes) -> np.ndarray:
    return np.frombuffer(whole, np.uint8)


def test_frames_are_found_by_their_number() -> None:
    """Without the time that stands before their voxels."""
    whole = nd2_of(dict.fromkeys(ENTRIES, b"time....voxels"))
    frames = frames_of(as_content(whole))
    assert sorted(frames) == [0, 10]
    for begin, size in frames.values():
        assert whole[begin : begin + size] == b"voxels"


def test_a_file_that_is_cut_is_refused() -> None:
    """The map is its end: it is gone then."""
    whole = nd2_of(dict.fromkeys(ENTRIES, b"time....voxels"))
    for end in (0, 20, 41, len(whole) // 2, len(whole) - 1):
        with pytest.raises((ValueError, struct.error)):
            frames_of(as_content(whole[:end]))


def test_a_map_that_leads_past_the_end_is_refused() -> None:
    """Or to where no chunk is."""
    whole = nd2_of({b"ImageDataSeq|0!": b"time....voxels"})
    for data_bytes in (10**9, 2**63):
        damaged = whole.replace(
            struct.pack("<IIQ", MAGIC, 40, 14), struct.pack("<IIQ", MAGIC, 40, data_bytes)
        )
        with pytest.raises(ValueError, match="no whole chunk at byte 0"):
            frames_of(as_content(damaged))
    with pytest.raises(ValueError, match="no whole chunk"):
        frames_of(as_content(b"\0" * 4 + whole[4:]))
