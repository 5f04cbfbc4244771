"""Units as files spell them."""

import pytest
from wkflow.model.length import to_nm


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
