"""The window of a layer, by exact percentiles of all its voxels: found digit by digit.

A first pass over the voxels counts the first 16 bits of their keys (`value_keys.py`), of both ends
a second one the next 16 bits, and so on: radix selection, as in Knuth, The Art of Computer
Programming 3, 5.2.5.
"""

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from wkflow.model.chosen_window import ChosenWindow
from wkflow.model.value_map import Ends
from wkflow.voxels.choose_intensity_range import FEWEST_VALUES, FILLING_SHARE, PERCENT
from wkflow.voxels.value_counts import Facts, ValueCounts
from wkflow.voxels.value_keys import DIGIT_BITS, bins_of, digits_of, keys_of, value_of

SHARE = Fraction(str(PERCENT)) / 100
"""Of the voxels that may lie below the window, and as many above it."""

RULE = "choose_window"


def begin_window(counts: ValueCounts, dtype: str) -> ChosenWindow:
    """Say what does not count, and which ranks the ends have; `counts` are of the first digit."""
    facts, counted = counts.facts, int(counts.counts.sum())
    left_out = _filling(facts, dtype, counted)
    rest = counted - sum(count for _, count in left_out)
    beyond = math.floor(rest * SHARE)
    ends = (facts.lowest, facts.highest) if counted else (0, 0)
    return ChosenWindow(RULE, 0, (0, 0), (beyond + 1, rest - beyond), left_out, ends, counted)


def _filling(facts: Facts, dtype: str, counted: int) -> tuple[tuple[int, int], ...]:
    """Find the single values that are padding or saturation, as for the contrast."""
    zero = int(keys_of(np.zeros(1, dtype))[0])
    seen = {
        zero: facts.zeros,
        facts.lowest: facts.lowest_count,
        facts.highest: facts.highest_count,
    }
    found = [(key, count) for key, count in seen.items() if count > FILLING_SHARE * counted]
    others = len(facts.known) - len(found)
    return tuple(sorted(found)) if others >= FEWEST_VALUES else ()


def next_digit(chosen: ChosenWindow, counts: ValueCounts, dtype: str) -> ChosenWindow:
    """Tell one more digit of both ends; with the last one, the window."""
    if not chosen.counted:
        return _with(chosen, chosen.prefixes, chosen.ranks, (0, 1), "no voxel has a finite value")
    rows = counts.counts[[0, -1]]  # the first digit is counted once for both
    (low, low_rank), (high, high_rank) = (
        _step(row, prefix, rank, chosen, dtype)
        for row, prefix, rank in zip(rows, chosen.prefixes, chosen.ranks, strict=True)
    )
    is_last = chosen.digits + 1 == digits_of(dtype)
    window, why = _window(chosen, low, high, dtype) if is_last else (None, "")
    return _with(chosen, (low, high), (low_rank, high_rank), window, why)


def _with(
    chosen: ChosenWindow,
    prefixes: tuple[int, int],
    ranks: tuple[int, int],
    window: Ends | None,
    why: str,
) -> ChosenWindow:
    return ChosenWindow(
        RULE, chosen.digits + 1, prefixes, ranks, chosen.left_out, chosen.ends, chosen.counted,
        window, why,
    )  # fmt: skip


def _step(
    counts: NDArray[np.int64], prefix: int, rank: int, chosen: ChosenWindow, dtype: str
) -> tuple[int, int]:
    """Give the prefix with one more digit, and the rank among the samples with that prefix."""
    behind = (digits_of(dtype) - 1 - chosen.digits) * DIGIT_BITS
    bins, counts = bins_of(dtype), counts.copy()
    for key, count in chosen.left_out:
        above, digit = divmod(key >> behind, bins)
        if above == prefix:
            counts[digit] -= count
    upto = np.cumsum(counts)
    digit = int(np.searchsorted(upto, rank))
    return prefix * bins + digit, rank - (int(upto[digit - 1]) if digit else 0)


def _window(chosen: ChosenWindow, low: int, high: int, dtype: str) -> tuple[Ends, str]:
    of = f"of all {chosen.counted} samples"
    least, largest = (value_of(key, dtype) for key in chosen.ends)
    if least == largest:
        beyond = least + 1 if isinstance(least, int) else math.nextafter(least, math.inf)
        return (least, beyond), f"all samples have the value {least:g}"
    if low == high:
        return (least, largest), f"the smallest and the largest value: percentiles {of} are one"
    told = [
        f"{value_of(key, dtype):g} ({count / chosen.counted:.0%})" for key, count in chosen.left_out
    ]
    without = f" without {' and '.join(told)}" if told else ""
    ends = value_of(low, dtype), value_of(high, dtype)
    return ends, f"percentiles {PERCENT} and {100 - PERCENT} {of}{without}"
