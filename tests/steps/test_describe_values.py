"""What became of values, in numbers and in words."""

from dataclasses import replace

import pytest
from wkflow.model.receipt import Receipt
from wkflow.model.value_map import MappedValues, ValueMap
from wkflow.steps.describe_values import values_row, values_words

from tests.strategies import small_layer_plan

PLAIN = small_layer_plan((10, 10, 10))
SLABS = [
    Receipt("convert_slab", mapped=MappedValues((3, 90.5), 10, 0, 0, "asked for")),
    Receipt("convert_slab", mapped=MappedValues((3, 90.5), 5, 0, 20, "asked for")),
]


def test_slabs_are_added_up() -> None:
    """Of a window, with the reason for it."""
    row = values_row(replace(PLAIN, values=ValueMap((3, 90.5))), SLABS)
    assert row["values"] == {
        "inverted": False, "window": (3, 90.5), "window_evidence": "asked for",
        "clipped_below": 15, "clipped_above": 0, "nan": 20,
    }  # fmt: skip


@pytest.mark.parametrize(("invert", "ends"), [(False, "0 to 255"), (True, "255 to 0")])
def test_words_say_the_same(invert: bool, ends: str) -> None:  # noqa: FBT001 -- a parameter
    """On the page and in the notes."""
    one = replace(PLAIN, values=ValueMap((3, 90.5), invert=invert))
    assert values_words(one, values_row(one, SLABS)) == (
        f"values 3 to 90.5 became {ends} (asked for); of all samples "
        "15 (1.5 %) below and none above were clipped, 20 (2 %) are no numbers"
    )


def test_inverted_alone_nothing_is_clipped() -> None:
    """So nothing is counted."""
    one = replace(PLAIN, values=ValueMap(invert=True))
    row = values_row(one, [Receipt("convert_slab", mapped=MappedValues())])
    assert row == {"values": {"inverted": True}}
    assert values_words(one, row) == "values are inverted"


def test_of_values_that_stay_nothing_is_said() -> None:
    """The report is that of before."""
    assert values_row(PLAIN, [Receipt("convert_slab")]) == {}
    assert values_words(PLAIN, {}) == ""
