"""The formats that a dataset may be written in.

A row names its class instead of importing it, so that only what is written is loaded.
"""

from functools import cache
from importlib import import_module
from typing import cast

from wkflow.formats.contract import Format

FORMATS = {
    "zarr3": ("zarr3", "Zarr3"),
    "zarr": ("zarr2", "Zarr2"),
    "wkw": ("wkw", "Wkw"),
    "n5": ("n5", "N5"),
    "neuroglancerPrecomputed": ("precomputed", "Precomputed"),
}
"""By the name in `datasource-properties.json`: module below `wkflow.formats`, and class."""


@cache
def format_of(data_format: str) -> Format:
    """Give the format of that name."""
    module, name = FORMATS[data_format]
    return cast("Format", getattr(import_module(f"wkflow.formats.{module}"), name)())
