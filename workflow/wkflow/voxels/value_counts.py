"""How many samples of a slab have which digit: what the window of a layer is chosen from.

All samples are counted, each by its value alone, so slabs add up however the layer is cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any, Self

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from wkflow import atomic_files
from wkflow.voxels.choose_intensity_range import FEWEST_VALUES
from wkflow.voxels.value_keys import DIGIT_BITS, Keys, bins_of, digits_of, keys_of

MANY_VALUES = FEWEST_VALUES + 3
"""So many different values are noted: with three left out, there are as many as matter."""

AT_ONCE = 2**18
"""Samples whose keys are in memory at once; each is counted by 8 bytes."""

NO_KEY = 2**64 - 1
"""Stands for the smallest key of nothing."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Smallest and largest key and how many samples have them, the zeros, some different keys."""

    lowest: int = NO_KEY
    lowest_count: int = 0
    highest: int = 0
    highest_count: int = 0
    zeros: int = 0
    known: frozenset[int] = frozenset()

    def __add__(self, other: Self) -> "Facts":
        """Give the facts of two parts together."""
        low, high = min(self.lowest, other.lowest), max(self.highest, other.highest)
        both = (self, other)
        known = sorted(self.known | other.known)[:MANY_VALUES]
        return Facts(
            low, sum(one.lowest_count for one in both if one.lowest == low),
            high, sum(one.highest_count for one in both if one.highest == high),
            self.zeros + other.zeros, frozenset(known),
        )  # fmt: skip


class ValueCounts:
    """Counts of one digit of the keys: of all samples, or of those with one of the `prefixes`.

    >>> counts = ValueCounts("int8", 0)
    >>> counts.include(np.array([-1, -1, 5], np.int8))
    >>> np.flatnonzero(counts.counts[0]).tolist(), counts.facts.lowest_count
    ([127, 133], 2)
    """

    def __init__(self, dtype: str, digit: int, prefixes: Sequence[int] = (0,)) -> None:
        self._dtype, self._digit, self._prefixes = dtype, digit, tuple(prefixes)
        self.counts: NDArray[np.int64] = np.zeros((len(self._prefixes), bins_of(dtype)), np.int64)
        self.facts = Facts()
        self._zero = int(keys_of(np.zeros(1, dtype))[0])
        self._lock = Lock()

    def include(self, voxels: NDArray[Any]) -> None:
        """Count samples of the dtype, in any shape; may be called from several threads."""
        for plane in voxels if voxels.ndim > 1 else [voxels]:
            samples = np.ascontiguousarray(plane).reshape(-1)
            for begin in range(0, samples.size, AT_ONCE):
                self._include(samples[begin : begin + AT_ONCE])

    def _include(self, samples: NDArray[Any]) -> None:
        keys = keys_of(samples)
        if not keys.size:
            return
        behind = keys.dtype.type((digits_of(self._dtype) - 1 - self._digit) * DIGIT_BITS)
        facts = self._facts_of(keys) if self._digit == 0 else None
        counts = [
            self._count((keys >> behind) if behind else keys, prefix) for prefix in self._prefixes
        ]
        with self._lock:
            self.counts += np.stack(counts)
            if facts:
                self.facts += facts

    def _count(self, keys: Keys, prefix: int) -> NDArray[np.int64]:
        bins = self.counts.shape[1]
        if self._digit:
            wide = keys.dtype.type(DIGIT_BITS)
            keys = keys[(keys >> wide) == keys.dtype.type(prefix)] & keys.dtype.type(bins - 1)
        return np.bincount(keys.astype(np.intp), minlength=bins)

    def _facts_of(self, keys: Keys) -> Facts:
        low, high = keys.min(), keys.max()
        lows, highs, zeros = (
            int(np.count_nonzero(keys == keys.dtype.type(one))) for one in (low, high, self._zero)
        )
        with self._lock:
            known = set(self.facts.known)
        rest = keys
        for one in known if len(known) < MANY_VALUES else ():
            rest = rest[rest != keys.dtype.type(one)]
        while rest.size and len(known) < MANY_VALUES:
            known.add(int(rest[0]))
            rest = rest[rest != rest[0]]
        return Facts(int(low), lows, int(high), highs, zeros, frozenset(known))

    def add(self, other: Self) -> None:
        """Add the counts of another slab."""
        self.counts += other.counts
        self.facts += other.facts

    def write(self, path: Path) -> str:
        """Write all as an `.npz` archive, safely on the disk; give its crc32c in hexadecimal."""
        counts, facts = self.counts.astype(np.min_scalar_type(self.counts.max())), self.facts
        told = [facts.lowest, facts.lowest_count, facts.highest, facts.highest_count, facts.zeros]
        file = BytesIO()
        np.savez_compressed(
            file, counts=counts, told=np.array(self._told), facts=np.array(told, np.uint64),
            known=np.array(sorted(facts.known), np.uint64),
        )  # fmt: skip
        with atomic_files.atomic_write(path) as target:
            target.write(file.getvalue())
        atomic_files.flush([path])
        return _crc(file.getvalue())

    @property
    def _told(self) -> str:
        return f"{self._dtype} {self._digit} {self._prefixes}"

    def read(self, path: Path, crc32c: str) -> Self | None:
        """Read what was counted alike in another slab; None where that is not there, or damaged."""
        try:
            content = path.read_bytes()
        except OSError:
            return None
        if _crc(content) != crc32c:
            return None
        found = type(self)(self._dtype, self._digit, self._prefixes)
        with np.load(BytesIO(content)) as archive:
            if str(archive["told"]) != self._told:
                return None
            found.counts += archive["counts"].astype(np.int64)
            low, lows, high, highs, zeros = archive["facts"].tolist()
            known = frozenset(archive["known"].tolist())
        found.facts = Facts(low, lows, high, highs, zeros, known)
        return found


def _crc(content: bytes) -> str:
    return f"{google_crc32c.value(content):08x}"
