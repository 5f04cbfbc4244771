"""The values of a whole layer."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from wkflow.model.receipt import Receipt
from wkflow.run_folder import histogram_path, layer_histogram_path
from wkflow.voxels.histogram import Histogram
from wkflow.voxels.layer_histogram import LOST, add_slabs, count_voxels, keep_sum

from tests.strategies import small_layer_plan
from tests.voxels.test_choose_intensity_range import slabs

ONE = small_layer_plan()
PARTS = (np.arange(90, dtype=np.uint8), np.full(7, 200, np.uint8))


def counts_of(read: dict[str, Receipt]) -> list[int]:
    """Give the counts of all values."""
    histogram = add_slabs(ONE, read).histogram
    assert histogram
    return histogram.counts.tolist()


def test_slabs_are_added_up(tmp_path: Path) -> None:
    """Between the smallest and the largest value of all."""
    read = slabs(tmp_path, *PARTS)
    assert add_slabs(ONE, read).ends == (0, 200)
    assert counts_of(read) == np.bincount(np.concatenate(PARTS), minlength=256).tolist()


def test_the_sum_is_read_in_place_of_its_parts(tmp_path: Path) -> None:
    """So many slabs are read once in a run; the sum of others, or a damaged one, is none."""
    read = slabs(tmp_path, *PARTS)
    keep_sum(add_slabs(ONE, read), read)
    expected = counts_of(read)
    for path in read:
        histogram_path(path).unlink()
    assert counts_of(read) == expected
    first = next(iter(read))
    other = read | {first: replace(read[first], histogram="00000000")}
    assert add_slabs(ONE, other).reason == LOST
    kept = layer_histogram_path(first)
    kept.write_bytes(kept.read_bytes()[:-40])
    assert add_slabs(ONE, read).lost == tuple(read)


def test_of_one_slab_nothing_more_is_kept(tmp_path: Path) -> None:
    """Its own file is the sum."""
    read = slabs(tmp_path, PARTS[0])
    keep_sum(add_slabs(ONE, read), read)
    assert not layer_histogram_path(next(iter(read))).exists()


@pytest.mark.parametrize("dtype", ["uint16", "float32", "float64", "uint64"])
def test_voxels_at_hand_are_all_counted(dtype: str) -> None:
    """In all rows, whatever their type: datasets of others have more than we write."""
    volume = np.random.default_rng(1).integers(1, 9, (3, 5, 7, 2)).astype(dtype)
    found = count_voxels(volume)
    assert found.histogram
    least, _, counts = found.histogram.bins()
    assert_array_equal(least, np.unique(volume))
    assert counts.sum() == volume.size
    assert found.ends == (1, 8)


def test_where_nothing_is_finite_there_are_no_ends() -> None:
    """And no counts."""
    found = count_voxels(np.full((1, 2, 2, 1), np.nan, "float32"))
    assert (found.ends, found.histogram and found.histogram.counts.sum()) == (None, 0)


def test_a_sum_is_no_slab(tmp_path: Path) -> None:
    """It says of what it is, and is not taken for another file."""
    histogram = Histogram("uint8")
    crc = histogram.write(tmp_path / "all.npz", "parts")
    assert Histogram.read(tmp_path / "all.npz", "uint8", crc) is None
    assert Histogram.read_sum(tmp_path / "all.npz", "uint8", "parts") is not None
    assert Histogram.read_sum(tmp_path / "all.npz", "uint8", "others") is None
