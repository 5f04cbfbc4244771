"""Gaps, repeats and steps of the numbers of slices."""

from fractions import Fraction

import pytest
from wkflow.planning.missing_slices import gaps_and_repeats, listed
from wkflow.planning.slice_numbers import Column


@pytest.mark.parametrize(
    ("numbers", "notes"),
    [
        ("1 2 3", []),
        ("7", []),
        ("1 3", ["numbers missing between slices: 2"]),
        ("1 5 6", ["numbers missing between slices: 2 to 4"]),
        ("1 3 5 7", ["numbers of slices go in steps of 2"]),
        (
            "0 5 10 20",
            ["numbers missing between slices: 15", "numbers of slices go in steps of 5"],
        ),
        ("1 3 4 6 8 10", ["numbers missing between slices: 2, 5, 7 and 1 more"]),
        ("1.5 2.0 3.5", ["numbers are not evenly spaced: 1.5, 2.0, 3.5"]),
        ("1.5 2.0 2.5", []),
        ("7 7 8", ["numbers that several slices have: 7"]),
    ],
)
def test_what_is_missing_is_told(numbers: str, notes: list[str]) -> None:
    """A missing slice shifts all that follow; a step is none."""
    texts = tuple(numbers.split())
    column = Column("z", tuple(Fraction(text) for text in texts), texts)
    assert gaps_and_repeats(column) == notes


def test_a_few_are_named() -> None:
    """The others are counted."""
    assert listed(["a", "b", "c"]) == "a, b, c"
    assert listed(list("abcde")) == "a, b, c and 2 more"
