"""Numbers and channel words of names."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.planning.slice_numbers import columns_of, in_hexadecimal, take_apart


@given(st.lists(st.text(st.characters(exclude_characters="/\0"), min_size=1), min_size=1))
def test_any_name_is_taken_apart(names: list[str]) -> None:
    """Whatever people call their files."""
    for name in names:
        assert len(take_apart(name, name).labels) == len(take_apart(name, name).items)
        columns_of([take_apart(name, name)])
    in_hexadecimal(names)


@pytest.mark.parametrize(
    ("name", "labels", "values"),
    [
        ("Pos1_z02_ch00.tif", ["pos", "z", "ch"], [1, 2, 0]),
        ("T76S3F00001.png", ["t", "s", "f"], [76, 3, 1]),
        ("x_w1DAPI_s2.tif", ["w", "", "s"], [1, "dapi", 2]),
        ("infrared_blueish_2.tif", ["blueish"], [2]),
        ("v1.2.3.tif", ["v", "", ""], [1, 2, 3]),
        ("z1.50um.tif", ["z"], [Fraction(3, 2)]),
        ("a_1.5e-03.tif", ["a"], [Fraction(15, 10000)]),
        ("0x1F.tif", [""], [31]),
        ("em 2024-01-05.ome.tif", ["em"], [20240105]),
    ],
)
def test_a_name_says_what_it_counts(name: str, labels: list[str], values: list[object]) -> None:
    """By the letters before each number."""
    columns = columns_of([take_apart(name, name)])
    assert [column.label for column in columns] == labels
    assert [column.values[0] for column in columns] == values
