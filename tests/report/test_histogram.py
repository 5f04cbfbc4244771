"""Counts of values, and their drawing."""

import re

import numpy as np
import pytest
from wkflow.report.display_window import Window
from wkflow.report.histogram import HEIGHT, WIDTH, draw, histogram_of

from tests.runs import noise


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "uint32", "float32"])
def test_every_voxel_is_counted_once(dtype: str) -> None:
    """As numpy counts them between the same edges."""
    volume = noise(20, 30, 10, 1, dtype=dtype)
    found = histogram_of(volume)
    assert found.counts.sum() == volume.size
    assert np.array_equal(found.counts, np.histogram(volume, found.edges)[0])


def test_of_few_values_each_has_a_bar() -> None:
    """Also where there is only one, or none that is finite."""
    few = histogram_of(np.array([3, 3, 5], "uint16"))
    assert (few.counts.tolist(), few.edges.tolist()) == ([2, 0, 1], [3, 4, 5, 6])
    assert histogram_of(np.array([0.5, 0.5], "float32")).counts.sum() == 2
    assert histogram_of(np.array([np.nan], "float32")).counts.tolist() == [0]


def test_saturated_voxels_are_counted() -> None:
    """Those that have the least and the greatest value of their type."""
    found = histogram_of(np.array([0, 0, 7, 255], "uint8"))
    assert (found.at_lowest, found.at_highest) == (0.5, 0.25)
    assert histogram_of(np.array([1, 2], "float32")).at_highest == 0.0


def test_the_drawing_fills_its_frame() -> None:
    """The highest bar is as high as the frame; the window is where its values are."""
    drawing = draw(histogram_of(np.arange(256, dtype="uint8")), Window(64, 191, ""))
    assert (drawing.first, drawing.last) == (0, 255)
    assert (drawing.low, drawing.high) == (WIDTH / 4, WIDTH * 3 / 4)
    tops = [float(top) for top in re.findall(r"V([\d.]+)H", drawing.path)]
    assert (min(tops), max(tops)) == (0.0, 0.0)
    assert drawing.path.endswith(f"H{WIDTH:g}V{HEIGHT:g}Z")


def test_a_window_beyond_all_values_ends_at_the_frame() -> None:
    """A dataset may say any."""
    drawing = draw(histogram_of(np.array([10, 20], "uint16")), Window(0, 65535, ""))
    assert (drawing.low, drawing.high) == (0.0, WIDTH)
