"""How parts of a source are spelled."""

from typing import Any

import pytest
from wkflow.errors import ConfigError
from wkflow.model.box import Box
from wkflow.options.settings import Settings


def settings(**options: Any) -> Settings:  # noqa: ANN401 -- what people write
    return Settings.parse({"source": "/em", "target": "/out"} | options, where="test")


@pytest.mark.parametrize(
    "given",
    ["1,2,3,40,50,60", " 1, 2,3 ,40,50, 60", [1, 2, 3, 40, 50, 60], (1, 2, 3, 40, 50, 60.0)],
)
def test_a_box_is_six_numbers(given: object) -> None:
    """As text, as WEBKNOSSOS shows it, or as a list."""
    found = settings(bounding_box=given)
    assert found.selected_box == Box((1, 2, 3), (41, 52, 63))
    assert found.has_selection
    assert found.to_dict()["bounding_box"] == [1, 2, 3, 40, 50, 60]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("1,2,3,4", "has 4 numbers, and must be six whole numbers x,y,z,sx,sy,sz"),
        ("1,2,3,4,5,6,7", "has 7 numbers"),
        ("1,2,3,4,5,a", "must be six whole numbers"),
        ("1,2,3,4,5,6.5", "must be six whole numbers"),
        (7, "must be six whole numbers"),
        ("0,0,0,10,0,10", "has a size of 0 along y; it must be at least 1"),
        ("0,0,0,10,10,-5", "has a size of -5 along z"),
        ("0,-1,0,10,10,10", "begins at -1 along y; voxels are counted from 0"),
        ("0,0,2147483647,10,10,10", "along z; WEBKNOSSOS counts to 2147483647"),
    ],
)
def test_what_is_no_box_is_told(given: object, words: str) -> None:
    """With what is wrong of it."""
    with pytest.raises(ConfigError, match="bounding_box: ") as fault:
        settings(bounding_box=given)
    assert words in str(fault.value)


@pytest.mark.parametrize(
    ("given", "kept", "some"),
    [
        ("100:2000:2", "100:2000:2", range(100, 2000, 2)),
        ("100:2000", "100:2000", range(100, 2000)),
        (":7", "0:7", range(7)),
        ("5:", "5:", range(5, 2**31 - 1)),
        ("::4", "0::4", range(0, 2**31 - 1, 4)),
        ("3 : 9 : 1", "3:9", range(3, 9)),
        ([100, 2000, 2], "100:2000:2", range(100, 2000, 2)),
        ([3, None], "3:", range(3, 2**31 - 1)),
    ],
)
def test_slices_are_spelled_as_python_does(given: object, kept: str, some: range) -> None:
    """Without an end they go to the last one."""
    found = settings(slices=given)
    assert (found.slices, found.selected_slices) == (kept, some)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("7", "must be START:STOP or START:STOP:STEP, such as 100:2000:2"),
        (650, "in YAML with quotes"),
        ("-5:", "counted from 0"),
        ("1:2:3:4", "must be START:STOP"),
        ("5:5", "ends at 5, which is not behind its start, 5"),
        ("9:5", "ends at 5, which is not behind its start, 9"),
        ("0:10:0", "has a step of 0; it must be at least 1"),
        ("0:10:20", "has a step of 20, beyond its 10 slices"),
    ],
)
def test_what_are_no_slices_is_told(given: object, words: str) -> None:
    """YAML takes 10:50 for a number to the base of 60."""
    with pytest.raises(ConfigError, match="slices: ") as fault:
        settings(slices=given)
    assert words in str(fault.value)


def test_both_together_are_what_lies_in_both() -> None:
    """A step counts from the start of the slices, not from that of the box."""
    found = settings(bounding_box="0,0,12,9,9,20", slices="5:30:4")
    assert found.selected_slices == range(13, 30, 4)
    assert not settings(bounding_box="0,0,40,9,9,9", slices=":30").selected_slices


def test_a_dataset_that_exists_has_no_source() -> None:
    """Its magnifications are of all its slices; a box of them may have been changed."""
    with pytest.raises(ConfigError, match="slices does not go with the command downsample"):
        Settings.parse({"command": "downsample", "target": "/em", "slices": "0:9"}, where="test")


@pytest.mark.parametrize(
    ("given", "kept", "axes"),
    [("x", "x", {0}), ("z,x", "x,z", {0, 2}), ("zyx", "x,y,z", {0, 1, 2}), (["y"], "y", {1})],
)
def test_axes_are_named_in_any_spelling(given: object, kept: str, axes: set[int]) -> None:
    """Their order does not count."""
    assert (settings(flip=given).flip, settings(flip=given).mirrored_axes) == (kept, axes)


@pytest.mark.parametrize("given", ["zyx", "z,y,x", "Z Y X", ["z", "y", "x"]])
def test_an_order_of_axes_has_all_three(given: object) -> None:
    """It says which axis of the source becomes x, which y, which z."""
    assert (settings(transpose=given).transpose, settings(transpose="yzx").axis_order) == (
        "zyx", (1, 2, 0),
    )  # fmt: skip
    assert settings().axis_order == (0, 1, 2)


@pytest.mark.parametrize(
    ("option", "given", "words"),
    [
        ("flip", "w", "must be one or some of x,y,z"),
        ("flip", "x,x", "must be one or some of x,y,z"),
        ("flip", "", "must be one or some of x,y,z"),
        ("transpose", "zy", "must hold each of x,y,z once"),
        ("transpose", "zyy", "must hold each of x,y,z once"),
        ("transpose", 210, "must hold each of x,y,z once"),
    ],
)
def test_what_are_no_axes_is_told(option: str, given: object, words: str) -> None:
    """With what there is."""
    with pytest.raises(ConfigError, match=f"{option}: ") as fault:
        settings(**{option: given})
    assert words in str(fault.value)
