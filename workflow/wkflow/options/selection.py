"""The options about parts of a source and its axes: which voxels are converted, in which order."""

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from wkflow.model.box import Box, Triple
from wkflow.options.option_help import About

SPAN = re.compile(r"(\d{0,12}):(\d{0,12})(?::(\d{1,12}))?")
"""START:STOP or START:STOP:STEP."""

LARGEST = 2**31 - 1
"""WEBKNOSSOS counts so far."""


def read_box(value: object) -> tuple[int, ...]:
    """Read x,y,z and the size along these: six whole numbers, as a list or with commas between."""
    parts = value.split(",") if isinstance(value, str) else value
    wanted = "six whole numbers x,y,z,sx,sy,sz: where it begins, and how large it is"
    texts = (
        [str(part).strip().removesuffix(".0") for part in parts]
        if isinstance(parts, list | tuple)
        else [""] * 6
    )
    if len(texts) != 6:
        raise ValueError(f"has {len(texts)} numbers, and must be {wanted}")
    if not all(re.fullmatch(r"-?\d{1,10}", text) for text in texts):
        raise ValueError(f"must be {wanted}")
    numbers = tuple(map(int, texts))
    for axis, begin, size in zip("xyz", numbers[:3], numbers[3:], strict=True):
        if begin < 0:
            raise ValueError(f"begins at {begin} along {axis}; voxels are counted from 0")
        if size < 1:
            raise ValueError(f"has a size of {size} along {axis}; it must be at least 1")
        if begin + size > LARGEST:
            raise ValueError(f"ends at {begin + size} along {axis}; WEBKNOSSOS counts to {LARGEST}")
    return numbers


def read_slices(value: object) -> str:
    """Read START:STOP or START:STOP:STEP, also as a list, and give it back as START:STOP:STEP."""
    wanted = "must be START:STOP or START:STOP:STEP, such as 100:2000:2; STOP is not converted"
    if isinstance(value, list | tuple):
        value = ":".join("" if part is None else str(part) for part in value)
    match = SPAN.fullmatch(value.replace(" ", "")) if isinstance(value, str) else None
    if match is None:
        is_negative = isinstance(value, str) and "-" in value
        raise ValueError(wanted + (", counted from 0" if is_negative else ", in YAML with quotes"))
    start, stop, step = int(match[1] or 0), int(match[2] or LARGEST), int(match[3] or 1)
    if step < 1:
        raise ValueError("has a step of 0; it must be at least 1")
    if stop <= start:
        raise ValueError(f"ends at {stop}, which is not behind its start, {start}")
    if 1 < step >= stop - start:
        raise ValueError(f"has a step of {step}, beyond its {stop - start} slices")
    return ":".join([str(start), str(stop) if match[2] else "", *([str(step)] if step > 1 else [])])


def read_axes(value: object) -> str:
    """Read some of x, y and z, as a list, with commas between or without, in their order."""
    axes = _letters(value)
    if not axes or len(set(axes)) != len(axes) or not set(axes) <= set("xyz"):
        raise ValueError("must be one or some of x,y,z, such as x or y,z")
    return ",".join(sorted(axes))


def read_order(value: object) -> str:
    """Read x, y and z in any order: zyx, or z,y,x."""
    axes = _letters(value)
    if sorted(axes) != list("xyz"):
        raise ValueError(
            "must hold each of x,y,z once: the axes of the source that become x, y and z, such as "
            "yxz"
        )
    return axes


def _letters(value: object) -> str:
    text = "".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return text.replace(",", "").replace(" ", "").lower()


PartBox = Annotated[
    tuple[int, int, int, int, int, int],
    BeforeValidator(read_box, json_schema_input_type=Sequence[int] | str),
]
SliceSpan = Annotated[str, BeforeValidator(read_slices, json_schema_input_type=Sequence[int] | str)]

AxisSet = Annotated[str, BeforeValidator(read_axes, json_schema_input_type=Sequence[str] | str)]
AxisOrder = Annotated[str, BeforeValidator(read_order, json_schema_input_type=Sequence[str] | str)]


class SelectionOptions(BaseModel):
    """Which voxels of the source are converted, and along which axes."""

    bounding_box: PartBox | None = Field(
        None,
        description="Part of the source to convert: x,y,z of its first voxel and its size along "
        "these, in voxels as the whole dataset would count them, of which it keeps its place. For "
        "a source that states no place these are its own voxels, from 0 on. Every layer is cut "
        "alike. Of `wkflow downsample`: the box of mag 1 that was changed; shards of coarser mags "
        "that do not depend on it stay.",
        examples=["2048,2048,100,1024,1024,64"],
        json_schema_extra=About(
            "Source",
            "Part of the source to convert: x,y,z of its first voxel, sizes along x,y,z.",
            downsample="Make the mags that are there anew where they depend on this box of mag 1.",
        ),
    )
    slices: SliceSpan | None = Field(
        None,
        description="Slices to convert: START:STOP or START:STOP:STEP, counted along z from 0 as "
        "in bounding_box; STOP is not converted. A step makes voxels as much larger along z. In "
        "YAML it needs quotes.",
        examples=["100:2000:2"],
        json_schema_extra=About("Source", "Slices to convert, along z: START:STOP or with :STEP."),
    )

    transpose: AxisOrder | None = Field(
        None,
        description="Which axes of the source become x, y and z of the dataset, such as yxz; their "
        "voxel sizes and mags go with them. Where z is exchanged, each job reads all slices; what "
        "would be decoded more than four times is refused.",
        examples=["yxz"],
        json_schema_extra=About(
            "Source", "Axes of the source that become x, y and z, such as yxz."
        ),
    )
    flip: AxisSet | None = Field(
        None,
        description="Axes of the dataset along which all layers are mirrored, after transpose: "
        "within what the whole source spans, so that layers and parts stay where they belong.",
        examples=["x,z"],
        json_schema_extra=About("Source", "Axes along which all layers are mirrored."),
    )

    @property
    def axis_order(self) -> Triple:
        """Which axis of the source (0 is x) becomes x, which y, which z."""
        x, y, z = ("xyz".index(axis) for axis in self.transpose or "xyz")
        return x, y, z

    @property
    def mirrored_axes(self) -> frozenset[int]:
        """The axes of the dataset (0 is x) that run backwards."""
        return frozenset("xyz".index(axis) for axis in (self.flip or "").split(",") if axis)

    @property
    def has_selection(self) -> bool:
        """Whether a part of the source is asked for."""
        return self.bounding_box is not None or self.slices is not None

    @property
    def selected_box(self) -> Box:
        """The voxels that are asked for, without `slices`; all of them without the option."""
        x, y, z, width, height, depth = self.bounding_box or (0, 0, 0, *(LARGEST,) * 3)
        return Box((x, y, z), (x + width, y + height, z + depth))

    @property
    def selected_slices(self) -> range:
        """The z that are asked for by both options; a step counts from the start of `slices`."""
        start, stop, step = _slices_of(self.slices)
        box = self.selected_box
        first = start + max(0, -(-(box.begin[2] - start) // step)) * step
        return range(first, max(first, min(stop, box.end[2])), step)


def _slices_of(text: str | None) -> Triple:
    start, stop, step = (*(text or "0:").split(":"), "1")[:3]
    return int(start), int(stop or LARGEST), int(step)
