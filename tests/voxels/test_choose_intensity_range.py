"""What is shown black and white: most of the voxels, and no padding."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from wkflow.model.intensity_range import IntensityRange
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.receipt import Receipt
from wkflow.model.source import Channel
from wkflow.run_folder import histogram_path
from wkflow.voxels.choose_intensity_range import by_percentiles, choose_intensity_range
from wkflow.voxels.histogram import ROW_STEP, Histogram
from wkflow.voxels.layer_histogram import LOST, NOT_COUNTED, add_slabs

from tests.strategies import small_layer_plan

RANDOM = np.random.default_rng(3)


def shown(values: NDArray[np.generic]) -> IntensityRange:
    """Choose for a layer of these values, in one row."""
    histogram = Histogram(str(values.dtype))
    histogram.include(values.reshape(1, 1, -1, 1))
    return by_percentiles(histogram, (float(values.min()), float(values.max())), 1)


def grey(dtype: str, middle: float, width: float, count: int = 100_000) -> NDArray[np.generic]:
    """Make a bell of values."""
    return RANDOM.normal(middle, width, count).astype(dtype)


def test_a_thousandth_may_lie_beyond_either_end() -> None:
    """As numpy has these percentiles; the voxels are counted, and told."""
    values = grey("uint16", 2000, 300, 100_003)
    found = shown(values)
    expected = np.percentile(values, [0.1, 99.9], method="inverted_cdf")
    assert found.window == tuple(expected)
    assert found.evidence == "percentiles 0.1 and 99.9 of 100003 voxels"


@pytest.mark.parametrize(
    ("middle", "width"), [(0.5, 0.1), (-700, 90), (1e6, 5e4), (0, 1e-20), (1e4, 1)]
)
def test_bins_of_floats_hardly_matter(middle: float, width: float) -> None:
    """To about a thousandth of the span, and never beyond what occurs, at whatever offset."""
    values = grey("float32", middle, width)
    found = shown(values)
    assert found.window is not None
    expected = np.percentile(values, [0.1, 99.9], method="inverted_cdf")
    assert np.allclose(found.window, expected, rtol=0, atol=6e-3 * width)
    assert values.min() <= found.window[0] < found.window[1] <= values.max()
    assert found.evidence.endswith(f"of 100000 voxels in every {ROW_STEP}th row")


@pytest.mark.parametrize("padding", [0, 255])
def test_padding_is_left_out(padding: int) -> None:
    """A single value at an end, or 0, of more than a twentieth of the voxels; it is told."""
    tissue = grey("uint8", 120, 12)
    found = shown(np.concatenate([tissue, np.full(60_000, padding, np.uint8)]))
    assert found.window == shown(tissue).window
    assert found.evidence.endswith(f"without {padding} (38%)")


def test_padding_of_signed_values_is_left_out() -> None:
    """The least value of a scanner's circle, and zeros beside it, where both are many."""
    tissue = grey("int16", 300, 40)
    padded = [tissue, np.full(30_000, -2000, np.int16), np.full(30_000, 0, np.int16)]
    found = shown(np.concatenate(padded))
    assert found.window == shown(tissue).window
    assert found.evidence.endswith("without -2000 (19%) and 0 (19%)")


def test_saturation_is_left_out() -> None:
    """The largest value that occurs, whatever the camera's is; of floats as well."""
    for dtype, top in (("uint16", 4095), ("float32", 1.0)):
        seen = grey(dtype, top / 2, top / 20)
        found = shown(np.concatenate([seen, np.full(20_000, top, dtype)]))
        assert found.window == shown(seen).window


def test_padding_of_floats_is_left_out() -> None:
    """Any value at an end, also where its bin has room for others."""
    seen = grey("float32", 0.7, 1)
    found = shown(np.concatenate([seen, np.full(20_000, -5.37, "float32")]))
    assert found.window == pytest.approx(shown(seen).window, abs=1e-3)
    assert found.evidence.endswith("without -5.37 (17%)")


def test_zero_is_zero() -> None:
    """Of floats it shares a bin with the least numbers above it."""
    seen = grey("float32", 10_005, 1)
    found = shown(np.concatenate([np.zeros(1000, "float32"), seen]))
    assert found.window
    assert found.window[0] == 0


