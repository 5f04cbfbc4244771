"""Counts are those of numpy, however the voxels come."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.model.box import Box
from wkflow.model.layer import COLOR_DTYPES, Layer
from wkflow.voxels.histogram import ROW_STEP, Histogram

Volume = NDArray[np.generic]

FIRST = 3
"""The layer's first row, in the dataset."""


def noise(dtype: str, *shape: int) -> Volume:
    """Make voxels (z, y, x, c) of all bit patterns, but for NaN and infinity."""
    volume = np.random.default_rng(5).integers(0, 256, (*shape, np.dtype(dtype).itemsize), np.uint8)
    voxels = volume.view(dtype)[..., 0]
    return np.where(np.isfinite(voxels), voxels, 1).astype(dtype)


def counted(dtype: str, volume: Volume, cuts: list[int]) -> Histogram:
    """Count a volume in parts cut along y, each of them a view that is not contiguous."""
    histogram = Histogram(dtype)

    def region(box: Box) -> Volume:
        return volume[:, box.begin[1] - FIRST : box.end[1] - FIRST].T

    watched = histogram.watching(region, FIRST)
    for begin, end in pairwise([0, *cuts, volume.shape[1]]):
        if begin < end:
            depth, _, width, _ = volume.shape
            watched(Box((0, begin + FIRST, 0), (width, end + FIRST, depth)))
    return histogram


@pytest.mark.parametrize("dtype", sorted(COLOR_DTYPES))
@given(cuts=st.lists(st.integers(0, 19), max_size=4).map(sorted), channels=st.sampled_from([1, 3]))
def test_counts_are_independent_of_the_cut(dtype: str, cuts: list[int], channels: int) -> None:
    """All voxels up to 16 bits; of others those in every fourth row, from the layer's first on."""
    volume = noise(dtype, 3, 19, 7, channels)
    histogram = counted(dtype, volume, cuts)
    step = 1 if np.dtype(dtype).itemsize < 4 else ROW_STEP
    values = np.sort(volume[:, ::step].astype(np.float64), axis=None)
    least, largest, counts = histogram.bins()
    assert (np.diff(least) > 0).all()
    assert counts.sum() == values.size
    ends = np.cumsum(counts)
    tolerance = 2.0**-23 if dtype in {"uint32", "int32"} else 0  # they are rounded to float32
    room = tolerance * np.abs(values)
    assert (np.repeat(least, counts) <= values + room).all()
    assert (values - room <= np.repeat(largest, counts)).all()
    if np.dtype(dtype).itemsize < 4:
        assert_array_equal(least, np.unique(values))
        assert_array_equal(np.diff(ends, prepend=0), np.unique(values, return_counts=True)[1])


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


@pytest.mark.parametrize("layout", ["whole", "planes apart", "one plane", "columns apart"])
def test_bytes_are_counted_wherever_they_lie(layout: str) -> None:
    """Also where only planes lie together, or nothing does; memory behind the last is not read."""
    whole = noise("uint8", 4, 6, 10, 3)
    volume = {
        "whole": whole,
        "planes apart": whole[:, 2:5],
        "one plane": whole[1:2, 3:],
        "columns apart": whole[:, :, 2:7],
    }[layout]
    histogram = Histogram("uint8")
    histogram.include(volume)
    assert_array_equal(histogram.counts, np.bincount(volume.reshape(-1), minlength=256))
    assert_array_equal(histogram.values, np.unique(volume))


def test_threads_may_share_it() -> None:
    """No voxel is lost."""
    histogram, volume = Histogram("uint16"), noise("uint16", 2, 4, 50, 1)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(histogram.include, [volume] * 200))
    assert histogram.counts.sum() == 200 * volume.size


def test_labels_have_none() -> None:
    """Only what is shown in grey values is counted."""
    layer = partial(Layer, "em", dtype="uint8", channels=1, size=(4, 4, 4))
    assert Histogram.of(layer(category="segmentation")) is None
    assert Histogram.of(layer(category="color"))


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, str, Histogram]:
    histogram = Histogram("int16")
    histogram.include(noise("int16", 2, 9, 30, 1))
    return tmp_path / "em" / "z0.npz", histogram.write(tmp_path / "em" / "z0.npz"), histogram


def test_what_is_read_is_what_was_written(written: tuple[Path, str, Histogram]) -> None:
    """Numpy alone can read it, too; the same counts make the same bytes."""
    path, crc, histogram = written
    found = Histogram.read(path, "int16", crc)
    assert found is not None
    assert_array_equal(found.counts, histogram.counts, strict=True)
    with np.load(path) as archive:
        assert_array_equal(archive["counts"], histogram.counts)
    assert histogram.write(path) == crc


def test_what_is_no_histogram_of_this_layer_is_none(written: tuple[Path, str, Histogram]) -> None:
    """One that is missing, damaged, of another dtype, or of which a receipt knows nothing."""
    path, crc, _ = written
    assert Histogram.read(path.with_name("z1.npz"), "int16", crc) is None
    assert Histogram.read(path, "uint16", crc) is None
    assert Histogram.read(path, "int16", "") is None
    path.write_bytes(path.read_bytes()[:-1])
    assert Histogram.read(path, "int16", crc) is None


def test_rows_that_an_earlier_version_left_out_are_made_up_for(tmp_path: Path) -> None:
    """It counted every fourth one of 16 bits: so its slabs weigh as much as others."""
    volume = noise("uint16", 2, 9, 30, 1)
    earlier = Histogram("uint16", ROW_STEP)
    earlier.include(volume)
    crc = earlier.write(tmp_path / "z0.npz")
    found = Histogram.read(tmp_path / "z0.npz", "uint16", crc)
    assert found is not None
    assert_array_equal(found.counts, ROW_STEP * earlier.counts)
    assert found.row_step == 1
    floats = Histogram("float32", 1).write(tmp_path / "z1.npz")
    assert Histogram.read(tmp_path / "z1.npz", "float32", floats) is None


def test_parts_are_added_up() -> None:
    """Slabs make the counts of the whole."""
    volume = noise("uint16", 6, 8, 9, 1)
    parts = [counted("uint16", volume[:2], [3]), counted("uint16", volume[2:], [])]
    parts[0].add(parts[1])
    assert_array_equal(parts[0].counts, counted("uint16", volume, []).counts)
