"""The options about slices that are files: what their names say of their places."""

from typing import Literal

from pydantic import BaseModel, Field

from wkflow.options.option_help import About


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
