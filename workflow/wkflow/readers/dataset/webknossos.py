"""A WEBKNOSSOS dataset as a source: each layer's finest mag is an image.

https://docs.webknossos.org/webknossos/data/concepts.html: `datasource-properties.json` lists the
layers, their mags and bounding boxes (in voxels of mag 1), and the voxel size.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from wkflow.errors import SourceError
from wkflow.model.box import Triple, triple
from wkflow.model.datasource_properties import factors_of, local_path, mags_of, paths_of
from wkflow.model.source import Channel, ImageMetadata, Place, References
from wkflow.model.units import SHORT, UNITS, to_nm
from wkflow.readers.base.optional_metadata import besides, in_part
from wkflow.readers.base.references import referred
from wkflow.readers.dataset.image import Stored, StoredImage, image_of
from wkflow.readers.dataset.ome_zarr import array_at, stored_of
from wkflow.readers.dataset.wkw import HEADER, mag_at
from wkflow.readers.dataset.zarr_node import node_at

Scale = dict[str, Any] | list[float] | None
VoxelSize = tuple[float | None, float | None, float | None]

PROPERTIES = "datasource-properties.json"

ORDER = {"c": 0, "x": 1, "y": 2, "z": 3}
"""The axes of an array whose mag does not say it."""


def is_dataset(path: str) -> bool:
    """Tell whether a folder is a dataset of WEBKNOSSOS."""
    return (Path(path) / PROPERTIES).is_file()


def images(path: str, references: References) -> tuple[StoredImage, ...]:
    """Give an image for each layer, named after it."""
    properties = json.loads((Path(path) / PROPERTIES).read_bytes())
    scale = properties.get("scale")
    return tuple(_layer(path, layer, scale, references) for layer in properties["dataLayers"])


def _layer(path: str, layer: dict[str, Any], scale: Scale, references: References) -> StoredImage:
    data_format = layer.get("dataFormat")
    if data_format not in {"zarr", "zarr3", "wkw"}:
        raise SourceError(
            f"has a layer {layer['name']} of the format {data_format}",
            path,
            "Name the layer's own folder if it is N5 or precomputed.",
        )
    mag = min(mags_of(layer), key=lambda one: max(factors_of(one)))
    places = tuple(map(local_path, paths_of(layer, mag)))
    named = next((one for one in places if Path(path, one).exists()), places[0])
    folder = Path(referred(path, named, references, path))
    files: tuple[str, ...] = (str((folder / HEADER).absolute()),)
    if data_format == "wkw":
        whole = mag_at(folder)
    else:
        whole, files = _zarr(folder, mag, path)
    stored = _cropped(whole, layer, mag)
    return image_of(
        path,
        stored,
        replace(
            besides(lambda: _about(layer, _voxel_nm(scale, factors_of(mag))), str(layer["name"])),
            place=_place(layer["boundingBox"], factors_of(mag)),
            unit=_unit(scale),
        ),
        (str((Path(path) / PROPERTIES).absolute()), *files),
    )


def _zarr(folder: Path, mag: dict[str, Any], path: str) -> tuple[Stored, tuple[str, ...]]:
    """Give the array of a mag, and the files that describe it."""
    node = node_at(folder)
    array = array_at(node, path)
    return stored_of(array, node, _axes(mag.get("axisOrder") or ORDER, array.ndim)), node.files


def _about(layer: dict[str, Any], voxel_nm: VoxelSize) -> ImageMetadata:
    """Gather what the properties state of a layer."""
    name, category = str(layer["name"]), layer.get("category")
    count = _channel_count(layer)
    window, notes = in_part(lambda: _shown(layer), Channel(), "its colour and shown values")
    largest, more = in_part(lambda: _largest_id(layer), 0, "the numbers of its segments")
    return ImageMetadata(
        name,
        voxel_nm,
        (window,) * count if window != Channel() else (),
        (*notes, *more),
        layer=name,
        category=category if category in {"color", "segmentation"} else "",
        largest_id=largest,
    )


def _place(box: dict[str, Any], mag: Triple) -> Place:
    """Give the layer's box as it is: it need not begin or end with a voxel of the mag."""
    x, y, z = map(float, box["topLeft"])
    return Place((x, y, z), mag, triple(int(box[side]) for side in ("width", "height", "depth")))


def _channel_count(layer: dict[str, Any]) -> int:
    """Count channels; the samples of uint24 are one."""
    return 1 if layer.get("elementClass") == "uint24" else int(layer.get("numChannels") or 1)


def _shown(layer: dict[str, Any]) -> Channel:
    """Read the colour and the window of values that are shown from black to white.

    What a person set comes before what the dataset was made with.
    """
    views = [layer.get("defaultViewConfiguration"), layer.get("adminViewConfiguration")]
    view = {key: value for one in views if one for key, value in one.items()}
    window, colour = view.get("intensityRange"), view.get("color")
    return Channel(
        "",
        triple(map(int, colour)) if colour else None,
        (float(window[0]), float(window[1])) if window else None,
    )


def _largest_id(layer: dict[str, Any]) -> int:
    """Read the largest number of a segment; large ones come in an envelope."""
    stated = layer.get("largestSegmentId") or 0
    return int(stated["value"] if isinstance(stated, dict) else stated)


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
            "xyz", box["topLeft"], sizes, factors_of(mag), strict=True
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


def _unit(scale: Scale) -> str:
    """Give the unit's full name; nothing where none is stated, or one that is no length."""
    stated = str(scale.get("unit", "")) if isinstance(scale, dict) else ""
    name = SHORT.get(stated, stated)
    return name if name in UNITS else ""


def _voxel_nm(scale: Scale, factors: tuple[int, int, int]) -> VoxelSize:
    """Give the voxel size; of old, `scale` was a list in nanometers."""
    if not scale:
        return None, None, None
    if isinstance(scale, list):
        scale = {"factor": scale}
    sizes, unit = scale["factor"], scale.get("unit", "nm")
    x, y, z = (to_nm(s * f, unit) for s, f in zip(sizes, factors, strict=True))
    return x, y, z
