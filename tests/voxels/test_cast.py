"""Another dtype: the same values, or none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from wkflow.errors import SourceError
from wkflow.model.box import Box
from wkflow.model.layer import ITEM_BYTES
from wkflow.voxels.cast import casting, check_sample

from tests.steps.arrays import Voxels

BOX = Box((0, 0, 0), (1, 1, 1))
WHERE = "/data/em/0.tif"
DTYPES = sorted(ITEM_BYTES)
WHOLE = [one for one in DTYPES if not one.startswith("float")]
READ = [*DTYPES, "float16"]


def cast(voxels: Voxels, dtype: str) -> Voxels:
    return casting(lambda _: voxels, dtype, WHERE)(BOX)


@st.composite
def blocks(draw: st.DrawFn, dtypes: list[str]) -> Voxels:
    """Draw voxels of any dtype that readers give, finite ones."""
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    elements = {"allow_nan": False, "allow_infinity": False} if dtype.kind == "f" else {}
    shape = draw(arrays.array_shapes(min_dims=4, max_dims=4, max_side=3))
    return draw(arrays.arrays(dtype, shape, elements=elements))


@given(voxels=blocks(READ), dtype=st.sampled_from(WHOLE))
def test_whole_numbers_are_rounded_or_refused(voxels: Voxels, dtype: str) -> None:
    """As Python rounds, whose numbers know no limits."""
    rounded = [round(value) for value in voxels.reshape(-1).tolist()]
    limits = np.iinfo(dtype)
    if min(rounded) < int(limits.min) or max(rounded) > int(limits.max):
        with pytest.raises(SourceError, match=f"do not all fit into {dtype}"):
            cast(voxels, dtype)
        return
    given = cast(voxels, dtype)
    assert (given.dtype, given.shape) == (np.dtype(dtype), voxels.shape)
    assert given.reshape(-1).tolist() == rounded


@given(values=st.lists(st.floats(-300, 300), min_size=1), read=st.sampled_from(["<f4", "<f8"]))
def test_fractions_are_rounded_to_even(values: list[float], read: str) -> None:
    """Neither cut off, nor always up where they lie between."""
    voxels = np.array(values, read).reshape(1, 1, 1, -1)
    assert cast(voxels, "int16").reshape(-1).tolist() == [round(one) for one in voxels.flat]
    halves = np.array([[[[0.5, 1.5, 2.5, -0.5]]]])
    assert cast(halves, "int16").tolist() == [[[[0, 2, 2, 0]]]]


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
@given(voxels=blocks(READ))
def test_fractions_become_the_next_float32_or_are_refused(voxels: Voxels) -> None:
    """What is beyond its range would be infinite."""
    expected = voxels.astype("float32")
    if not np.isfinite(expected).all():
        with pytest.raises(SourceError, match="do not all fit into float32"):
            cast(voxels, "float32")
        return
    np.testing.assert_array_equal(cast(voxels, "float32"), expected, strict=True)


def test_a_large_fraction_is_refused_without_a_warning() -> None:
    """Words about an overflow mean nothing to the person at the terminal."""
    with pytest.raises(SourceError, match="do not all fit into float32"):
        cast(np.array([[[[1e300]]]]), "float32")


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_the_same_dtype_costs_nothing(dtype: str) -> None:
    """Not even a copy."""
    voxels = np.ones((1, 2, 3, 4), dtype)
    assert cast(voxels, dtype) is voxels


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_stays_what_it_is_or_is_refused(odd: float) -> None:
    """A float32 knows it, a whole number does not."""
    voxels = np.array([[[[1.0, odd]]]])
    np.testing.assert_array_equal(cast(voxels, "float32"), voxels.astype("float32"), strict=True)
    with pytest.raises(SourceError, match="do not all fit into uint8"):
        cast(voxels, "uint8")


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
@pytest.mark.parametrize("odd", [np.nan, -np.inf])
def test_what_does_not_fit_is_refused_beside_what_is_no_number(odd: float) -> None:
    """Else 1e300 would be infinite in float32."""
    with pytest.raises(SourceError, match="do not all fit into float32"):
        cast(np.array([[[[odd, 1e300]]]]), "float32")


def test_the_layer_is_named_with_the_values_and_the_remedy() -> None:
    """One slice of many: the first file stands for it."""
    with pytest.raises(SourceError, match="from -3 to 300 here") as caught:
        cast(np.array([[[[-3, 300]]]], "int16"), "uint8")
    assert caught.value.where == WHERE
    assert "--dtype" in caught.value.remedy


@pytest.mark.parametrize(
    ("values", "dtype", "is_refused"),
    [
        ([0, 0.25, 1], "uint8", True),
        ([0.1, 0.9], "int32", True),
        ([-1, 0.5, 1], "int8", True),
        ([7.25, 7.75], "uint16", True),
        ([0.5, 0.5], "uint8", True),
        ([0, 1], "uint8", False),
        ([0, 0.25, 200], "uint8", False),
        ([0, 0.25, 1], "float32", False),
        ([0, 300], "uint8", True),
        ([-1, 100], "uint16", True),
        ([0, float("nan")], "uint8", True),
        ([], "uint8", False),
    ],
)
def test_a_sample_is_judged_before_anything_runs(
    values: list[float], dtype: str, *, is_refused: bool
) -> None:
    """Fractions that lie within one, and what does not fit; whole numbers may be a mask."""
    samples: list[Voxels] = [np.array([one], "float32") for one in values]
    if is_refused:
        with pytest.raises(SourceError, match=r"fractions|do not all fit") as caught:
            check_sample(samples, dtype, WHERE)
        assert "--dtype" in caught.value.remedy
    else:
        check_sample(samples, dtype, WHERE)


def test_rounding_is_told() -> None:
    """No box by itself can tell whether all values lie so close."""
    told: list[bool] = []
    for values in ([0.0, 1.0], [0.5, 1.0]):
        region = casting(
            lambda _, v=values: np.array([[[v]]]), "uint8", WHERE, lambda: told.append(True)
        )  # fmt: skip
        region(BOX)
    assert told == [True]
