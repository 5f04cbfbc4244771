"""Planes as pictures: colours, overlays, and what a browser is given."""

import numpy as np
import pytest
from wkflow.report.display_window import Window
from wkflow.report.pictures import JPEG_QUALITY, data_uri, label_colours, labelled, shown

from tests.report.volumes import picture_of
from tests.runs import noise

WHOLE = Window(0, 255, "")


def test_one_channel_is_grey_or_of_its_colour() -> None:
    """As WEBKNOSSOS shows it: white is the layer's colour."""
    plane = np.array([[[0], [128], [255]]], "uint8")
    assert shown(plane, WHOLE).tolist() == [[[0] * 3, [128] * 3, [255] * 3]]
    assert shown(plane, WHOLE, (255, 100, 0)).tolist() == [[[0] * 3, [128, 50, 0], [255, 100, 0]]]


def test_three_channels_of_bytes_are_a_colour() -> None:
    """Others show their first channel."""
    plane = noise(4, 5, 3)
    assert np.array_equal(shown(plane, WHOLE), plane)
    assert shown(plane, Window(0, 1, "")).min() in {0, 255}
    assert np.array_equal(shown(plane[:, :, :2], WHOLE)[:, :, 1], plane[:, :, 0])


@pytest.mark.parametrize("dtype", ["uint8", "uint32", "uint64", "int32"])
def test_ids_have_colours_of_their_own(dtype: str) -> None:
    """The same whatever else is in the picture; 0 is black, neighbours differ."""
    ids = np.arange(100).astype(dtype)
    colours = label_colours(ids)
    assert colours[0].tolist() == [0, 0, 0]
    assert np.array_equal(label_colours(ids[7:9]), colours[7:9])
    assert colours[1:].max(axis=1).min() > 150
    steps = np.abs(np.diff(colours[1:].astype(int), axis=0)).max(axis=1)
    assert steps.min() > 60


def test_labels_lie_over_an_image() -> None:
    """Where there is none, the image is as it was."""
    plane = np.array([[[0], [5]]], "uint16")
    below = np.full((1, 2, 3), 80, "uint8")
    over, plain = labelled(plane, below), labelled(plane)
    assert plain[0, 1].tolist() == label_colours(np.array(5, "uint16")).tolist()
    assert over[0, 0].tolist() == [80] * 3
    assert np.abs(over[0, 1] - (0.55 * plain[0, 1] + 0.45 * 80)).max() <= 0.5


def test_small_pictures_and_labels_keep_each_value() -> None:
    """They are PNG."""
    small = noise(20, 30, 3)
    assert np.array_equal(picture_of(data_uri(small)), small)
    ids = labelled(noise(300, 300, 1))
    assert np.array_equal(picture_of(data_uri(ids, is_labels=True)), ids)


def test_large_pictures_are_small_files() -> None:
    """They are JPEG, near the values."""
    rows = np.linspace(0, 255, 400).astype("uint8")
    picture = np.broadcast_to(rows[:, None, None], (400, 300, 3))
    uri = data_uri(picture)
    assert uri.startswith("data:image/jpeg")
    assert JPEG_QUALITY < 100
    assert np.abs(picture_of(uri).astype(int) - picture).max() <= 4
    assert len(uri) < picture.size / 10


def test_pictures_are_made_smaller_for_the_strip() -> None:
    """Grey ones by means, labels by picking: no colour between two ids comes up."""
    checks = np.indices((64, 48)).sum(axis=0) % 2
    grey = np.repeat((checks * 200)[:, :, None], 3, axis=2).astype("uint8")
    small = picture_of(data_uri(grey, longest=32))
    assert small.shape == (32, 24, 3)
    assert set(np.unique(small)) == {100}
    picked = picture_of(data_uri(grey, longest=32, is_labels=True))
    assert set(np.unique(picked)) <= {0, 200}
