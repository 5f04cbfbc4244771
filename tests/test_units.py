"""Units of length, against the list of OME-Zarr."""

import pytest
from wkflow.units import SHORT, UNITS

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
