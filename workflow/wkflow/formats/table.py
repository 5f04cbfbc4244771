"""The code of a format, loaded when it is asked for; `model/data_formats.py` is their table."""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

from wkflow.model.data_formats import DATA_FORMATS

if TYPE_CHECKING:  # arrays and codecs are for those who read or write voxels
    from wkflow.formats.contract import Format


@cache
def format_of(data_format: str) -> "Format":
    """Give the format of that name, as `datasource-properties.json` spells it."""
    module, _, name = DATA_FORMATS[data_format].code.partition(".")
    return cast("Format", getattr(import_module(f"wkflow.formats.{module}"), name)())
