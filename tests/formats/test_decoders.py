"""Compressed chunks, by the encoders of numcodecs and the standard library."""

import bz2
import gzip
import lzma
import zlib

import google_crc32c
import numcodecs
import pytest
from wkflow.formats.decoders import DECODERS
from wkflow.source_errors import FOREIGN

CONTENT = bytes(range(200)) * 50

ENCODED = {
    "blosc": numcodecs.Blosc("lz4", shuffle=numcodecs.Blosc.BITSHUFFLE).encode(CONTENT),
    "bz2": bz2.compress(CONTENT),
    "bzip2": bz2.compress(CONTENT),
    "crc32c": CONTENT + google_crc32c.value(CONTENT).to_bytes(4, "little"),
    "gzip": gzip.compress(CONTENT),
    "lz4": numcodecs.LZ4().encode(CONTENT),
    "lzma": lzma.compress(CONTENT),
    "xz": lzma.compress(CONTENT),
    "zlib": zlib.compress(CONTENT),
    "zstd": numcodecs.Zstd(checksum=True).encode(CONTENT),
}


@pytest.mark.parametrize("name", sorted(DECODERS))
def test_what_was_encoded_is_decoded(name: str) -> None:
    """As bytes."""
    assert DECODERS[name](bytes(ENCODED[name]), len(CONTENT)) == CONTENT


@pytest.mark.parametrize("name", sorted(DECODERS))
def test_what_is_cut_is_refused(name: str) -> None:
    """Wherever: it never gives all of the content, and fails only in ways that are translated."""
    encoded = bytes(ENCODED[name])
    for end in (0, 1, 7, 15, 20, len(encoded) // 2, len(encoded) - 1):
        try:
            decoded = DECODERS[name](encoded[:end], len(CONTENT))
        except FOREIGN:
            continue
        assert len(decoded) < len(CONTENT)


@pytest.mark.parametrize("name", sorted(set(DECODERS) - {"crc32c"}))
def test_what_becomes_more_than_it_may_is_refused(name: str) -> None:
    """By a byte, or by all that a header promises."""
    with pytest.raises(FOREIGN):
        DECODERS[name](bytes(ENCODED[name]), len(CONTENT) - 1)


@pytest.mark.parametrize("name", ["bz2", "lzma"])
def test_streams_may_follow_one_another(name: str) -> None:
    """As the standard library reads them."""
    assert DECODERS[name](bytes(ENCODED[name]) * 2, 2 * len(CONTENT)) == CONTENT * 2
