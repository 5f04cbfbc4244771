"""Bins of floats are as fine as there is room for, and those of parts add up to the whole's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.voxels.value_bins import MOST_BINS, PIECE, FloatBins, PatternBins

Values = NDArray[np.generic]

RANDOM = np.random.default_rng(7)


def counted(*parts: Values) -> FloatBins:
    """Count values in parts, each by itself, and add these up."""
    whole = FloatBins()
    for part in parts:
        bins = FloatBins()
        bins.include(part.reshape(1, 1, -1, 1))
        whole.add(bins)
    return whole


def same(one: FloatBins, other: FloatBins) -> bool:
    """Whether two have the same bins, with the same counts."""
    a, b = one.arrays(), other.arrays()
    return all(np.array_equal(a[name], b[name]) for name in ("counts", "pages"))


@given(
    scales=st.lists(st.sampled_from([0.0, 1e-30, 1.0, 1e4, -3e8, 1e30]), min_size=1, max_size=6),
    widths=st.lists(st.sampled_from([0.0, 1e-3, 1.0, 1e5]), min_size=6, max_size=6),
    order=st.randoms(use_true_random=False),
)
def test_parts_add_up_to_the_whole(scales: list[float], widths: list[float], order: object) -> None:
    """In whatever order they come, however unlike they are: bins, counts and fineness."""
    parts = [
        RANDOM.normal(scale, width, 300).astype(np.float32)
        for scale, width in zip(scales, widths, strict=False)
    ]
    together = counted(np.concatenate(parts))
    order.shuffle(parts)  # type: ignore[attr-defined]  # hypothesis names no type
    assert same(counted(*parts), together)
    in_passing = FloatBins()
    for part in parts:
        in_passing.include(part.reshape(1, 1, -1, 1))
    assert same(in_passing, together)


def test_a_narrow_range_far_from_zero_is_counted_exactly() -> None:
    """From 10000 to 10010 each float32 has its own bin; beside zeros two of them share one."""
    values = RANDOM.uniform(10_000, 10_010, 50_000).astype(np.float32)
    least, largest, counts = counted(values).edges()
    expected, expected_counts = np.unique(values, return_counts=True)
    assert_array_equal(least, expected)
    assert_array_equal(largest, expected)
    assert_array_equal(counts, expected_counts)
    least, largest, counts = counted(np.append(values, np.zeros(9, np.float32))).edges()
    assert counts[0] == 9
    assert np.abs(largest - least).max() <= 2.0**-10


@pytest.mark.parametrize(("middle", "width"), [(0, 1), (2000, 300), (1e5, 1e3), (-3, 1e-4)])
def test_bins_are_as_fine_as_there_is_room(middle: float, width: float) -> None:
    """Of the values' span at most a thousandth; and no finer than is said."""
    values = RANDOM.normal(middle, width, 100_000).astype(np.float32)
    bins = counted(values)
    least, largest, _ = bins.edges()
    assert (largest - least).max() <= np.ptp(values) / 1000
    assert bins.counts.size <= MOST_BINS
    assert bins.fine == 16 or 2 * bins.counts.size > MOST_BINS


def test_every_page_may_occur() -> None:
    """Then there are as many bins as pages, and what is not finite is in none."""
    patterns = np.arange(2**16, dtype=np.uint32) << 16
    bins = counted(patterns.view(np.float32))
    assert (bins.fine, int(bins.counts.sum())) == (0, 2**16 - 2 * 128)


def test_what_is_kept_is_read_again() -> None:
    """Also what an earlier version kept, whose pages were the bins: so it goes on with them."""
    values = RANDOM.normal(0, 3, 5000).astype(np.float32)
    bins = counted(values)
    kept = FloatBins.of(np.dtype(np.float32), bins.arrays())
    assert kept is not None
    assert same(kept, bins)
    old = {"counts": np.bincount(values.view(np.uint32) >> 16, minlength=2**16)}
    earlier = FloatBins.of(np.dtype(np.float32), old)
    assert earlier is not None
    bins.add(earlier)
    assert bins.fine == 0
    assert_array_equal(bins.counts[:, 0], 2 * old["counts"][old["counts"] > 0])
    assert FloatBins.of(np.dtype(np.float32), {"counts": np.zeros(7)}) is None
    assert PatternBins.of(np.dtype(np.uint8), {"counts": np.zeros(7)}) is None


@pytest.mark.parametrize("shape", [(3, 4, 5, 2), (2, 3, PIECE + 1, 1), (1, 2, PIECE // 2, 3)])
def test_rows_may_be_of_any_length(shape: tuple[int, ...]) -> None:
    """Longer ones than what is counted at once, and short ones."""
    volume = RANDOM.integers(0, 2**16, shape, np.uint16)
    words, floats = PatternBins(volume.dtype), FloatBins()
    words.include(volume)
    floats.include(volume)
    assert_array_equal(words.counts, np.bincount(volume.reshape(-1), minlength=2**16))
    assert floats.counts.sum() == volume.size


def test_pages_lie_between_powers_of_two() -> None:
    """128 of them; bins follow one another without a gap."""
    least, largest, _ = counted(np.linspace(1, 2, 10**5, endpoint=False, dtype=np.float32)).edges()
    assert len(least) == MOST_BINS
    assert_array_equal(np.nextafter(largest[:-1].astype(np.float32), np.float32(9)), least[1:])
