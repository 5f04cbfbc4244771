"""What slices should be, and which are not so."""

import pytest
from wkflow.errors import SourceError
from wkflow.model.source import Header
from wkflow.planning.compare_slices import misfits, padded_slices, require_sound, stack_header
from wkflow.planning.find_layers import ImageFolder

USUAL, LARGE = Header(9, 8, 1, 1, "uint8"), Header(20, 8, 1, 1, "uint8")
HEADERS: dict[str, Header | SourceError] = {
    "/d/1": LARGE, "/d/2": USUAL, "/d/3": USUAL, "/d/10": SourceError("is empty", "/d/10", "x"),
}  # fmt: skip
FOUND = ImageFolder("em", tuple(HEADERS), ((1, 1),) * 4, ("1", "2", "3", "10"))


def test_most_slices_say_what_all_should_be() -> None:
    """Though the first is another one; those that may be padded fit."""
    (fault,) = misfits(FOUND, HEADERS, pad=False)
    assert (fault.where, fault.what) == ("/d/1", "is 20 x 8 uint8, expected 9 x 8 uint8")
    assert not list(misfits(FOUND, HEADERS, pad=True))
    other = HEADERS | {"/d/1": Header(9, 8, 1, 1, "uint16")}
    assert [one.where for one in misfits(FOUND, other, pad=True)] == ["/d/1"]


def test_padding_takes_the_largest() -> None:
    """Of what could be read."""
    assert stack_header(FOUND, HEADERS, USUAL, pad=True) == LARGE
    assert stack_header(FOUND, HEADERS, USUAL, pad=False) == USUAL


def test_padded_slices_are_found() -> None:
    """Those that are smaller than the layer, by their places."""
    (found,) = padded_slices(FOUND, HEADERS, LARGE)
    assert found.places == (1, 2)
    assert padded_slices(FOUND, {"/d/1": LARGE}, LARGE) == ()


def test_all_is_told_in_order() -> None:
    """Whether it is no image, or unlike the others."""
    faults = list(misfits(FOUND, HEADERS, pad=False))
    with pytest.raises(SourceError, match=r"1: is 20 .*; 10: is empty"):
        require_sound(FOUND, HEADERS, faults)
    require_sound(FOUND, {"/d/1": USUAL})
