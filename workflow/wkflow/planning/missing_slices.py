"""What the numbers of slices in order say of missing ones."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from math import gcd, lcm

from wkflow.planning.slice_numbers import Column

NAMED = 3
"""How many names, gaps or duplicates a note lists before it only counts."""


def gaps_and_repeats(column: Column) -> list[str]:
    """Report what is missing between the numbers, and which of them come twice."""
    if column.is_clock:
        return []
    values = column.numbers
    texts = dict(zip(values, column.texts, strict=False))
    twice = [_spell(value) for value, count in Counter(values).items() if count > 1]
    notes = [f"numbers that several slices have: {listed(twice)}"] if twice else []
    distinct = sorted(set(values))
    steps = [b - a for a, b in pairwise(distinct)]
    if any(value.denominator > 1 for value in distinct):
        if len(set(steps)) > 1:
            said = listed([texts[value] for value in distinct])
            notes.append(f"numbers are not evenly spaced: {said}")
        return notes
    step = _common(steps) if len(steps) > 1 else Fraction(1)
    gaps = [_gap(a, b, step) for a, b in pairwise(distinct) if b > a + step]
    if gaps:
        notes.append(f"numbers missing between slices: {listed(gaps)}")
    if step > 1:
        notes.append(f"numbers of slices go in steps of {_spell(step)}")
    return notes


def _common(steps: Sequence[Fraction]) -> Fraction:
    below = reduce(lcm, (step.denominator for step in steps))
    return Fraction(reduce(gcd, (int(step * below) for step in steps)), below)


def _gap(a: Fraction, b: Fraction, step: Fraction) -> str:
    first, last = a + step, b - step
    return _spell(first) if first == last else f"{_spell(first)} to {_spell(last)}"


def _spell(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else f"{float(value):g}"


def listed(items: Sequence[str]) -> str:
    """Name the first few, and count the others."""
    more = f" and {len(items) - NAMED} more" if len(items) > NAMED else ""
    return ", ".join(items[:NAMED]) + more
