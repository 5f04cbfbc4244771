"""Bars of values, and their drawing."""

import re

import numpy as np
import pytest
from numpy.typing import NDArray
from wkflow.report.display_window import Window
from wkflow.report.histogram import HEIGHT, WIDTH, Bars, bars_of, draw
from wkflow.voxels.layer_histogram import count_voxels

from tests.runs import noise


def bars(values: NDArray[np.generic]) -> Bars:
    """Make the bars of some values."""
    counted = count_voxels(values.reshape(1, 1, -1, 1))
    assert counted.histogram
    return bars_of(counted.histogram, counted.ends)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16"])
def test_every_voxel_is_counted_once(dtype: str) -> None:
    """As numpy counts them between the same edges."""
    volume = noise(20, 30, 10, 1, dtype=dtype)
    found = bars(volume)
    assert found.counts.sum() == volume.size
    assert np.array_equal(found.counts, np.histogram(volume, found.edges)[0])


@pytest.mark.parametrize("dtype", ["uint32", "float32"])
def test_of_long_types_hardly_one_is_counted_next_door(dtype: str) -> None:
    """Where a bin of several values lies across an edge."""
    volume = noise(20, 30, 10, 1, dtype=dtype)
    found = bars(volume)
    assert found.counts.sum() == volume.size
    expected = np.histogram(volume.astype(float), found.edges)[0]
    assert np.abs(found.counts - expected).max() <= max(3, volume.size / 1000)


def test_a_narrow_range_of_floats_is_no_comb() -> None:
    """Values from 10000 to 10010 fill all bars alike."""
    values = np.linspace(10_000, 10_010, 128_000, dtype="float32")
    assert np.abs(bars(values).counts - 1000).max() <= 10


def test_of_few_values_each_has_a_bar() -> None:
    """Also where there is only one, or none that is finite."""
    few = bars(np.array([3, 3, 5], "uint16"))
    assert (few.counts.tolist(), few.edges.tolist()) == ([2, 0, 1], [3, 4, 5, 6])
    assert bars(np.array([0.5, 0.5], "float32")).counts.sum() == 2
    assert bars(np.array([np.nan], "float32")).counts.tolist() == [0]


def test_saturated_voxels_are_counted() -> None:
    """Those that have the least and the greatest value of their type."""
    found = bars(np.array([0, 0, 7, 255], "uint8"))
    assert (found.at_lowest, found.at_highest) == (0.5, 0.25)
    assert bars(np.array([5, 2**32 - 1], "uint32")).at_highest == 0.5
    assert bars(np.array([1, 2], "float32")).at_highest == 0.0


def test_the_drawing_fills_its_frame() -> None:
    """The highest bar is as high as the frame; the window is where its values are."""
    drawing = draw(bars(np.arange(256, dtype="uint8")), Window(64, 191, ""))
    assert (drawing.first, drawing.last) == (0, 255)
    assert (drawing.low, drawing.high) == (WIDTH / 4, WIDTH * 3 / 4)
    tops = [float(top) for top in re.findall(r"V([\d.]+)H", drawing.path)]
    assert (min(tops), max(tops)) == (0.0, 0.0)
    assert drawing.path.endswith(f"H{WIDTH:g}V{HEIGHT:g}Z")


def test_a_window_beyond_all_values_ends_at_the_frame() -> None:
    """A dataset may say any."""
    drawing = draw(bars(np.array([10, 20], "uint16")), Window(0, 65535, ""))
    assert (drawing.low, drawing.high) == (0.0, WIDTH)
