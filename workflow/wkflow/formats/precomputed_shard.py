"""Chunks of a precomputed volume that lie in shards.

https://github.com/google/neuroglancer/blob/master/src/datasource/precomputed/sharded.md
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from wkflow.formats.chunk_files import (
    EncodedChunk,
    IndexCache,
    Position,
    Ranges,
    damaged,
    read_runs,
)
from wkflow.formats.dataset_files import Files
from wkflow.formats.decoders import Encoded, gzip, undo
from wkflow.model.box import Triple, ceil_div

ENTRY_BYTES = 24
"""Of the index of a minishard, for each chunk."""

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


@dataclass(frozen=True, slots=True)
class Sharding:
    """How the chunks of a scale are spread over shards and, within one, over minishards."""

    grid: Triple
    hash: str
    preshift_bits: int
    minishard_bits: int
    shard_bits: int
    is_index_gzip: bool
    is_data_gzip: bool

    @classmethod
    def of(cls, stated: dict[str, Any], size: Triple, edge: Triple) -> Self:
        """Read the key `sharding` of a scale of chunks of this edge; raise ValueError."""
        if stated.get("hash") not in HASHES:
            raise ValueError(
                f"its sharding hash {stated.get('hash')} is none of {', '.join(HASHES)}"
            )
        return cls(
            ceil_div(size, edge),
            stated["hash"],
            int(stated["preshift_bits"]),
            int(stated["minishard_bits"]),
            int(stated["shard_bits"]),
            is_index_gzip=stated.get("minishard_index_encoding", "raw") == "gzip",
            is_data_gzip=stated.get("data_encoding", "raw") == "gzip",
        )

    def place(self, position: Triple) -> tuple[str, int, int]:
        """Give the name of a chunk's shard, its minishard, and its key there."""
        key = morton_code(position, self.grid)
        hashed = HASHES[self.hash](key >> self.preshift_bits)
        minishard = hashed & ((1 << self.minishard_bits) - 1)
        shard = hashed >> self.minishard_bits & ((1 << self.shard_bits) - 1)
        return f"{shard:0{-(-self.shard_bits // 4)}x}.shard", minishard, key


class HashedShards:
    """The shards in a folder, as `ArrayFiles`; positions are those of chunks, (c, z, y, x)."""

    has_shards = True
    grid: Position = ()

    def __init__(self, files: Files, folder: str, sharding: Sharding, most: int) -> None:
        self._files, self._folder, self._sharding, self._most = files, folder, sharding, most
        self._indexes = IndexCache(self._index)

    def chunks(self, ranges: Ranges) -> Iterator[EncodedChunk]:
        for name, wanted in self._wanted(ranges).items():
            positions: list[Position] = []
            places: list[tuple[int, int]] = []
            is_there = True
            for minishard, members in wanted.items():
                with damaged(self._files, name, is_index=True):
                    index = self._indexes.get((name, minishard))
                is_there = index is not None
                if index is None:
                    break
                for key, position in members:
                    for at in np.flatnonzero(index[0] == np.uint64(key))[:1]:
                        positions.append(position)
                        places.append((int(index[1, at]), int(index[2, at])))
            if not is_there:
                yield EncodedChunk(name, (), None)
            elif places:
                packed = np.array(places, np.uint64)
                for found in read_runs(self._files, name, positions, packed, self._most):
                    yield found._replace(content=self._inflated(found.name, found.content))

    def names(self, ranges: Ranges) -> Iterator[tuple[str, ...]]:
        seen = set()
        for position in product(*ranges):
            name, _, _ = self._sharding.place(_xyz(position))
            if name not in seen:
                seen.add(name)
                yield (f"{self._folder}/{name}",)

    def has_gaps(self, ranges: Ranges) -> bool:  # noqa: ARG002 -- chunks are spread: nothing to see
        return False

    def _wanted(self, ranges: Ranges) -> dict[str, dict[int, list[tuple[int, Position]]]]:
        """Give the keys and positions that are wanted, by shard and minishard."""
        wanted: dict[str, dict[int, list[tuple[int, Position]]]] = {}
        for position in product(*ranges):
            name, minishard, key = self._sharding.place(_xyz(position))
            shard = wanted.setdefault(f"{self._folder}/{name}", {})
            shard.setdefault(minishard, []).append((key, position))
        return wanted

    def _inflated(self, name: str, content: Encoded | None) -> bytes | None:
        if content is None or not self._sharding.is_data_gzip:
            return content if content is None else bytes(content)
        with damaged(self._files, name):
            return undo((gzip,), content, self._most)

    def _index(self, key: tuple[str, int]) -> NDArray[Any] | None:
        """Give an array (3, chunks) of 64-bit: keys, first byte in the file, number of bytes."""
        name, minishard = key
        head = self._files.part(name, 16 * minishard, 16 * minishard + 16)
        if head is None:
            return None
        data = 16 << self._sharding.minishard_bits
        begin, end = (int(bound) + data for bound in np.frombuffer(_whole(head, 16), "<u8"))
        if begin == end:
            return np.empty((3, 0), np.uint64)
        content = _whole(self._files.part(name, begin, end) or b"", end - begin)
        raw = (
            gzip(content, ENTRY_BYTES * prod(self._sharding.grid))
            if self._sharding.is_index_gzip
            else content
        )
        deltas = np.frombuffer(raw, "<u8").reshape(3, -1)
        keys, sizes = np.cumsum(deltas[0]), deltas[2]
        gaps = np.cumsum(deltas[1])
        begins = gaps + np.cumsum(sizes) - sizes + np.uint64(data)
        return np.stack([keys, begins, sizes])


def _xyz(position: Position) -> Triple:
    _, z, y, x = position
    return x, y, z


def _whole(content: bytes, count: int) -> bytes:
    if len(content) != count:
        raise ValueError("it is cut short")
    return content
