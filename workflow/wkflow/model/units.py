"""The units of length that WEBKNOSSOS knows."""

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

_SHOWN = ((1e9, "m"), (1e6, "mm"), (1e3, "µm"), (1.0, "nm"), (1e-3, "pm"))


def shown_sizes(sizes: tuple[float, float, float], unit: str) -> str:
    """Write three lengths in the largest unit of which each of them has a tenth.

    >>> shown_sizes((11.24, 11.24, 25), "nanometer"), shown_sizes((0.5, 0.5, 2), "millimeter")
    ('11.24 x 11.24 x 25 nm', '0.5 x 0.5 x 2 mm')
    """
    nanometers = [size * NANOMETERS[unit] for size in sizes]
    units = (one for one in _SHOWN if min(nanometers) >= one[0] / 10)
    factor, name = next(units, _SHOWN[-1])
    return " x ".join(f"{one / factor:.4g}" for one in nanometers) + f" {name}"
