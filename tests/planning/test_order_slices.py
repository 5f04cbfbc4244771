"""The order of one stack, and which numbers count so."""

import pytest
from wkflow.errors import SourceError
from wkflow.planning.order_slices import Order, order_slices
from wkflow.planning.slice_numbers import columns_of, take_apart


def order_of(*stems: str) -> Order:
    names = [take_apart(f"/d/{stem}.tif", f"{stem}.tif") for stem in stems]
    return order_slices(names, [one for one in columns_of(names) if one.varies])


@pytest.mark.parametrize(
    ("stems", "rows", "labels"),
    [
        (["s10", "s9", "s11"], [1, 0, 2], ["s"]),
        (["z2_a5", "z1_a6"], [1, 0], ["z"]),
        (["w1_s1", "w1_s2", "w2_s3"], [0, 1, 2], ["s"]),
        (["a1_b5", "a2_b9"], [0, 1], ["a", "b"]),
        (["a1_b9", "a2_b5"], [0, 1], []),
        (["w1_s1", "w1_s2", "w2_s1"], [0, 1, 2], []),
        (["one", "two"], [0, 1], []),
    ],
)
def test_what_counts_slices_is_known(stems: list[str], rows: list[int], labels: list[str]) -> None:
    """Numbers of which each is one slice's alone, and which agree with the order."""
    order = order_of(*stems)
    assert order.rows == rows
    assert [column.label for column in order.columns] == labels


def test_numbers_that_repeat_are_refused() -> None:
    """Two slices of one number, and numbers of which each is with each."""
    with pytest.raises(SourceError, match=r"same number: s1\.tif and s01\.tif"):
        order_of("s1", "s01")
    with pytest.raises(SourceError, match="so that slices repeat"):
        order_of("a1_b1", "a1_b2", "a2_b1", "a2_b2")
