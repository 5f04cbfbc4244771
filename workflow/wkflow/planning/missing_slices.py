"""What the numbers of slices say of missing ones, and what stands in their places."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from math import gcd, lcm
from typing import Literal

from wkflow.errors import SourceError
from wkflow.model.doubtful_slices import DoubtfulSlices
from wkflow.model.source import BLANK
from wkflow.planning.slice_numbers import Column

MissingSlices = Literal["keep", "previous", "close", "refuse"]

NAMED = 3
"""How many names, gaps or duplicates a note lists before it only counts."""

NAMED_AT_LEAST = 12
"""Gaps that an error names, which is all a person gets."""

FEW = 10
"""So many places may be blank in any stack; beyond that, no more of them than slices are there."""

WORDS = {
    "keep": ": their places stay blank",
    "previous": ": the slice before stands in their places",
    "close": "",
}
"""What a note says of missing slices, by the option."""

_DATE = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])?([0-5]\d){0,2}")
"""A date as one number, with a time of day or without."""

Places = tuple[int, int]
"""The first and the last of consecutive places along z."""


@dataclass(frozen=True, slots=True)
class Depth:
    """The places along z that numbers count: that of `first` is 0, and each `step` is one more."""

    first: Fraction
    step: Fraction
    count: int

    def place(self, number: Fraction) -> int:
        """Give the place of a number."""
        return int((number - self.first) / self.step)

    def gaps(self, numbers: Sequence[Fraction]) -> list[Places]:
        """List the places that none of the numbers has."""
        taken = [-1, *sorted({self.place(number) for number in numbers}), self.count]
        return [(a + 1, b - 1) for a, b in pairwise(taken) if b > a + 1]

    def spell(self, gap: Places) -> str:
        """Give the numbers of a gap."""
        first, last = (_spell(self.first + place * self.step) for place in gap)
        return first if first == last else f"{first} to {last}"


@dataclass(frozen=True, slots=True)
class Filled:
    """The files of all places of a stack, the numbers that are missing, what is to be said."""

    files: tuple[str, ...]
    missing: str = ""
    notes: tuple[str, ...] = ()
    doubtful: tuple[DoubtfulSlices, ...] = ()


def depth_of(columns: Sequence[Column]) -> Depth | None:
    """Give the places that the numbers of one stack count, or of several that lie side by side.

    None where they count no slices: dates and times of day, fractions, hexadecimal numbers.
    """
    if not columns or not all(map(_is_counting, columns)):
        return None
    distinct = sorted({number for column in columns for number in column.numbers})
    step = _step(distinct)
    return Depth(distinct[0], step, int((distinct[-1] - distinct[0]) / step) + 1)


def _is_counting(column: Column) -> bool:
    is_whole = all(value.denominator == 1 for value in column.numbers)
    is_hexadecimal = any("x" in text.casefold() for text in column.texts)
    is_date = column.is_clock or all(map(_DATE.fullmatch, column.texts))
    return is_whole and not (is_date or is_hexadecimal or column.is_word)


def _step(distinct: Sequence[Fraction]) -> Fraction:
    """Give what all distances are multiples of; two numbers alone count in tens or in ones."""
    steps = [b - a for a, b in pairwise(distinct)]
    if len(steps) > 1:
        return _common(steps)
    is_round = bool(steps) and steps[0] % 10 == 0 and distinct[0] % steps[0] == 0
    return steps[0] if is_round else Fraction(1)


def spacing_notes(column: Column) -> list[str]:
    """Report what is odd about the distances between numbers, apart from missing ones."""
    if column.is_clock:
        return []
    distinct = sorted(set(column.numbers))
    steps = [b - a for a, b in pairwise(distinct)]
    if any(value.denominator > 1 for value in distinct):
        texts = dict(zip(column.numbers, column.texts, strict=False))
        said = listed([texts[value] for value in distinct])
        return [f"numbers are not evenly spaced: {said}"] if len(set(steps)) > 1 else []
    step = _step(distinct)
    return [f"numbers of slices go in steps of {_spell(step)}"] if step > 1 else []


def fill(
    files: Sequence[str], column: Column, depth: Depth | None, choice: MissingSlices, folder: str
) -> Filled:
    """Give the files of all places that there are, with `choice` in those of missing slices.

    `files` are in the order of z, and `column` has their numbers; `folder` is named in errors.

    Raises
    ------
    SourceError
        If slices are missing and that is to be refused, or if more are missing than are there.
    """
    gaps = depth.gaps(column.numbers) if depth else []
    if depth is None or not gaps:
        return Filled(tuple(files))
    spelled = [depth.spell(gap) for gap in gaps]
    if choice == "refuse":
        raise SourceError(
            f"numbers missing between slices: {listed(spelled, NAMED_AT_LEAST)}", folder,
            "Add these slices, or give --missing-slices keep (blank), previous, or close.",
        )  # fmt: skip
    note = f"numbers missing between slices: {listed(spelled)}{WORDS[choice]}"
    words = f"beside missing numbers: {listed(spelled)}"
    if choice == "close":
        taken = sorted({depth.place(number) for number in column.numbers})
        before = [sum(place < first for place in taken) - 1 for first, _ in gaps]
        places = {at + one for at in before for one in (0, 1)}
        doubtful = DoubtfulSlices(words, tuple(sorted(places)))
        return Filled(tuple(files), notes=(note,), doubtful=(doubtful,))
    missing = sum(last - first + 1 for first, last in gaps)
    if missing > max(len(files), FEW):
        raise SourceError(
            f"{missing} of {depth.count} numbers of slices are missing: {listed(spelled)}", folder,
            "Correct the names, or give --missing-slices close if they count no slices.",
        )  # fmt: skip
    numbered = zip(files, column.numbers, strict=True)
    there = {depth.place(number): file for file, number in numbered}
    beside = sorted({place for first, last in gaps for place in (first - 1, last + 1)})
    doubtful = DoubtfulSlices(words, tuple(place for place in beside if place in there))
    filled = tuple(_places(there, depth.count, choice))
    return Filled(filled, ", ".join(spelled), (note,), (doubtful,))


def _places(there: dict[int, str], count: int, choice: MissingSlices) -> Iterator[str]:
    before = BLANK
    for place in range(count):
        file = there.get(place, before)
        yield file
        if choice == "previous":
            before = file


def _common(steps: Sequence[Fraction]) -> Fraction:
    below = reduce(lcm, (step.denominator for step in steps))
    return Fraction(reduce(gcd, (int(step * below) for step in steps)), below)


def _spell(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else f"{float(value):g}"


def listed(items: Sequence[str], most: int = NAMED) -> str:
    """Name the first few, and count the others."""
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more
