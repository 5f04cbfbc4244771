"""Chunks of a precomputed volume that lie in shards.

https://github.com/google/neuroglancer/blob/master/src/datasource/precomputed/sharded.md
"""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from wkflow.box import Triple, ceil_div
from wkflow.errors import SourceError
from wkflow.readers.decoders import gzip

MASK = 2**32 - 1
"""The hash reckons in 32 bits."""


def morton_code(position: Triple, grid: Triple) -> int:
    """Interleave the bits of a position, x lowest, as many of each as its grid needs.

    >>> morton_code((1, 1, 1), (2, 2, 2)), morton_code((3, 0, 0), (4, 2, 1))
    (7, 5)
    """
    code = bit = 0
    needed = [(size - 1).bit_length() for size in grid]
    for level in range(max(needed)):
        for part, bits in zip(position, needed, strict=True):
            if level < bits:
                code |= (part >> level & 1) << bit
                bit += 1
    return code


def murmur(key: int) -> int:
    """Give the low 64 bits of MurmurHash3_x86_128 of a 64-bit key, with seed 0.

    https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp, public domain; eight bytes
    are its tail, in which only the first two of four words are not zero.
    """
    low, high = key & MASK, key >> 32
    second = _rotated(high * 0xAB0E9789 & MASK, 16) * 0x38B34AE5 & MASK
    first = _rotated(low * 0x239B961B & MASK, 15) * 0xAB0E9789 & MASK
    words = [first ^ 8, second ^ 8, 8, 8]
    words = _mixed([_final(word) for word in _mixed(words)])
    return words[0] | words[1] << 32


def _rotated(word: int, by: int) -> int:
    return (word << by | word >> (32 - by)) & MASK


def _mixed(words: list[int]) -> list[int]:
    total = sum(words) & MASK
    return [total, *((word + total) & MASK for word in words[1:])]


def _final(word: int) -> int:
    word = (word ^ word >> 16) * 0x85EBCA6B & MASK
    word = (word ^ word >> 13) * 0xC2B2AE35 & MASK
    return word ^ word >> 16


HASHES = {"identity": lambda key: key, "murmurhash3_x86_128": murmur}


@dataclass(frozen=True)
class Sharding:
    """Where which chunk lies in which shard."""

    folder: Path
    grid: Triple
    hash: str
    preshift_bits: int
    minishard_bits: int
    shard_bits: int
    is_index_gzip: bool
    is_data_gzip: bool
    indices: dict[tuple[str, int], NDArray[Any]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls, stated: dict[str, Any] | None, folder: Path, size: Triple, edge: Triple
    ) -> Self | None:
        """Read the key `sharding` of a scale; None where chunks are files."""
        if not stated:
            return None
        if stated.get("hash") not in HASHES:
            remedy = "It can be identity or murmurhash3_x86_128."
            raise SourceError(f"has the sharding hash {stated.get('hash')}", str(folder), remedy)
        return cls(
            folder,
            ceil_div(size, edge),
            stated["hash"],
            int(stated["preshift_bits"]),
            int(stated["minishard_bits"]),
            int(stated["shard_bits"]),
            is_index_gzip=stated.get("minishard_index_encoding", "raw") == "gzip",
            is_data_gzip=stated.get("data_encoding", "raw") == "gzip",
        )

    @cached_property
    def _digits(self) -> int:
        return -(-self.shard_bits // 4)

    def chunk(self, position: Triple) -> bytes | None:
        """Read the chunk at a position of the grid; None if it was never written."""
        key = morton_code(position, self.grid)
        hashed = HASHES[self.hash](key >> self.preshift_bits)
        minishard = hashed & ((1 << self.minishard_bits) - 1)
        shard = hashed >> self.minishard_bits & ((1 << self.shard_bits) - 1)
        name = f"{shard:0{self._digits}x}.shard"
        try:
            index = self._index(name, minishard)
        except FileNotFoundError:
            return None
        found = np.flatnonzero(index[0] == key)
        if not found.size:
            return None
        content = self._bytes(name, int(index[1, found[0]]), int(index[2, found[0]]))
        return gzip(content) if self.is_data_gzip else content

    def _index(self, name: str, minishard: int) -> NDArray[Any]:
        """Give an array (3, chunks) of 64-bit: keys, first byte in the file, number of bytes."""
        if (name, minishard) not in self.indices:
            self.indices[name, minishard] = self._read_index(name, minishard)
        return self.indices[name, minishard]

    def _read_index(self, name: str, minishard: int) -> NDArray[Any]:
        bounds = np.frombuffer(self._bytes(name, 16 * minishard, 16), "<u8")
        data = 16 << self.minishard_bits
        begin, end = (int(bound) + data for bound in bounds)
        content = self._bytes(name, begin, end - begin)
        raw = gzip(content) if self.is_index_gzip and content else content
        deltas = np.frombuffer(raw, "<u8").reshape(3, -1)
        keys, sizes = np.cumsum(deltas[0]), deltas[2]
        gaps = np.cumsum(deltas[1])
        begins = gaps + np.cumsum(sizes) - sizes + np.uint64(data)
        return np.stack([keys, begins, sizes])

    def _bytes(self, name: str, begin: int, count: int) -> bytes:
        with (self.folder / name).open("rb") as file:
            file.seek(begin)
            content = file.read(count)
        if len(content) != count:
            raise ValueError(f"the shard {name} is cut short")
        return content
