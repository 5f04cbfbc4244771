"""Units of length, against the list of OME-Zarr, and as files spell them."""

import pytest
from wkflow.model.units import NANOMETERS, SHORT, UNITS, to_nm

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


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (1.5, "nm", 1.5),
        (1.5, " um ", 1500.0),
        (1.5, "μm", 1500.0),
        (1.5, "µm", 1500.0),
        (2, "Å", 0.2),
        (2, "A", 0.2),
        (2, "Angstrom", 0.2),
        (3, "micron", 3000.0),
        (3, "Micrometer", 3000.0),
        (2.200000047683716, "mm", 2.2e6),
        (1, "1/nm", None),
        (1, "", None),
        (1, "eV", None),
        (0, "nm", None),
        (-1, "nm", None),
        (float("inf"), "nm", None),
        ("5", "nm", None),
        (None, "nm", None),
    ],
)
def test_a_length_becomes_nanometers(value: object, unit: str, expected: float | None) -> None:
    """Whoever wrote the unit; what is no positive length is none."""
    assert to_nm(value, unit) == expected
