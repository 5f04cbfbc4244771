"""Units of length, against the list of OME-Zarr."""

import pytest
from wkflow.model.units import NANOMETERS, SHORT, UNITS

NGFF_05 = frozenset(
    [
        "angstrom",
        "attometer",
        "centimeter",
        "decimeter",
        "exameter",
        "femtometer",
        "foot",
        "gigameter",
        "hectometer",
        "inch",
        "kilometer",
        "megameter",
        "meter",
        "micrometer",
        "mile",
        "millimeter",
        "nanometer",
        "parsec",
        "petameter",
        "picometer",
        "terameter",
        "yard",
        "yoctometer",
        "yottameter",
        "zeptometer",
        "zettameter",
    ]
)
"""Units of space in the OME-Zarr 0.5 specification, section `axes`."""


def test_all_units_are_those_of_ome_zarr() -> None:
    """A reader of the axes knows every unit that we write, and none is left out."""
    assert set(UNITS) == NGFF_05
    assert len(UNITS) == len(set(UNITS))


@pytest.mark.parametrize("micro", ["µm", "μm", "um"])
def test_the_micro_sign_is_read_however_it_is_typed(micro: str) -> None:
    """Keyboards differ: two code points and a letter."""
    assert SHORT[micro] == "micrometer"


def test_letter_case_counts() -> None:
    """A millimeter is no megameter."""
    assert (SHORT["mm"], SHORT["Mm"]) == ("millimeter", "megameter")


def test_every_unit_has_a_length() -> None:
    """Else a file's voxel size could not be told in it."""
    assert list(NANOMETERS) == list(UNITS)
    assert all(length > 0 for length in NANOMETERS.values())


@pytest.mark.parametrize(
    ("short", "nanometers"),
    [
        ("nm", 1.0),
        ("um", 1e3),
        ("mm", 1e6),
        ("pm", 1e-3),
        ("Å", 0.1),
        ("m", 1e9),
        ("in", 25.4e6),
        ("ft", 304.8e6),
        ("yd", 914.4e6),
        ("mi", 1609.344e9),
    ],
)
def test_lengths_are_those_of_the_international_system(short: str, nanometers: float) -> None:
    """An inch is 25.4 mm since 1959, and all other English units with it."""
    assert NANOMETERS[SHORT[short]] == pytest.approx(nanometers, rel=1e-12)
