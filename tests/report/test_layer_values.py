"""Where the values that a page tells were counted."""

import numpy as np
import pytest
from wkflow.report.layer_values import LayerValues
from wkflow.voxels.histogram import Histogram
from wkflow.voxels.layer_histogram import LayerHistogram


@pytest.mark.parametrize(
    ("dtype", "words"),
    [
        ("uint8", "of all voxels of mag 2-2-1"),
        ("uint16", "of all voxels of mag 2-2-1"),
        ("float32", "of the voxels in every 4th row of mag 2-2-1"),
    ],
)
def test_what_was_counted_in_passing_is_told(dtype: str, words: str) -> None:
    """In the finest mag, which need not be 1."""
    counted = LayerHistogram(Histogram(dtype), None)
    assert LayerValues.of_slabs(counted, "2-2-1", "why").of == words


def test_what_is_read_is_counted() -> None:
    """All of it."""
    values = LayerValues.of_voxels(np.arange(24, dtype="uint16").reshape(2, 4, 3, 1), "8")
    assert values.of == "of what was read of mag 8"
    assert values.counted.ends == (0, 23)
