"""The options about images: what of them becomes a layer, and how files without a header lie."""

from typing import Literal, Self

from pydantic import BaseModel, Field
from pydantic import model_validator as whole

from wkflow.model.source import RawLayout
from wkflow.options.option_help import About
from wkflow.options.option_types import Channels, Shape


class SourceOptions(BaseModel):
    """What of the source is converted, and as what."""

    channels: Channels | None = Field(
        None,
        description="Which channels become layers: `rgb` (the first three as one layer), `split` "
        "(each), or a selection such as 0,2; by default RGB images stay one layer, others are "
        "split.",
        examples=["0,2"],
        json_schema_extra=About(
            "Source",
            "Which channels become layers: rgb (the first three as one), split (each), or numbers.",
        ),
    )
    dtype: (
        Literal["uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float32"]
        | None
    ) = Field(
        None,
        description="Voxel type of all layers; values are rounded, scaled by a window alone, and "
        "refused if they do not fit. By default that of the images.",
        json_schema_extra=About(
            "Dataset",
            "Voxel type of all layers; values are rounded, and have to fit: see --window.",
        ),
    )
    raw_shape: Shape | None = Field(
        None,
        description="Voxels x,y,z of a file without a header.",
        examples=["1024,1024,512"],
        json_schema_extra=About("Source"),
    )
    raw_dtype: (
        Literal[
            "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64",
            "float32", "float64",
        ]
        | None
    ) = Field(
        None,
        description="Voxel type of a file without a header.",
        json_schema_extra=About("Source"),
    )  # fmt: skip
    raw_order: Literal["F", "C"] = Field(
        "F",
        description="Order in such a file: F if x runs fastest, C if z does.",
        json_schema_extra=About("Source"),
    )
    raw_byte_order: Literal["little", "big"] = Field(
        "little",
        description="Byte order in such a file.",
        json_schema_extra=About("Source"),
    )
    raw_offset: int = Field(
        0,
        ge=0,
        description="Bytes before the first voxel of such a file.",
        json_schema_extra=About("Source"),
    )

    @whole(mode="after")
    def _raw_is_whole(self) -> Self:
        """Want both or none: a shape without a type says nothing."""
        if (self.raw_shape is None) != (self.raw_dtype is None):
            raise ValueError("raw_shape and raw_dtype go together: give both")
        return self

    @property
    def raw_layout(self) -> RawLayout | None:
        """How files without a header lie, if the options say it."""
        if self.raw_shape is None or self.raw_dtype is None:
            return None
        return RawLayout(
            self.raw_shape, self.raw_dtype, self.raw_order, self.raw_byte_order, self.raw_offset
        )
