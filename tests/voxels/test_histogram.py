"""Counts are those of numpy, however the voxels come."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.model.box import Box
from wkflow.model.layer import COLOR_DTYPES
from wkflow.voxels.histogram import Histogram

from tests.strategies import small_layer_plan

Volume = NDArray[np.generic]

FIRST, STEP = 3, 4
"""The layer's first row, in the dataset, and the step from one row that is counted to the next."""


def noise(dtype: str, *shape: int) -> Volume:
    """Make voxels (z, y, x, c) of all bit patterns, but for NaN and infinity."""
    volume = np.random.default_rng(5).integers(0, 256, (*shape, np.dtype(dtype).itemsize), np.uint8)
    voxels = volume.view(dtype)[..., 0]
    return np.where(np.isfinite(voxels), voxels, 1).astype(dtype)


def counted(volume: Volume, cuts: list[int], row_step: int = STEP) -> Histogram:
    """Count a volume in parts cut along y, each of them a view that is not contiguous."""
    histogram = Histogram(str(volume.dtype), row_step, FIRST)

    def region(box: Box) -> Volume:
        return volume[:, box.begin[1] - FIRST : box.end[1] - FIRST].T

    watched = histogram.watching(region)
    for begin, end in pairwise([0, *cuts, volume.shape[1]]):
        if begin < end:
            depth, _, width, _ = volume.shape
            found = watched(Box((0, begin + FIRST, 0), (width, end + FIRST, depth)))
            assert_array_equal(found, volume[:, begin:end].T)
    return histogram


@pytest.mark.parametrize("dtype", sorted(COLOR_DTYPES))
@given(
    cuts=st.lists(st.integers(0, 19), max_size=4).map(sorted),
    channels=st.sampled_from([1, 3]),
    row_step=st.sampled_from([1, STEP]),
)
def test_counts_are_independent_of_the_cut(
    dtype: str, cuts: list[int], channels: int, row_step: int
) -> None:
    """All voxels, or those of some rows, from the layer's first one on."""
    volume = noise(dtype, 3, 19, 7, channels)
    values = np.sort(volume[:, ::row_step].astype(np.float64), axis=None)
    least, largest, counts = counted(volume, cuts, row_step).bins()
    assert (np.diff(least) > 0).all()
    assert counts.sum() == values.size
    room = (2.0**-23 if dtype in {"uint32", "int32"} else 0) * np.abs(values)  # as float32
    assert (np.repeat(least, counts) <= values + room).all()
    assert (values - room <= np.repeat(largest, counts)).all()
    if np.dtype(dtype).itemsize < 4:
        expected = np.unique(values, return_counts=True)
        assert_array_equal(least, expected[0])
        assert_array_equal(counts, expected[1])


@pytest.mark.parametrize(
    ("height", "row_step"), [(1, 1), (255, 1), (256, 2), (1024, 8), (2048, 16), (10**5, 16)]
)
def test_large_slices_are_counted_in_part(height: int, row_step: int) -> None:
    """By their height alone: however many slices there are or will be, rows are the same."""
    for depth in (1, 100):
        assert Histogram.of(small_layer_plan((70, height, depth))).row_step == row_step


def test_bins_of_floats_are_narrow() -> None:
    """None is wider than 1/128 of its smallest magnitude; zero and both signs have their own."""
    histogram = Histogram("float32")
    values = np.array([-1000, -1.5, -1e-3, 0, 0.25, 1, 1.25, 70000], np.float32)
    histogram.include(values.reshape(1, 1, -1, 1))
    least, largest, counts = histogram.bins()
    assert counts.tolist() == [1] * 8
    smallest = np.minimum(np.abs(least), np.abs(largest))
    assert (largest - least <= smallest / 128 + 1e-40).all()


def test_what_is_not_finite_is_not_counted() -> None:
    """NaN of either sign, and infinity, are no values."""
    histogram = Histogram("float32")
    samples = np.array([np.nan, -np.nan, np.inf, -np.inf, 3], np.float32)
    histogram.include(samples.reshape(1, 1, -1, 1))
    least, _, counts = histogram.bins()
    assert (least.tolist(), counts.tolist()) == ([3.0], [1])


def test_threads_may_share_it() -> None:
    """No voxel is lost."""
    histogram, volume = Histogram("uint16"), noise("uint16", 2, 4, 50, 1)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(histogram.include, [volume] * 200))
    assert histogram.counts.sum() == 200 * volume.size


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, str, Histogram]:
    histogram = Histogram("int16", STEP)
    histogram.include(noise("int16", 2, 9, 30, 1))
    return tmp_path / "em" / "z0.npz", histogram.write(tmp_path / "em" / "z0.npz"), histogram


def test_what_is_added_is_what_was_written(written: tuple[Path, str, Histogram]) -> None:
    """Numpy alone can read it, too; the same counts make the same bytes."""
    path, crc, histogram = written
    found = Histogram("int16", STEP)
    assert found.add(path, crc)
    assert_array_equal(found.counts, histogram.counts, strict=True)
    with np.load(path) as archive:
        assert_array_equal(archive["counts"], histogram.counts)
    assert histogram.write(path) == crc


def test_what_does_not_belong_together_is_not_added(written: tuple[Path, str, Histogram]) -> None:
    """A file that is missing or damaged, and one of another dtype or of other rows."""
    path, crc, _ = written
    found = Histogram("int16", STEP)
    assert not found.add(path.with_name("z1.npz"), crc)
    assert not found.add(path, "")
    assert not Histogram("uint16", STEP).add(path, crc)
    assert not Histogram("int16").add(path, crc)
    path.write_bytes(path.read_bytes()[:-1])
    assert not found.add(path, crc)
    assert not found.counts.any()


def test_parts_are_added_up(tmp_path: Path) -> None:
    """Slabs make the counts of the whole."""
    volume = noise("uint16", 6, 8, 9, 1)
    whole = Histogram("uint16", STEP)
    for number, part in enumerate((volume[:2], volume[2:])):
        path = tmp_path / f"z{number}.npz"
        assert whole.add(path, counted(part, [3]).write(path))
    assert_array_equal(whole.counts, counted(volume, []).counts)
