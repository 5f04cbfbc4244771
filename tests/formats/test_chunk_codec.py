"""The bytes of one chunk: gzip and zstd frames that other programs open, and that find damage."""

import gzip
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numcodecs import zstd
from wkflow.formats import chunk_codec
from wkflow.formats.chunk_files import BROKEN
from wkflow.formats.decoders import DECODERS, undo
from wkflow.model.codec import Codec

from tests.strategies import triples

TEXTS = ("none", "gzip:1", "gzip:6", "zstd:1", "zstd:5", "zstd:-3")


def decoded(codec: Codec, encoded: bytes, size: int) -> bytes:
    """Decode as readers do, which know how many bytes there may be."""
    return undo(() if codec.name == "none" else (DECODERS[codec.name],), encoded, size)


def encoder(codec: Codec) -> Callable[[np.ndarray], bytes]:
    """Give what encodes a single chunk."""
    encode = chunk_codec.encoder(codec)
    return lambda chunk: bytes(*encode(chunk[np.newaxis]))


def grains(shape: tuple[int, ...] = (8, 8, 8, 1)) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 4, shape, dtype="<u2")


@given(text=st.sampled_from(TEXTS), shape=triples(1, 9), kinds=st.integers(1, 300))
def test_what_is_decoded_is_what_was_encoded(
    text: str, shape: tuple[int, int, int], kinds: int
) -> None:
    """The samples as they lie in memory, little-endian."""
    chunk = np.random.default_rng(kinds).integers(0, kinds, (*shape, 1), dtype="<u2")
    codec = Codec.parse(text)
    assert decoded(codec, encoder(codec)(chunk), chunk.nbytes) == chunk.tobytes()


def test_python_opens_gzip() -> None:
    """And the same voxels make the same bytes at any time of day."""
    encode = encoder(Codec("gzip", 6))
    assert gzip.decompress(encode(grains())) == grains().tobytes()
    assert encode(grains()) == encode(grains())
    assert encode(grains())[4:8] == bytes(4)


def test_numcodecs_opens_zstd() -> None:
    """A frame with its size and a checksum: the flag stands in the fifth byte (RFC 8878)."""
    encoded = encoder(Codec("zstd", 5))(grains())
    assert zstd.decompress(encoded) == grains().tobytes()
    assert encoded[:4] == b"\x28\xb5\x2f\xfd"
    assert encoded[4] & 0b100


@pytest.mark.parametrize("text", TEXTS)
def test_many_chunks_are_encoded_as_each_alone(text: str) -> None:
    """In their order, and beside others in another thread."""
    chunks = np.random.default_rng(5).integers(0, 9, (40, 8, 8, 8, 1), dtype="<u2")
    codec = Codec.parse(text)
    alone = [encoder(codec)(chunk) for chunk in chunks]
    encode = chunk_codec.encoder(codec)
    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(encode, [chunks] * 4):
            assert found == alone


def test_none_is_the_voxels_themselves() -> None:
    """Nothing before, nothing after."""
    assert encoder(Codec("none", 0))(grains()) == grains().tobytes()


@pytest.mark.parametrize("text", ["gzip:6", "zstd:5"])
def test_no_flipped_bit_changes_a_voxel(text: str) -> None:
    """Whichever bit it is: the voxels are right, or there are none."""
    codec, voxels = Codec.parse(text), grains((4, 4, 4, 1))
    encoded = encoder(codec)(voxels)
    found = 0
    for bit in range(8 * len(encoded)):
        damaged = bytearray(encoded)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            assert decoded(codec, bytes(damaged), voxels.nbytes) == voxels.tobytes()
        except BROKEN:
            found += 1
    assert found > 7 * len(encoded)


@pytest.mark.parametrize("text", ["gzip:6", "zstd:5"])
def test_a_chunk_cut_short_is_an_error(text: str) -> None:
    """Wherever it ends."""
    codec = Codec.parse(text)
    encoded = encoder(codec)(grains())
    for length in range(len(encoded)):
        with pytest.raises(BROKEN):
            decoded(codec, encoded[:length], grains().nbytes)
