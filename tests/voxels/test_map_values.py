"""A window, against fractions of whole numbers: each sample of every dtype, exactly."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.model.value_map import TOP, Ends, ValueMap
from wkflow.voxels.map_values import AT_ONCE, ValueMapper, blank_value, mapped_sample, mapper_of

from tests.steps.arrays import Voxels
from tests.strategies import small_layer_plan

WHOLE = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]
FLOATS = ["float16", "float32", "float64"]
WINDOWS: list[Ends] = [
    (0, 255),
    (0, 65535),
    (-3.5, 100.25),
    (10, 13),
    (0.1, 0.7),
    (1000, 1510),
    (-100, 70000),
    (2**60, 2**60 + 99),
    (-1e300, 1e300),
    (-1.7e308, 1.7e308),
    (-2.5e-320, 7e-320),
]


def expected(value: float, window: Ends, top: int, *, invert: bool) -> int:
    """Map one value by the definition; Python rounds fractions half to even, without an error."""
    if math.isnan(value):
        return 0
    low, high = map(Fraction, window)
    if math.isinf(value):
        level = top if value > 0 else 0
    else:
        level = min(max(round((Fraction(value) - low) * top / (high - low)), 0), top)
    return top - level if invert else level


def samples(dtype: str, window: Ends, top: int) -> Voxels:
    """Give values of a dtype: at random, all ends, and those half way between two levels."""
    rng = np.random.default_rng(3)
    low, high = map(Fraction, window)
    half = [low + (high - low) * (2 * k - 1) / (2 * top) for k in range(1, top + 1, 1 + top // 300)]
    if dtype in FLOATS:
        limits = np.finfo(dtype)
        near = [math.nextafter(float(one), to) for one in half for to in (-math.inf, math.inf)]
        some = [*map(float, half), *near, *map(float, window), math.nan, math.inf, -math.inf, -0.0]
        with np.errstate(over="ignore"):
            return np.array([*some, *rng.normal(0, 100, 99), limits.min, limits.tiny], dtype)
    info = np.iinfo(dtype)
    steps = {round(one) + more for one in (*half, low, high) for more in (-1, 0, 1)}
    inside = sorted(one for one in steps if int(info.min) <= one <= int(info.max))
    at_random = rng.integers(info.min, info.max, 99, dtype, endpoint=True)
    return np.concatenate(
        [np.array(inside, dtype), at_random, np.array([info.min, info.max], dtype)]
    )


@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("dtype", [*WHOLE, *FLOATS])
def test_each_sample_is_what_fractions_say(dtype: str, window: Ends) -> None:
    """Rounded half to even, clipped, inverted afterwards; what was clipped is counted."""
    for name, top in TOP.items() if window in WINDOWS[1:5] else [("uint8", TOP["uint8"])]:
        for invert in (False, True):
            some = samples(dtype, window, top)
            mapper = ValueMapper(ValueMap(window, invert=invert), dtype, name)
            found = mapper.apply(some)
            assert (found.dtype, found.shape) == (np.dtype(name), some.shape)
            values = some.tolist()
            assert found.tolist() == [expected(one, window, top, invert=invert) for one in values]
            told = mapper.counted
            assert told.below == sum(one < window[0] for one in values)
            assert told.above == sum(one > window[1] for one in values)
            assert told.nan == sum(one != one for one in values)  # noqa: PLR0124 -- NaN is no number


@given(
    window=st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 2).filter(
        lambda ends: ends[0] < ends[1]
    ),
    values=st.lists(st.floats(width=32), min_size=1, max_size=50),
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_any_window_of_floats_is_exact(window: Ends, values: list[float], dtype: str) -> None:
    """However narrow, wide, or far from zero."""
    some = np.array(values, dtype)
    found = ValueMapper(ValueMap(window), dtype, "uint8").apply(some)
    assert found.tolist() == [expected(one, window, 255, invert=False) for one in values]


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "int64"])
def test_it_is_the_same_however_voxels_are_cut(dtype: str) -> None:
    """In pieces, transposed, or in one array of more samples than are compared at once."""
    rng = np.random.default_rng(5)
    volume = rng.integers(0, 120, (3, 40, AT_ONCE // 80, 1)).astype(dtype)
    whole = ValueMapper(ValueMap((20, 99)), dtype, "uint8")
    found = whole.apply(volume)
    parts = ValueMapper(ValueMap((20, 99)), dtype, "uint8")
    pieces = [parts.apply(volume[:, y : y + 7]) for y in range(0, 40, 7)]
    assert np.array_equal(np.concatenate(pieces, axis=1), found)
    assert parts.counted == whole.counted
    assert whole.counted.below == (volume < 20).sum()
    assert np.array_equal(ValueMapper(ValueMap((20, 99)), dtype, "uint8").apply(volume.T).T, found)


@pytest.mark.parametrize("dtype", WHOLE)
def test_without_a_window_all_values_are_turned_round(dtype: str) -> None:
    """The smallest becomes the largest, and so on; twice is nothing."""
    info = np.iinfo(dtype)
    some = np.array([info.min, info.min + 1, 0, 1, info.max], dtype)
    mapper = ValueMapper(ValueMap(invert=True), dtype, dtype)
    total = int(info.min) + int(info.max)
    assert mapper.apply(some).tolist() == [total - one for one in some.tolist()]
    assert np.array_equal(mapper.apply(mapper.apply(some)), some)


@pytest.mark.parametrize("dtype", [*WHOLE, *FLOATS])
@pytest.mark.parametrize("window", [(3, 90), (0.5, 90.5), None])
def test_what_is_no_image_becomes_zero(dtype: str, window: Ends | None) -> None:
    """The padding of small slices, also where images are inverted."""
    for invert in (False, True):
        if window is None and (dtype in FLOATS or not invert):
            continue
        values = ValueMap(window, invert=invert)
        blank = np.array([blank_value(values, dtype)], dtype)
        target = dtype if window is None else "uint8"
        assert ValueMapper(values, dtype, target).apply(blank).tolist() == [0]


def test_where_no_value_becomes_zero_the_darkest_is_taken() -> None:
    """A window that begins below all values of the dtype."""
    assert blank_value(ValueMap((-50, 300)), "uint8") == 0
    assert blank_value(ValueMap((-50, 300), invert=True), "uint8") == 255
    assert blank_value(ValueMap(is_auto=True, invert=True), "float32") == 0


def test_a_layer_whose_values_stay_has_no_mapper() -> None:
    """Nor does anything else of it change."""
    assert mapper_of(small_layer_plan()) is None


@pytest.mark.parametrize("block", [[[3.0, 7.5]], [[5, 5]], [[math.nan, math.nan]]])
def test_some_voxels_stand_for_all_before_a_window_is_chosen(block: list[list[float]]) -> None:
    """The level of compression is chosen from them; they fill the dtype."""
    some = np.array(block)
    found = mapped_sample(some, ValueMap(is_auto=True), "uint8")
    assert found.tolist() == ([[0, 255]] if block[0][0] == 3 else [[0, 0]])
