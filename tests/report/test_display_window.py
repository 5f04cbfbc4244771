"""Which values are shown black and white."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from wkflow.report.display_window import Window, scaled, window_of
from wkflow.report.layer_values import LayerValues

from tests.runs import noise


def window(volume: NDArray[Any], view: dict[str, Any] | None = None) -> Window:
    """Give the window of a volume (z, y, x, c), or of values."""
    voxels = volume.reshape(-1, *((1, 1, 1) if volume.ndim < 4 else volume.shape[1:]))
    return window_of(view or {}, LayerValues.of_voxels(voxels, "4-4-1"), voxels.shape[-1])


def test_what_the_dataset_says_comes_first() -> None:
    """The page shows what a viewer will show."""
    found = window(noise(4, 4, 4), {"intensityRange": [3, 40.5]})
    assert (found.low, found.high) == (3.0, 40.5)
    assert "intensityRange" in found.origin


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_else_percentiles_are_taken(dtype: str) -> None:
    """As numpy takes them, by the rule of conversions: padding is left out."""
    volume = noise(40, 41, 42, dtype=dtype) // 2 + 1
    found = window(np.append(volume, np.zeros(volume.size, dtype)))
    expected = np.percentile(volume, (0.1, 99.9), method="inverted_cdf")
    assert (found.low, found.high) == pytest.approx(tuple(expected), rel=1e-3)
    assert found.origin == "percentiles 0.1 and 99.9 of 137760 voxels without 0 (50%)"


def test_colours_are_shown_as_they_are() -> None:
    """Each of three channels by itself would change their hues."""
    found = window(noise(5, 5, 5, 3) // 2)
    assert (found.low, found.high) == (0, 255)


def test_what_is_not_finite_counts_for_nothing() -> None:
    """Else one infinity would make all grey; where there is nothing else, so it is said."""
    volume = np.linspace(0, 1, 1000, dtype="float32").reshape(10, 10, 10, 1)
    volume[0, 0] = np.nan
    volume[0, 1] = np.inf
    found = window(volume)
    assert 0.0 < found.low < found.high <= 1.0
    assert window(np.full((2, 2), np.nan, "float32")).origin == "there is no finite value"


def test_one_value_among_few_others_is_seen() -> None:
    """Where both percentiles are one value, the extremes are taken."""
    volume = np.zeros((100, 100), "uint16")
    volume[0, 0] = 9
    assert (window(volume).low, window(volume).high) == (0.0, 9.0)


def test_the_window_becomes_0_to_255() -> None:
    """Clipped at both ends; NaN is black, and one value makes no error."""
    volume = np.array([-5, 10, 20, 30, np.inf, -np.inf, np.nan], "float32")
    found = window(volume, {"intensityRange": [10, 30]})
    assert scaled(volume, found).tolist() == [0, 0, 128, 255, 255, 0, 0]
    assert scaled(volume, window(volume, {"intensityRange": [7, 7]})).dtype == np.uint8
