"""Blocks of N5 by hand, after the specification; those of tensorstore are in test_store_n5."""

import struct

import imagecodecs
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from wkflow.formats.n5_block import decode

BLOCK = np.arange(24, dtype=">u2").reshape(2, 3, 4)


def lz4_part(content: bytes, *, is_raw: bool = False) -> bytes:
    """Write a part of lz4-java's stream."""
    encoded = content if is_raw else imagecodecs.lz4_encode(content)
    token = (0x10 if is_raw else 0x20) | 6
    return b"LZ4Block" + struct.pack("<BIII", token, len(encoded), len(content), 0) + encoded


def block(content: bytes, mode: int = 0) -> bytes:
    """Write a block of x, y, z = 4, 3, 2."""
    head = struct.pack(">HHIII", mode, 3, 4, 3, 2)
    return head + (struct.pack(">I", 24) if mode else b"") + content


@pytest.mark.parametrize("mode", [0, 1])
def test_elements_are_big_endian_and_x_is_fastest(mode: int) -> None:
    """Whether or not the header counts them."""
    found = decode(block(BLOCK.tobytes(), mode), np.dtype(">u2"), {"type": "raw"}, BLOCK.size)
    assert_array_equal(found, BLOCK)


def test_lz4_is_a_stream_of_parts() -> None:
    """Compressed or not, until an empty one."""
    content = BLOCK.tobytes()
    stream = lz4_part(content[:20]) + lz4_part(content[20:], is_raw=True) + lz4_part(b"")
    assert_array_equal(decode(block(stream), np.dtype(">u2"), {"type": "lz4"}, BLOCK.size), BLOCK)
    for wrong in (stream[:-21], stream[:30], b"\0" * 30, lz4_part(b"")):
        with pytest.raises((ValueError, RuntimeError, struct.error)):
            decode(block(wrong), np.dtype(">u2"), {"type": "lz4"}, BLOCK.size)


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (block(BLOCK.tobytes()[2:]), "raw", "holds 23"),
        (block(BLOCK.tobytes(), 2), "raw", "mode 2"),
        (block(b""), "magic", "not known"),
    ],
)
def test_what_makes_no_sense_is_refused(content: bytes, kind: str, words: str) -> None:
    """Blocks of objects, of too few voxels, of unknown compression."""
    with pytest.raises(ValueError, match=words):
        decode(content, np.dtype(">u2"), {"type": kind}, BLOCK.size)
