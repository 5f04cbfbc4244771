"""Counts of slabs add up to those of all voxels, and come back from the disk as they were."""

from pathlib import Path

import numpy as np
import pytest
from wkflow.voxels.value_counts import MANY_VALUES, Facts, ValueCounts
from wkflow.voxels.value_keys import keys_of


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float16", "float32", "int64"])
def test_parts_add_up(tmp_path: Path, dtype: str) -> None:
    """However voxels are cut, in memory or through files."""
    volume = np.random.default_rng(1).integers(-100, 100, (6, 30, 20)).clip(0, 90).astype(dtype)
    whole, parts = ValueCounts(dtype, 0), ValueCounts(dtype, 0)
    whole.include(volume)
    for number, piece in enumerate((volume[:1], volume[1:, :7], volume[1:, 7:])):
        one = ValueCounts(dtype, 0)
        one.include(piece)
        crc = one.write(tmp_path / f"{number}.npz")
        read = parts.read(tmp_path / f"{number}.npz", crc)
        assert read is not None
        parts.add(read)
    assert np.array_equal(parts.counts, whole.counts)
    assert whole.counts.sum() == volume.size
    assert len(parts.facts.known) == len(whole.facts.known) == MANY_VALUES
    ends = [(one.lowest, one.lowest_count, one.highest, one.highest_count, one.zeros)
            for one in (parts.facts, whole.facts)]  # fmt: skip
    assert ends[0] == ends[1]
    assert whole.facts.zeros == whole.facts.lowest_count == (volume == 0).sum()
    assert whole.facts.highest_count == (volume == 90).sum()


def test_later_digits_are_counted_behind_their_prefixes() -> None:
    """Of float32 the lower half, of the samples whose upper half is one of two."""
    some = np.array([1.0, 1.0000001, 2.5, -7, np.nan], np.float32)
    keys = keys_of(some).tolist()
    counts = ValueCounts("float32", 1, (keys[0] >> 16, keys[2] >> 16))
    counts.include(some)
    assert np.flatnonzero(counts.counts[0]).tolist() == [key & 0xFFFF for key in keys[:2]]
    assert counts.counts.sum(axis=1).tolist() == [2, 1]


def test_few_different_values_are_all_known() -> None:
    """As long as it matters how many there are."""
    for piece in ([3, 3, 5], [5, 7]):
        counts = ValueCounts("uint8", 0)
        counts.include(np.array(piece, np.uint8))
        assert counts.facts.known == set(piece)


@pytest.mark.parametrize("content", [None, b"", b"garbage", "other"])
def test_damaged_counts_count_as_lost(tmp_path: Path, content: bytes | str | None) -> None:
    """By their checksum; so do those that were counted in another way."""
    path, counts = tmp_path / "z0.npz", ValueCounts("uint8", 0)
    counts.include(np.arange(9, dtype=np.uint8))
    crc = counts.write(path)
    if content is None:
        path.unlink()
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        counts = ValueCounts("int8", 0)
    assert counts.read(path, crc) is None


def test_nothing_has_no_ends() -> None:
    """No finite sample: nothing to add, whatever it is added to."""
    counts = ValueCounts("float32", 0)
    counts.include(np.array([np.nan, np.inf], np.float32))
    assert counts.facts == Facts() == Facts() + Facts()
