"""Lengths as files state them: a number, and a unit in somebody's spelling."""

import math
from collections.abc import Sequence

from wkflow.model.units import NANOMETERS, SHORT

SPELLINGS = {"a": "angstrom", "ang": "angstrom", "micron": "micrometer", "microns": "micrometer"}
"""Seen in files, in lower case, and unknown to WEBKNOSSOS."""


UNITLESS = frozenset({"", "none", "null", "unknown"})
"""What stands where no unit is stated."""

NO_SIZE = frozenset({"pixel", "pixels", "px", "voxel", "voxels"})
"""Units of images that nobody measured."""

VoxelSize = tuple[float | None, float | None, float | None]


def voxel_size(
    values: Sequence[object], units: Sequence[object]
) -> tuple[VoxelSize, tuple[str, ...]]:
    """Give a voxel's size along x, y and z in nanometers, and a note of what is no length.

    A size of 1 without a unit is what programs write that know none: nothing is said of it.

    >>> voxel_size((4, 4, 30), ("nm", "nm", ""))[0]
    (4.0, 4.0, None)
    >>> voxel_size((4, 4, 30), ("", "", ""))[1]
    ('a voxel size of 4,4,30 without a unit is no length, and is left out',)
    """
    pairs = [(value, str(unit)) for value, unit in zip(values, units, strict=True)]
    x, y, z = (to_nm(value, unit) for value, unit in pairs)
    lost = [
        unit.strip()
        for (value, unit), found in zip(pairs, (x, y, z), strict=True)
        if found is None and _is_stated(value) and unit.strip().lower() not in NO_SIZE
    ]
    if not lost:
        return (x, y, z), ()
    said = ",".join(f"{value:g}" if isinstance(value, int | float) else "?" for value in values)
    named = [unit for unit in lost if unit.lower() not in UNITLESS]
    how = f"in {named[0]!r}" if named else "without a unit"
    return (x, y, z), (f"a voxel size of {said} {how} is no length, and is left out",)


def _is_stated(value: object) -> bool:
    return isinstance(value, int | float) and value not in {0, 1}


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
