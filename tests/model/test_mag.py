"""A magnification is three powers of two, and its text is the name of a folder."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.errors import ConfigError
from wkflow.model.mag import Mag

from tests.strategies import mags


@given(mag=mags())
def test_text_and_mag_are_the_same(mag: Mag) -> None:
    """What is printed is what is read."""
    assert Mag.parse(str(mag)) == mag


@given(exponent=st.integers(0, 12))
def test_equal_factors_are_written_once(exponent: int) -> None:
    """WEBKNOSSOS calls the folder `4`, not `4-4-4`; both are read."""
    factor = 2**exponent
    assert str(Mag(factor, factor, factor)) == str(factor)
    assert Mag.parse(f"{factor}-{factor}-{factor}") == Mag.parse(str(factor))


@pytest.mark.parametrize(("text", "factors"), [("1", (1, 1, 1)), ("16-8-2", (16, 8, 2))])
def test_factors_stand_in_the_order_x_y_z(text: str, factors: tuple[int, int, int]) -> None:
    """The first number is that of x."""
    mag = Mag.parse(text)
    assert (mag.x, mag.y, mag.z) == mag.factors == factors


@pytest.mark.parametrize("text", ["", "4-4", "4-4-4-4", "2-x-2", "1.5", "-2", "4-", "two", "²"])
def test_other_texts_are_no_mags(text: str) -> None:
    """The error quotes what was written and names the option."""
    with pytest.raises(ConfigError, match="is no magnification") as caught:
        Mag.parse(text)
    assert repr(text) in caught.value.what
    assert caught.value.where == "max_mag"


@given(factor=st.integers(-4, 5000).filter(lambda n: n < 1 or n.bit_count() != 1))
def test_a_factor_is_a_power_of_two(factor: int) -> None:
    """0, 3 or 12 are refused on any axis."""
    for factors in ((factor, 1, 1), (1, factor, 1), (1, 1, factor)):
        with pytest.raises(ConfigError, match="power of two"):
            Mag(*factors)


@given(finer=mags(16), step=mags(16))
def test_over_undoes_a_multiplication(finer: Mag, step: Mag) -> None:
    """A mag is its factor over the finer one, times the finer one."""
    x, y, z = (a * b for a, b in zip(finer.factors, step.factors, strict=True))
    assert Mag(x, y, z).over(finer) == step.factors


@given(mag=mags())
def test_the_largest_factor_tells_mags_apart(mag: Mag) -> None:
    """It is one of the three, and none is larger."""
    assert mag.largest in mag.factors
    assert all(factor <= mag.largest for factor in mag.factors)


def test_mags_are_ordered_and_hashable() -> None:
    """They are sorted finest first and are keys of tables."""
    ladder = [Mag.parse(text) for text in ("8-8-4", "1", "4-4-2", "2-2-1")]
    assert all(a.largest < b.largest for a, b in pairwise(sorted(ladder)))
    assert len({Mag(2, 2, 1), Mag(2, 2, 1)}) == 1
