"""Lengths as files state them: a number, and a unit in somebody's spelling."""

import math

from wkflow.units import NANOMETERS, SHORT

SPELLINGS = {"a": "angstrom", "ang": "angstrom", "micron": "micrometer", "microns": "micrometer"}
"""Seen in files, in lower case, and unknown to WEBKNOSSOS."""


def to_nm(value: object, unit: str) -> float | None:
    """Give a voxel's extent in nanometers; None if it is no positive length.

    >>> to_nm(2.5, "µm"), to_nm(4, "A"), to_nm(1.0, "1/nm"), to_nm(0.0, "nm")
    (2500.0, 0.4, None, None)
    """
    name = SHORT.get(unit.strip(), unit.strip().lower())
    nanometers = NANOMETERS.get(SPELLINGS.get(name, name))
    if nanometers is None or not isinstance(value, int | float):
        return None
    if not (math.isfinite(value) and value > 0):
        return None
    return float(f"{value * nanometers:.7g}")  # what float32 holds: files have no more
