"""Arrays of any axes as images."""

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.formats.chunk_grid import Span
from wkflow.model.source import Channel, ImageMetadata
from wkflow.readers.dataset.image import Stored, StoredImage, axes_of, image_of

from tests.readers.contract import read_image

SIZES = {"t": 2, "q": 3, "c": 3, "z": 4, "y": 5, "x": 6}


def image(
    axes: tuple[str, ...], *, is_rgb: bool = False, **further: tuple[Channel, ...]
) -> StoredImage:
    """Make an image whose voxels tell where they are: digits t q c z y x."""
    digits = np.indices([SIZES[axis] for axis in axes])
    weights = [10 ** (5 - list(SIZES).index(axis)) for axis in axes]
    array = sum(digit * weight for digit, weight in zip(digits, weights, strict=True))

    def fetch(spans: tuple[Span, ...]) -> NDArray[Any]:
        return array[tuple(slice(*span) for span in spans)]

    stored = Stored(axes, array.shape, (1,) * array.ndim, array.dtype, fetch, is_rgb=is_rgb)
    return image_of("there", stored, ImageMetadata(**further), ("/doc",))


def expected(axes: tuple[str, ...]) -> NDArray[Any]:
    """Give what the voxels of (t, q, c, z, y, x) are; 0 along what is not there."""
    digits = np.indices([SIZES[axis] if axis in axes else 1 for axis in SIZES])
    return sum(digit * 10 ** (5 - place) for place, digit in enumerate(digits))


@pytest.mark.parametrize(
    "axes",
    [
        *itertools.permutations("zyx"),
        *itertools.permutations("cxyz"),
        ("t", "q", "c", "z", "y", "x"),
        ("x", "c", "t", "y", "q", "z"),
        ("y", "x"),
    ],
)
def test_axes_in_any_order_are_turned(axes: tuple[str, ...]) -> None:
    """Further ones become frames, the first of the array the slowest."""
    found = read_image(image(axes))[..., 0]
    whole = expected(axes)
    further = [axis for axis in axes if axis in "tq"]
    if further == ["t", "q"]:
        assert_array_equal(found, whole.reshape(-1, *whole.shape[2:]))
    else:
        assert_array_equal(found, whole[0])


def test_colours_are_samples() -> None:
    """Where c counts them, wherever it is among the axes."""
    for axes in (("c", "z", "y", "x"), ("y", "x", "c"), ("x", "y", "z", "c")):
        found = read_image(image(axes, is_rgb=True))
        assert_array_equal(found[0, 0], np.moveaxis(expected(axes)[0, 0], 0, -1))


def test_channels_that_are_too_many_or_few_say_nothing() -> None:
    """They might be named wrongly."""
    two = (Channel("a"), Channel("b"))
    assert image(("z", "y", "x"), channels=two).probe.about.channels == ()
    assert image(("z", "y", "x"), channels=two[:1]).probe.about.channels == two[:1]


def test_the_store_is_the_first_of_its_files() -> None:
    """It is what is opened; its documents follow."""
    assert image(("y", "x")).probe.files == ("there", "/doc")


@pytest.mark.parametrize(
    ("names", "count", "axes"),
    [
        (["T", "Channel", "Y", "X"], 4, "tcyx"),
        (["a", "b", "c"], 3, "zyx"),
        (["x", "x", "y"], 3, "zyx"),
        (["y", "x"], 3, "zyx"),
        ([None, "y", "x"], 3, None),
        (None, 5, "tczyx"),
    ],
)
def test_names_that_make_no_sense_are_guessed(names: object, count: int, axes: str | None) -> None:
    """Without x and y, or with one of them twice."""
    assert axes_of(names, count, "") == (tuple(axes) if axes else ("none", "y", "x"))


def test_six_axes_without_names_are_refused() -> None:
    """So is one."""
    for count in (1, 6):
        with pytest.raises(SourceError, match=f"{count} axes"):
            axes_of(None, count, "there")
