"""What beside the arrays describes a pyramid, and how it grows with new mags.

Zarr: `multiscales` of OME-Zarr, https://ngff.openmicroscopy.org/0.5/ and earlier ones. N5: the
same, and `scales` or `downsamplingFactors`, https://github.com/saalfeldlab/n5-viewer. Precomputed:
`scales` of https://neuroglancer-docs.web.app/datasource/precomputed/volume.html. WKW has none.

What is no such description is left alone; so is all that it says besides.
"""

import json
import posixpath
import re
from collections.abc import Callable, Collection
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any, TypeGuard

from wkflow.formats.layout import as_json
from wkflow.formats.table import format_of
from wkflow.model.box import Triple
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid, Layer
from wkflow.model.mag import Mag

Item = dict[str, Any]
Read = Callable[[str], bytes | None]
Extent = Callable[[Any], float | None]

DOCUMENTS = {
    "zarr3": "zarr.json",
    "zarr": ".zattrs",
    "n5": "attributes.json",
    "neuroglancerPrecomputed": "info",
}
"""The file of a group that lists its mags, by format."""

TRANSFORMATIONS = "coordinateTransformations"
TRANSFORM = "transform"
"""What some programs write in place of it in N5, with names of axes of its own."""

BY_PLACE = re.compile(r"s\d+")
"""Folders in N5 that are found by their place in a list of factors."""


@dataclass(frozen=True, slots=True)
class _New:
    """A new mag: its folder below the group, and what one voxel spans of the base's."""

    name: str
    ratio: Triple
    grid: Grid


@dataclass(frozen=True, slots=True)
class _Growth:
    """The base's folder below the group and its mag, and what comes beside it."""

    layer: Layer
    base: str
    mag: Mag
    new: list[_New]
    gone: set[str]


def extended(
    data_format: str, read: Read, layer: Layer,
    base: tuple[str, Mag], added: list[tuple[str, Mag]], grids: tuple[Grid, ...],
    *, removed: Collection[str] = (),
) -> dict[str, bytes]:  # fmt: skip
    """Give the documents that change when mags are added to a pyramid, by path, as they will be.

    `read` gives the bytes of a file below the dataset, None where there is none. `base` is the mag
    that the new ones were computed from: its folder below the dataset, such as `em/1`, and the mag
    itself; `added` are the new ones, with `grids` beside them, and `removed` the folders of those
    that they replace. Only a description that lists the base is extended, and only by mags in its
    folder. Of lists of bare factors (N5) nothing is removed.
    """
    group, name = posixpath.split(posixpath.normpath(base[0]))
    new = [
        _New(below, mag.over(base[1]), grid)
        for (path, mag), grid in zip(added, grids, strict=True)
        if (below := _below(group, path))
    ]
    gone = {_below(group, path) for path in removed} - {one.name for one in new}
    if data_format not in DOCUMENTS or not new:
        return {}
    path = posixpath.join(group, DOCUMENTS[data_format])
    document = _parsed(read(path))
    if not isinstance(document, dict):
        return {}
    grown = deepcopy(document)
    _GROW[data_format](grown, _Growth(layer, name, base[1], new, gone))
    return {path: as_json(grown)} if grown != document else {}


def _below(group: str, path: str) -> str:
    """Give the path below a group; empty if it is not there."""
    whole, head = posixpath.normpath(path), f"{group}/" if group else ""
    return whole.removeprefix(head) if whole.startswith(head) else ""


def _parsed(content: bytes | None) -> object:
    try:
        return json.loads(content or b"null")
    except ValueError:
        return None


def _grow_zarr3(document: Item, growth: _Growth) -> None:
    attributes = document.get("attributes")
    if isinstance(attributes, dict):
        _grow_multiscales(attributes, growth)
        if isinstance(attributes.get("ome"), dict):
            _grow_multiscales(attributes["ome"], growth)


def _grow_n5(document: Item, growth: _Growth) -> None:
    _grow_multiscales(document, growth)
    if not BY_PLACE.fullmatch(growth.base):
        _grow_factors(document.get("scales"), growth)
        _grow_factors(document.get("downsamplingFactors"), growth)


def _grow_multiscales(holder: Item, growth: _Growth) -> None:
    """Append to each multiscale that lists the base, scaled and translated as the base is."""
    for pyramid in _items(holder.get("multiscales")):
        datasets, axes = _items(pyramid.get("datasets")), _axes(pyramid.get("axes"))
        base = _find(datasets, "path", growth.base)
        described = {key: base[key] for key in (TRANSFORMATIONS, TRANSFORM) if key in base}
        if not base or (described and not _scales(described, axes)):
            continue
        extent = partial(_extent, axes=axes)
        _drop(datasets, "path", growth)
        for new in growth.new:
            _put(datasets, "path", {"path": new.name} | _scaled(described, axes, new.ratio), extent)


