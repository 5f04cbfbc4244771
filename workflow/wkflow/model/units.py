"""The units of length that WEBKNOSSOS knows, and lengths as files state them.

A file states a number, and a unit in somebody's spelling.
"""

import math
from collections.abc import Iterable, Sequence

SHORT = {
    "ym": "yoctometer", "zm": "zeptometer", "am": "attometer", "fm": "femtometer",
    "pm": "picometer", "nm": "nanometer", "µm": "micrometer", "um": "micrometer",
    "μm": "micrometer", "mm": "millimeter", "cm": "centimeter", "dm": "decimeter",
    "m": "meter", "hm": "hectometer", "km": "kilometer", "Mm": "megameter",
    "Gm": "gigameter", "Tm": "terameter", "Pm": "petameter", "Em": "exameter",
    "Zm": "zettameter", "Ym": "yottameter", "Å": "angstrom", "in": "inch", "ft": "foot",
    "yd": "yard", "mi": "mile", "pc": "parsec",
}  # fmt: skip
"""Short form to full name; the micro sign comes in two code points and as `u`."""

UNITS = tuple(dict.fromkeys(SHORT.values()))
"""Full names, as they stand in `datasource-properties.json` and in OME-Zarr axes."""

_METERS = {
    "yoctometer": 1e-24, "zeptometer": 1e-21, "attometer": 1e-18, "femtometer": 1e-15,
    "picometer": 1e-12, "nanometer": 1e-9, "micrometer": 1e-6, "millimeter": 1e-3,
    "centimeter": 1e-2, "decimeter": 1e-1, "meter": 1.0, "hectometer": 1e2, "kilometer": 1e3,
    "megameter": 1e6, "gigameter": 1e9, "terameter": 1e12, "petameter": 1e15, "exameter": 1e18,
    "zettameter": 1e21, "yottameter": 1e24, "angstrom": 1e-10, "inch": 0.0254, "foot": 0.3048,
    "yard": 0.9144, "mile": 1609.344, "parsec": 3.0856775814913673e16,
}  # fmt: skip

NANOMETER = "nanometer"
"""The unit of what does not say one."""

NANOMETERS = {unit: _METERS[unit] * 1e9 for unit in UNITS}
"""How many nanometers each unit is, by its full name."""

_BYTES = ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
_SHOWN = ((1e9, "m"), (1e6, "mm"), (1e3, "µm"), (1.0, "nm"), (1e-3, "pm"))

SPELLINGS = {"a": "angstrom", "ang": "angstrom", "micron": "micrometer", "microns": "micrometer"}
"""Seen in files, in lower case, and unknown to WEBKNOSSOS."""

UNITLESS = frozenset({"", "none", "null", "unknown"})
"""What stands where no unit is stated."""

NO_SIZE = frozenset({"pixel", "pixels", "px", "voxel", "voxels"})
"""Units of images that nobody measured."""

VoxelSize = tuple[float | None, float | None, float | None]


def shown_sizes(sizes: tuple[float, float, float], unit: str) -> str:
    """Write three lengths in the largest unit of which each of them has a tenth.

    >>> shown_sizes((11.24, 11.24, 25), "nanometer"), shown_sizes((0.5, 0.5, 2), "millimeter")
    ('11.24 x 11.24 x 25 nm', '0.5 x 0.5 x 2 mm')
    """
    nanometers = [size * NANOMETERS[unit] for size in sizes]
    units = (one for one in _SHOWN if min(nanometers) >= one[0] / 10)
    factor, name = next(units, _SHOWN[-1])
    return " x ".join(f"{one / factor:.4g}" for one in nanometers) + f" {name}"


def shown_length(nanometers: float) -> str:
    """Write a length in the largest unit of which it has at least one.

    >>> shown_length(2000), shown_length(0.5), shown_length(500)
    ('2 µm', '500 pm', '500 nm')
    """
    units = (one for one in _SHOWN if nanometers >= one[0])
    factor, name = next(units, _SHOWN[-1])
    return f"{nanometers / factor:.4g} {name}"


def shown_bytes(count: float) -> str:
    """Write a number of bytes in the unit that suits it, with three digits.

    >>> shown_bytes(12), shown_bytes(1_234_567), shown_bytes(999_999)
    ('12 B', '1.23 MB', '1 MB')
    """
    for factor, unit in _BYTES:
        if count >= 0.9995 * factor:  # else it would be rounded to 1e+03 of the next unit
            return f"{count / factor:.3g} {unit}"
    return f"{count:.0f} B"


def shown_extent(extent: Iterable[int]) -> str:
    """Write numbers of voxels along some axes.

    >>> shown_extent((1024, 768, 3))
    '1024 x 768 x 3'
    """
    return " x ".join(map(str, extent))


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
