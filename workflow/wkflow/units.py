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