def _scaled(described: Item, axes: list[str], ratio: Triple) -> Item:
    """Give the transformations of a mag whose voxels span `ratio` of the described one's."""
    grown = deepcopy(described)
    factors = dict(zip("xyz", ratio, strict=True))
    for scale, names in _scales(grown, axes):
        scale[:] = [edge * factors.get(axis, 1) for edge, axis in zip(scale, names, strict=True)]
    return grown


def _scales(dataset: Item, axes: list[str]) -> list[tuple[list[float], list[str]]]:
    """Give all scales of a dataset, each with the names of its axes."""
    steps = [step for step in _items(dataset.get(TRANSFORMATIONS)) if step.get("type") == "scale"]
    found = [(step.get("scale"), axes) for step in steps]
    found += [
        (transform.get("scale"), _axes(transform.get("axes")))
        for transform in _items([dataset.get(TRANSFORM)])
    ]
    return [(scale, names) for scale, names in found if names and _is_numbers(scale, len(names))]


def _extent(dataset: Item, axes: list[str]) -> float | None:
    """How much room a voxel takes, if the dataset says so."""
    scales = _scales(dataset, axes)
    return prod(scales[0][0]) if scales else None


def _is_numbers(numbers: object, count: int) -> TypeGuard[list[float]]:
    return (
        isinstance(numbers, list)
        and len(numbers) == count
        and all(isinstance(number, int | float) for number in numbers)
    )


def _axes(axes: object) -> list[str]:
    """Give the names of the axes: objects since OME-Zarr 0.4, bare names before."""
    listed = axes if isinstance(axes, list) else []
    return [str(axis.get("name") if isinstance(axis, dict) else axis).lower() for axis in listed]


def _grow_factors(factors: object, growth: _Growth) -> None:
    """Append to a list of the mags' factors along x, y and z."""
    if not isinstance(factors, list) or list(growth.mag.factors) not in factors:
        return
    for new in growth.new:
        wanted = list(new.grid.mag.factors)
        if wanted not in factors:
            factors.insert(_place(factors, wanted, _volume), wanted)


def _volume(edges: object) -> float | None:
    return prod(edges) if _is_numbers(edges, 3) else None


def _grow_info(info: Item, growth: _Growth) -> None:
    """Append to the scales of a precomputed volume.

    Our chunks are named by where they lie in the dataset, and new scales begin at one of them,
    wherever the base's `voxel_offset` is: a voxel has the same place in all of them.
    """
    scales = _items(info.get("scales"))
    resolution = _find(scales, "key", growth.base).get("resolution")
    if not _is_numbers(resolution, 3):
        return
    finest = [edge / factor for edge, factor in zip(resolution, growth.mag.factors, strict=True)]
    _drop(scales, "key", growth)
    for new, scale in zip(growth.new, _precomputed_scales(growth, finest), strict=True):
        _put(scales, "key", scale | {"key": new.name}, _resolved)


def _resolved(scale: Item) -> float | None:
    return _volume(scale.get("resolution"))


def _precomputed_scales(growth: _Growth, finest: list[float]) -> list[Item]:
    """Take them from the writer. `finest` are the edges of a voxel in mag 1, in nanometers."""
    x, y, z = finest
    (content,) = (
        format_of("neuroglancerPrecomputed")
        .documents(
            growth.layer,
            tuple(new.grid for new in growth.new),
            Codec.parse("none"),
            voxel_size=(x, y, z),
            unit="nanometer",
        )
        .values()
    )
    scales: list[Item] = json.loads(content)["scales"]
    return scales


def _items(items: object) -> list[Item]:
    """Give the list itself if it is one of objects, else an empty one."""
    if isinstance(items, list) and all(isinstance(item, dict) for item in items):
        return items
    return []


def _find(items: list[Item], key: str, name: str) -> Item:
    """Give the object that names a folder, an empty one if none does."""
    return next((item for item in items if _folder(item, key) == name), {})


def _folder(item: Item, key: str) -> str:
    return posixpath.normpath(str(item.get(key)))


def _drop(items: list[Item], key: str, growth: _Growth) -> None:
    """Forget the mags that are gone."""
    items[:] = [item for item in items if _folder(item, key) not in growth.gone]


def _put(items: list[Item], key: str, item: Item, extent: Extent) -> None:
    """Replace the object of the same folder, or insert it before the first coarser one."""
    listed = _find(items, key, item[key])
    if listed:
        items[items.index(listed)] = item
    else:
        items.insert(_place(items, item, extent), item)


def _place(items: list[Any], item: object, extent: Extent) -> int:
    sizes = [extent(other) for other in [item, *items]]
    places = (place for place, size in enumerate(sizes[1:]) if size and size > (sizes[0] or size))
    return next(places, len(items))


_GROW = {
    "zarr3": _grow_zarr3,
    "zarr": _grow_multiscales,
    "n5": _grow_n5,
    "neuroglancerPrecomputed": _grow_info,
}