def test_a_mostly_empty_layer_shows_what_is_in_it() -> None:
    """A thousandth of all voxels would be less than what is not empty."""
    seen = grey("uint16", 900, 50, 1000)
    found = shown(np.concatenate([np.zeros(2_000_000, np.uint16), seen]))
    assert found.window == shown(seen).window


def test_an_image_of_few_values_keeps_all_of_them() -> None:
    """A mask is black and white, steps are steps; also where hardly a voxel is not black."""
    assert shown(np.repeat(np.array([0, 255], np.uint8), 500)).window == (0, 255)
    assert shown(np.repeat(np.arange(4, dtype=np.uint8), 500)).window == (0, 3)
    rare = shown(np.array([0] * 100_000 + [255], np.uint8))
    assert rare == IntensityRange(
        (0, 255), "the smallest and the largest value: percentiles of 100001 voxels are one"
    )


@given(
    values=st.lists(st.integers(-(2**15), 2**15 - 1), min_size=2, max_size=60, unique=True),
    counts=st.lists(st.sampled_from([1, 2, 50, 10_000]), min_size=60, max_size=60),
)
def test_it_is_never_empty(values: list[int], counts: list[int]) -> None:
    """And has no value that does not occur."""
    window = shown(np.repeat(np.array(values, np.int16), counts[: len(values)])).window
    assert window is not None
    assert window[0] < window[1]
    assert set(window) <= set(map(float, values))


def slabs(folder: Path, *parts: NDArray[np.generic]) -> dict[str, Receipt]:
    """Write receipts and histograms of slabs of these values."""
    found = {}
    for number, values in enumerate(parts):
        path = folder / "receipts" / "convert_slab" / "em" / f"z{number}.json"
        histogram = Histogram(str(values.dtype))
        histogram.include(values.reshape(1, 1, -1, 1))
        crc = histogram.write(histogram_path(path))
        low, high = int(values.min()), int(values.max())
        found[str(path)] = Receipt("convert_slab", lowest=low, highest=high, histogram=crc)
    return found


def chosen(plan: LayerPlan, read: dict[str, Receipt]) -> IntensityRange:
    """Choose for a layer of these slabs."""
    return choose_intensity_range(plan, add_slabs(plan, read))


def test_slabs_count_as_one(tmp_path: Path) -> None:
    """The range is that of all voxels, by the option, the file or percentiles."""
    plan, values = small_layer_plan(), grey("uint8", 90, 10)
    read = slabs(tmp_path, values[:70_000], values[70_000:])
    whole = shown(values)
    assert chosen(plan, read) == whole
    stated = replace(plan, display=Channel(window=(5, 90)))
    assert chosen(stated, read).evidence == "stated by the file"
    asked = chosen(replace(stated, contrast="1,2"), read)
    assert (asked.window, asked.is_asked) == ((1, 2), True)
    full = chosen(replace(stated, contrast="full"), read)
    assert full.window == (values.min(), values.max())


def test_without_all_histograms_webknossos_chooses(tmp_path: Path) -> None:
    """Some slabs are not all: the range would be another one than that of a whole run."""
    values = grey("uint8", 90, 10)
    read = slabs(tmp_path, values, values)
    first = next(iter(read))
    histogram_path(first).unlink()
    assert chosen(small_layer_plan(), read) == IntensityRange(None, LOST, lost=(first,))
    read[first] = replace(read[first], histogram="")  # of an earlier version
    assert chosen(small_layer_plan(), read) == IntensityRange(None, NOT_COUNTED)
    full = replace(small_layer_plan(), contrast="full")
    assert chosen(full, read).window == (values.min(), values.max())


def test_one_value_is_no_range(tmp_path: Path) -> None:
    """Black and white would be the same; of nothing finite there is none at all."""
    read = slabs(tmp_path, np.full(9, 7, np.uint8))
    for contrast in ("auto", "full"):
        plan = replace(small_layer_plan(), contrast=contrast)
        found = chosen(plan, read)
        assert found == IntensityRange(None, "all voxels have the value 7")
        empty = chosen(plan, {"z0.json": Receipt("convert_slab")})
        assert empty == IntensityRange(None, "no voxel has a finite value")
