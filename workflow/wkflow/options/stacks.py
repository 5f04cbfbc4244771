"""The options about slices that are files: what their names say of their places."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from wkflow.model.name_pattern import NamePattern
from wkflow.options.option_help import About


def _pattern(value: object) -> str:
    """Read a pattern, which stays as it is spelled."""
    return NamePattern.parse(str(value)).text


class StackOptions(BaseModel):
    """How the names of slices are read."""

    missing_slices: Literal["keep", "previous", "close", "refuse"] = Field(
        "keep",
        description="Slices that the numbers in names leave out: keep their places, blank; repeat "
        "the slice before (previous); close up; or refuse.",
        json_schema_extra=About(
            "Source", "Where numbers are missing: keep (blank), previous, close up, or refuse."
        ),
    )
    pattern: Annotated[str, BeforeValidator(_pattern)] | None = Field(
        None,
        description="How the names of slices are read: {z}, {channel} (a layer each) and {t} (an "
        "axis of time), with * for anything and / between folders; by default from the names.",
        examples=["{channel}_z{z}_t{t}.tif"],
        json_schema_extra=About(
            "Source", "How names are read, such as '{channel}_z{z}_t{t}.tif' or '{channel}/{z}'."
        ),
    )
