"""What the attributes of N5 say of the size of voxels, and of where the first one is.

`pixelResolution`, `resolution` with `units`, and `downsamplingFactors` or `scales` as n5-viewer,
BigDataViewer and WEBKNOSSOS write them, https://github.com/saalfeldlab/n5-viewer; `offset` of
Paintera; `transform` of the open volumes of EM, with names of axes of its own,
https://github.com/janelia-cellmap/schemas.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from wkflow.model.box import Triple
from wkflow.model.source import Place
from wkflow.model.units import to_nm, voxel_size
from wkflow.source_errors import FOREIGN

Attributes = dict[str, Any]
VoxelSize = tuple[float | None, float | None, float | None]


@dataclass(frozen=True, slots=True)
class Scale:
    """Where an array lies; `is_finest` says that the size that is stated is that of mag 1."""

    place: Place
    stated: VoxelSize
    is_finest: bool

    def voxel_nm(self, other: VoxelSize) -> VoxelSize:
        """Give the size of the array's own voxels; `other` stands where nothing else is stated."""
        size = self.stated if any(self.stated) else other
        if not self.is_finest:
            return size
        x, y, z = (
            None if one is None else one * mag
            for one, mag in zip(size, self.place.mag, strict=True)
        )
        return x, y, z


def n5_scale(above: Attributes, own: Attributes, name: str, axes: Sequence[str]) -> Scale:
    """Read what an array, called `name` below its group, says of its place."""
    try:
        mag = _mag(above, own, name, axes)
        is_finest = "resolution" not in own
        stated, begin = _transformed(above, own, name)
        begin = begin or _offset({**above, **own}, axes)
    except FOREIGN:  # no voxel depends on it
        return Scale(Place(), (None, None, None), is_finest=False)
    if any(stated):
        is_finest = False
    x, y, z = (at * factor for at, factor in zip(begin or (0.0, 0.0, 0.0), mag, strict=True))
    return Scale(Place((x, y, z), mag, is_centred=True), stated, is_finest)


def _mag(above: Attributes, own: Attributes, name: str, axes: Sequence[str]) -> Triple:
    """Give how many of the finest voxels one of the array spans."""
    factors = own.get("downsamplingFactors")
    if not factors:
        listed = above.get("downsamplingFactors") or above.get("scales") or []
        number = int(name[1:]) if re.fullmatch(r"s\d+", name) else 0
        factors = listed[number] if number < len(listed) else [1, 1, 1]
    fastest = [axis for axis in axes[::-1] if axis in "xyz"]
    along = dict(zip(axes[::-1] if len(factors) == len(axes) else fastest, factors, strict=False))
    x, y, z = (int(along.get(axis, 1)) for axis in "xyz")
    return (x, y, z) if min(x, y, z) > 0 else (1, 1, 1)


def _transformed(
    above: Attributes, own: Attributes, name: str
) -> tuple[VoxelSize, tuple[float, ...] | None]:
    """Read a transform: the size of the array's voxels, and where the first one is, in voxels."""
    listed = [one for pyramid in above.get("multiscales") or () for one in pyramid["datasets"]]
    of_level = next((one["transform"] for one in listed if one.get("path") == name and
                     "transform" in one), None)  # fmt: skip
    stated = own.get("transform") or of_level
    if not stated:
        return (None, None, None), None
    axes, units = stated["axes"], stated.get("units") or [""] * len(stated["axes"])
    scale = dict(zip(axes, map(float, stated["scale"]), strict=True))
    begin = dict(zip(axes, map(float, stated.get("translate") or [0] * len(axes)), strict=True))
    unit = dict(zip(axes, map(str, units), strict=True))
    x, y, z = (to_nm(scale.get(axis), unit.get(axis, "")) for axis in "xyz")
    return (x, y, z), tuple(begin.get(axis, 0.0) / scale.get(axis, 1.0) for axis in "xyz")


def _offset(attributes: Attributes, axes: Sequence[str]) -> tuple[float, ...] | None:
    """Read where the first voxel is in the unit of the resolution; give it in voxels."""
    offset = attributes.get("offset")
    steps = attributes.get("resolution", attributes.get("pixelResolution"))
    steps = steps.get("dimensions") if isinstance(steps, dict) else steps
    if not offset or not steps:
        return None
    names = [axis for axis in axes[::-1] if axis in "xyz"] if len(offset) == 3 else axes[::-1]
    pairs = zip(names, offset, steps[-len(offset) :], strict=True)
    along = {axis: float(at) / float(step) for axis, at, step in pairs}
    found = tuple(along.get(axis, 0.0) for axis in "xyz")
    return found if all(map(isfinite, found)) else None


def voxel_nm_of(
    attributes: Attributes, axes: tuple[str, ...]
) -> tuple[float | None, float | None, float | None]:
    """Read the size of a voxel: `pixelResolution`, or `resolution` in `units`.

    Both have an entry for each axis, the fastest first. What has no unit is no length.
    """
    stated = attributes.get("pixelResolution", attributes.get("resolution"))
    units = attributes.get("units", attributes.get("unit", ""))
    if isinstance(stated, dict):
        units = stated.get("unit", "")
        stated = stated.get("dimensions")
    names = axes[::-1]
    if not isinstance(stated, list) or len(stated) > len(names):
        return None, None, None
    each = units if isinstance(units, list) else [units] * len(stated)
    lengths = dict(zip(names, map(_length, stated, each), strict=False))
    return lengths.get("x"), lengths.get("y"), lengths.get("z")


def unmeasured(attributes: Attributes, axes: tuple[str, ...]) -> tuple[str, ...]:
    """Say what is stated as a size of voxels and is no length."""
    stated: Any = attributes.get("pixelResolution", attributes.get("resolution"))
    unit: Any = attributes.get("units", attributes.get("unit", ""))
    if isinstance(stated, dict):
        stated, unit = stated.get("dimensions"), stated.get("unit", "")
    if not isinstance(stated, list):
        return ()
    along = dict(zip(axes[::-1], stated, strict=False))
    listed = unit if isinstance(unit, list) else [unit] * len(axes)
    units = dict(zip(axes[::-1], listed, strict=False))
    return voxel_size([along.get(axis) for axis in "xyz"], [units.get(a) or "" for a in "xyz"])[1]


def _length(size: object, unit: object) -> float | None:
    """Give a length; a unit may be a multiple of its own: `4nm`."""
    number, name = re.findall(r"^([0-9.]*)\s*(.*)", str(unit))[0]
    try:
        return to_nm(float(str(size)) * float(number or 1), name)
    except ValueError:
        return None
