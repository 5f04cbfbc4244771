"""Bars of a round length."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.model.units import NANOMETERS
from wkflow.report.scale_bar import scale_bar

UNITS = {"m": 1e9, "mm": 1e6, "µm": 1e3, "nm": 1.0, "pm": 1e-3}


@given(st.floats(1e-2, 1e12))
def test_a_bar_is_round_and_as_long_as_it_says(width: float) -> None:
    """At most a third of the picture, and at least an eighth."""
    bar = scale_bar(width, "nanometer")
    number, unit = bar.length.split()
    assert float(number) * UNITS[unit] == pytest.approx(bar.share * width)
    assert f"{float(number):e}"[0] in "125"
    assert 0.34 / 2.5 - 1e-9 <= bar.share <= 0.34 + 1e-9


def test_units_are_those_of_the_dataset() -> None:
    """A width is told in the unit of the voxel size."""
    assert scale_bar(10, "micrometer") == scale_bar(10_000, "nanometer")
    assert NANOMETERS["micrometer"] == 1000
