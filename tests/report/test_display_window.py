"""Which values are shown black and white."""

import numpy as np
import pytest
from wkflow.report.display_window import scaled, window_of

from tests.runs import noise


def test_what_the_dataset_says_comes_first() -> None:
    """The page shows what a viewer will show."""
    window = window_of({"intensityRange": [3, 40.5]}, noise(4, 4, 4))
    assert (window.low, window.high) == (3.0, 40.5)
    assert "intensityRange" in window.origin


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "int16", "float32"])
def test_else_percentiles_are_taken(dtype: str) -> None:
    """As numpy takes them, whose values are among the voxels."""
    volume = noise(40, 41, 42, dtype=dtype)
    window = window_of({}, volume)
    expected = np.percentile(volume, (0.1, 99.9), method="inverted_cdf")
    assert (window.low, window.high) == tuple(expected)
    assert "percentiles 0.1 and 99.9" in window.origin


def test_colours_are_shown_as_they_are() -> None:
    """Each of three channels by itself would change their hues."""
    window = window_of({}, noise(5, 5, 5, 3) // 2)
    assert (window.low, window.high) == (0, 255)


def test_what_is_not_finite_counts_for_nothing() -> None:
    """Else one infinity would make all grey; where there is nothing else, so it is said."""
    volume = np.linspace(0, 1, 1000, dtype="float32").reshape(10, 10, 10, 1)
    volume[0, 0] = np.nan
    volume[0, 1] = np.inf
    window = window_of({}, volume)
    assert 0.0 < window.low < window.high <= 1.0
    assert window_of({}, np.full((2, 2), np.nan)).origin == "there is no finite value"


def test_one_value_among_few_others_is_seen() -> None:
    """Where both percentiles are one value, the extremes are taken."""
    volume = np.zeros((100, 100), "uint16")
    volume[0, 0] = 9
    assert (window_of({}, volume).low, window_of({}, volume).high) == (0.0, 9.0)


def test_the_window_becomes_0_to_255() -> None:
    """Clipped at both ends; NaN is black, and one value makes no error."""
    volume = np.array([-5, 10, 20, 30, np.inf, -np.inf, np.nan], "float32")
    window = window_of({"intensityRange": [10, 30]}, volume)
    assert scaled(volume, window).tolist() == [0, 0, 128, 255, 255, 0, 0]
    assert scaled(volume, window_of({"intensityRange": [7, 7]}, volume)).dtype == np.uint8
