"""Gaps and steps of the numbers of slices, and what stands in the places of missing ones."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.errors import SourceError
from wkflow.planning.missing_slices import (
    Depth,
    MissingSlices,
    depth_of,
    fill,
    listed,
    spacing_notes,
)
from wkflow.planning.slice_numbers import Column


def column(numbers: str, label: str = "z", *, is_clock: bool = False) -> Column:
    texts = tuple(numbers.split())
    values = tuple(Fraction(int(t, 16) if "x" in t else t) for t in texts)
    return Column(label, values, texts, is_clock)


def filled(numbers: str, choice: MissingSlices = "keep") -> tuple[str, str, list[str]]:
    """Fill a stack whose files are called like their numbers; give files, missing and notes."""
    one = column(numbers)
    found = fill(one.texts, one, depth_of([one]), choice, "/d")
    return " ".join(file or "_" for file in found.files), found.missing, list(found.notes)


@pytest.mark.parametrize(
    ("numbers", "files", "missing"),
    [
        ("1 2 3", "1 2 3", ""),
        ("7", "7", ""),
        ("1 3", "1 _ 3", "2"),
        ("1 5 6", "1 _ _ _ 5 6", "2 to 4"),
        ("1 3 5 7", "1 3 5 7", ""),
        ("10 20", "10 20", ""),
        ("0010 0020 0040", "0010 0020 _ 0040", "30"),
        ("15 20", "15 _ _ _ _ 20", "16 to 19"),
        ("0 5 10 20", "0 5 10 _ 20", "15"),
        ("-2 0 1", "-2 _ 0 1", "-1"),
        ("1 3 4 6 8 10", "1 _ 3 4 _ 6 _ 8 _ 10", "2, 5, 7, 9"),
        ("1.5 2.0 3.5", "1.5 2.0 3.5", ""),
        ("0x9 0xA 0x10", "0x9 0xA 0x10", ""),
    ],
)
def test_places_of_missing_slices_stay(numbers: str, files: str, missing: str) -> None:
    """A step is no gap, nor is a fraction; all numbers that are missing are known."""
    assert filled(numbers)[:2] == (files, missing)


def test_times_count_no_slices() -> None:
    """Two pictures on one day, none on the next."""
    assert depth_of([column("20240105 20240107", is_clock=True)]) is None
    for times in (
        "20240105 20240107",
        "202401052359 202401060001",
        "20240105235959 20240106000000",
    ):
        assert depth_of([column(times)]) is None
    assert depth_of([column("20240105 20241307")]) is not None
    assert depth_of([]) is None


@pytest.mark.parametrize(
    ("choice", "files", "words"),
    [
        ("keep", "1 _ _ 4 5", ": their places stay blank"),
        ("previous", "1 1 1 4 5", ": the slice before stands in their places"),
        ("close", "1 4 5", ""),
    ],
)
def test_the_option_says_what_stands_there(choice: MissingSlices, files: str, words: str) -> None:
    """And a note says it."""
    note = f"numbers missing between slices: 2 to 3{words}"
    assert filled("1 4 5", choice)[::2] == (files, [note])


def test_gaps_are_refused_on_request() -> None:
    """Named, with the other ways."""
    with pytest.raises(SourceError, match=r"(?m)between slices: 2 to 3, 6$") as caught:
        filled("1 4 5 7", "refuse")
    assert caught.value.where == "/d"
    assert "--missing-slices keep" in caught.value.remedy


@pytest.mark.parametrize("choice", ["keep", "previous"])
def test_a_slip_in_a_name_makes_no_terabyte(choice: MissingSlices) -> None:
    """More than are there, and more than a few, are refused before a list is made of them."""
    numbers = " ".join(map(str, [*range(1, 31), 10**15]))
    with pytest.raises(SourceError, match="of 1000000000000000 numbers of slices") as caught:
        filled(numbers, choice)
    assert "Correct the names" in caught.value.remedy
    assert "--missing-slices close" in caught.value.remedy
    assert filled(numbers, "close")[0] == numbers
    assert filled("1 12")[1] == "2 to 11"
    with pytest.raises(SourceError, match="11 of 13"):
        filled("1 13")


def test_channels_have_one_depth() -> None:
    """One that begins later, or ends earlier, has blank places there."""
    depth = depth_of([column("2 3 5"), column("1 2")])
    assert depth == Depth(Fraction(1), Fraction(1), 5)
    one = column("2 3")
    assert fill(one.texts, one, depth, "keep", "/d").files == ("", "2", "3", "", "")
    assert fill(one.texts, one, depth, "previous", "/d").files == ("", "2", "3", "3", "3")


@given(st.sets(st.integers(-50, 50), min_size=1, max_size=40), st.sampled_from([1, 2, 5, 10]))
def test_each_slice_lies_where_its_number_says(numbers: set[int], step: int) -> None:
    """Against the plain way: a list of all numbers from the first to the last."""
    there = [number * step for number in sorted(numbers)]
    one = column(" ".join(map(str, there)))
    depth = depth_of([one])
    assert depth is not None
    wanted = range(there[0], there[-1] + 1, int(depth.step))
    try:
        files = fill(one.texts, one, depth, "keep", "/d").files
    except SourceError:
        assert len(wanted) > 2 * len(there)
        return
    assert files == tuple(str(number) if number in there else "" for number in wanted)


@pytest.mark.parametrize(
    ("numbers", "notes"),
    [
        ("1 2 4", []),
        ("1 3 5 7", ["numbers of slices go in steps of 2"]),
        ("0 10", ["numbers of slices go in steps of 10"]),
        ("1.5 2.0 3.5", ["numbers are not evenly spaced: 1.5, 2.0, 3.5"]),
        ("1.5 2.0 2.5", []),
    ],
)
def test_odd_spacing_is_told(numbers: str, notes: list[str]) -> None:
    """A step is no gap."""
    assert spacing_notes(column(numbers)) == notes


@pytest.mark.parametrize(
    ("numbers", "choice", "places"),
    [
        ("1 2 3", "keep", None),
        ("1 3", "keep", (0, 2)),
        ("1 3", "close", (0, 1)),
        ("0 5 6 8", "previous", (0, 5, 6, 8)),
        ("0 5 6 8", "close", (0, 1, 2, 3)),
        ("0 5 10 20", "keep", (2, 4)),
    ],
)
def test_slices_beside_gaps_are_found(
    numbers: str, choice: MissingSlices, places: tuple[int, ...] | None
) -> None:
    """By their places in the dataset, for those who look at them."""
    files = numbers.split()
    one = column(numbers)
    found = fill(files, one, depth_of([one]), choice, "em")
    assert [doubt.places for doubt in found.doubtful] == ([places] if places else [])
    for doubt in found.doubtful:
        assert all(found.files[place] in files for place in doubt.places)


def test_a_few_are_named() -> None:
    """The others are counted."""
    assert listed(["a", "b", "c"]) == "a, b, c"
    assert listed(list("abcde")) == "a, b, c and 2 more"
