"""A WEBKNOSSOS dataset as a source: each layer's finest mag is an image.

https://docs.webknossos.org/webknossos/data/concepts.html: `datasource-properties.json` lists the
layers, their mags and bounding boxes (in voxels of mag 1), and the voxel size.
"""

import json
from pathlib import Path
from typing import Any

from wkflow.errors import SourceError
from wkflow.readers.length import to_nm
from wkflow.readers.store.array import Stored, StoredImage, image_of
from wkflow.readers.store.node import node_at
from wkflow.readers.store.zarr import array_at, stored_of
from wkflow.source import About

PROPERTIES = "datasource-properties.json"

ORDER = {"c": 0, "x": 1, "y": 2, "z": 3}
"""The axes of an array whose mag does not say it."""


def is_dataset(path: str) -> bool:
    """Tell whether a folder is a dataset of WEBKNOSSOS."""
    return (Path(path) / PROPERTIES).is_file()


def images(path: str) -> tuple[StoredImage, ...]:
    """Give an image for each layer, named after it."""
    properties = json.loads((Path(path) / PROPERTIES).read_bytes())
    return tuple(_layer(path, layer, properties["scale"]) for layer in properties["dataLayers"])


def _layer(path: str, layer: dict[str, Any], scale: dict[str, Any]) -> StoredImage:
    if layer.get("dataFormat") not in {"zarr", "zarr3"}:
        raise SourceError(
            f"has a layer {layer['name']} of the format {layer.get('dataFormat')}",
            path,
            "Name the layer's own folder if it is N5 or precomputed; WKW cannot be read.",
        )
    mag = min(layer["mags"], key=lambda one: max(_factors(one)))
    node = node_at(Path(path) / mag.get("path", f"{layer['name']}/{_name(mag)}"))
    array = array_at(node, path)
    axes = _axes(mag.get("axisOrder") or ORDER, array.ndim)
    stored = _cropped(stored_of(array, node, axes), layer, mag)
    return image_of(
        path,
        stored,
        About(layer["name"], _voxel_nm(scale, _factors(mag))),
        (str((Path(path) / PROPERTIES).absolute()), *node.files),
    )


def _factors(mag: dict[str, Any]) -> tuple[int, int, int]:
    stated = mag["mag"] if "mag" in mag else mag["resolution"]
    x, y, z = stated if isinstance(stated, list) else [stated] * 3
    return int(x), int(y), int(z)


def _name(mag: dict[str, Any]) -> str:
    factors = _factors(mag)
    return str(factors[0]) if len(set(factors)) == 1 else "-".join(map(str, factors))


def _axes(order: dict[str, int], count: int) -> tuple[str, ...]:
    places = {place: axis for axis, place in order.items()}
    return tuple(places.get(place, f"axis{place}") for place in range(count))


def _cropped(stored: Stored, layer: dict[str, Any], mag: dict[str, Any]) -> Stored:
    """Leave out what lies outside the layer's bounding box: it was never written."""
    box = layer["boundingBox"]
    sizes = (box["width"], box["height"], box["depth"])
    spans = {
        axis: (begin // factor, -(-(begin + size) // factor))
        for axis, begin, size, factor in zip(
            "xyz", box["topLeft"], sizes, _factors(mag), strict=True
        )
    }
    whole = [
        spans.get(axis, (0, size)) for axis, size in zip(stored.axes, stored.shape, strict=True)
    ]
    begin = tuple(first for first, _ in whole)
    ends = [min(end, size) for (_, end), size in zip(whole, stored.shape, strict=True)]
    shape = tuple(end - first for first, end in zip(begin, ends, strict=True))
    is_rgb = layer.get("elementClass") == "uint24"
    return Stored(
        stored.axes, shape, stored.chunk, stored.dtype, stored.fetch, begin, is_rgb=is_rgb
    )


def _voxel_nm(
    scale: dict[str, Any] | list[float], factors: tuple[int, int, int]
) -> tuple[float | None, float | None, float | None]:
    """Give the voxel size; of old, `scale` was a list in nanometers."""
    sizes, unit = (scale, "nm") if isinstance(scale, list) else (scale["factor"], scale["unit"])
    x, y, z = (to_nm(s * f, unit) for s, f in zip(sizes, factors, strict=True))
    return x, y, z
