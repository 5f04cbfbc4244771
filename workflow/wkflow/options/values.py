"""The options about values: which of the source become which in the dataset."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import BeforeValidator, Field
from pydantic import model_validator as whole

from wkflow.model.intensity_range import AUTO, parse_window
from wkflow.model.value_map import TOP
from wkflow.options.convert import ConvertOptions
from wkflow.options.option_help import About
from wkflow.options.source import SourceOptions


def value_window(value: object) -> str:
    """Read auto, or two numbers, as a list or with a comma between."""
    text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    if text == AUTO:
        return text
    try:
        low, high = parse_window(text)
    except ValueError:
        raise ValueError(
            "must be auto, or two numbers LOW,HIGH with LOW below HIGH: 300,4000"
        ) from None
    return f"{low!r},{high!r}"


class ValueOptions(SourceOptions, ConvertOptions):
    """How values of images become those of a color layer."""

    window: (
        Annotated[str, BeforeValidator(value_window, json_schema_input_type=Sequence[float] | str)]
        | None
    ) = Field(
        None,
        description="Values LOW,HIGH that become 0 and the largest of the dtype, which is uint8 or "
        "uint16; those between are mapped linearly, those beyond are clipped and counted. auto: "
        "exact percentiles of all voxels of each layer, which are read once more for it.",
        examples=["300,4000"],
        json_schema_extra=About(
            "Dataset",
            "Values LOW,HIGH that become 0 and the largest of uint8 or uint16; or auto.",
        ),
    )
    invert: bool = Field(
        default=False,
        description="Make dark bright and bright dark, after the window if there is one.",
        json_schema_extra=About("Dataset"),
    )

    @whole(mode="after")
    def _values_agree(self) -> Self:
        """Require whole numbers of few bits for a window, and no labels."""
        name = "window" if self.window else "invert"
        if (self.window or self.invert) and self.category == "segmentation":
            raise ValueError(
                f"{name} does not go with category segmentation: its numbers are names of segments"
            )
        if self.window and self.dtype not in {None, *TOP}:
            raise ValueError(f"window goes with dtype {' or '.join(TOP)}, not with {self.dtype}")
        if self.invert and not self.window and (self.dtype or "").startswith("float"):
            raise ValueError(f"invert needs a window where dtype is {self.dtype}")
        return self
