"""Datasets by hand: zarr-python, tensorstore and struct write the voxels, json the properties.

Voxels of a mag are one array (t, c, x, y, z) from the array's origin on, whatever the axes are in
which they are stored; t is 1 where a layer has no time.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import tensorstore
import zarr
from numpy.typing import NDArray

from tests.wkw_cubes import read_wkw, write_wkw

Voxels = NDArray[Any]
Triple = tuple[int, int, int]
Document = dict[str, Any]

PROPERTIES = "datasource-properties.json"
CHUNK, SHARD = 16, 32
"""Edges in voxels: small, so that small layers have several of each."""


@dataclass(frozen=True)
class HandLayer:
    """One layer as it is to lie on disk.

    `mags` are its voxels by mag, such as `2-2-1`; `begin` and `size` its box in mag 1, by default
    all of the finest mag. `axes` is the order of the stored axes. `memory` is the order of voxels
    in a chunk, `endian` that of bytes. `folders` are the paths of mags that do not lie at
    `./layer/mag`. `plain` spells the factors of mags as numbers where they are equal. `fields` are
    added to its properties.
    """

    name: str
    mags: Mapping[str, Voxels]
    begin: Triple = (0, 0, 0)
    size: Triple | None = None
    category: str = "color"
    data_format: str = "zarr3"
    axes: tuple[str, ...] = ("c", "x", "y", "z")
    memory: str = "F"
    endian: str = "little"
    folders: Mapping[str, str] = field(default_factory=dict)
    plain: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def finest(self) -> Voxels:
        """The voxels that all others are made of, unless there are some already."""
        return next(iter(self.mags.values()))

    @property
    def end(self) -> Triple:
        """Where the box ends, in mag 1."""
        size = self.size or _minus(_times(self.finest.shape[2:], next(iter(self.mags))), self.begin)
        return tuple(b + s for b, s in zip(self.begin, size, strict=True))

    def canonical(self) -> "HandLayer":
        """Give the same voxels as any tool would store them."""
        plain = HandLayer(self.name, self.mags)
        axes = ("t", "c", "x", "y", "z") if "t" in self.axes else plain.axes
        return replace(self, data_format="zarr3", axes=axes, memory="F", endian="little",
                       folders={}, plain=False)  # fmt: skip

    def path(self, mag: str) -> str:
        return self.folders.get(mag, f"./{self.name}/{mag}")


def factors(mag: str) -> Triple:
    """Read `4` or `4-4-2`."""
    parts = [int(part) for part in mag.split("-")]
    x, y, z = parts if len(parts) == 3 else parts * 3
    return x, y, z


def _times(extents: tuple[int, ...], mag: str) -> Triple:
    x, y, z = (e * f for e, f in zip(extents, factors(mag), strict=True))
    return x, y, z


def _minus(left: Triple, right: Triple) -> Triple:
    x, y, z = (a - b for a, b in zip(left, right, strict=True))
    return x, y, z


def write_dataset(folder: Path, *layers: HandLayer, **fields: object) -> Path:
    """Write all layers, and the properties with `fields` in place of the usual ones."""
    for layer in layers:
        for mag, voxels in layer.mags.items():
            path = folder / layer.path(mag)
            path.parent.mkdir(parents=True, exist_ok=True)
            WRITERS[layer.data_format](path, layer, mag, voxels)
    document = {
        "id": {"name": "by hand", "team": ""},
        "scale": {"factor": [11.24, 11.24, 25.0], "unit": "nanometer"},
        "dataLayers": [describe(layer) for layer in layers],
        "version": 1,
    }
    kept = {key: value for key, value in (document | fields).items() if value is not None}
    (folder / PROPERTIES).write_text(json.dumps(kept, indent=2))
    return folder


def describe(layer: HandLayer) -> Document:
    """Give the properties of a layer."""
    width, height, depth = _minus(layer.end, layer.begin)
    dtype, channels = str(layer.finest.dtype), layer.finest.shape[1]
    document: Document = {
        "name": layer.name,
        "category": layer.category,
        "boundingBox": {
            "topLeft": list(layer.begin), "width": width, "height": height, "depth": depth
        },
        "dataFormat": layer.data_format,
        "mags": [_describe_mag(layer, mag) for mag in layer.mags],
        "numChannels": channels,
        "elementClass": "uint24" if channels == 3 else {"float32": "float"}.get(dtype, dtype),
    }  # fmt: skip
    if "t" in layer.axes:
        bounds = [0, len(layer.finest)]
        axis = {"name": "t", "bounds": bounds, "index": layer.axes.index("t")}
        document["additionalAxes"] = [axis]
    kept = document | dict(layer.fields)
    return {key: value for key, value in kept.items() if value is not None}


def _describe_mag(layer: HandLayer, mag: str) -> Document:
    spelled = factors(mag)
    literal = spelled[0] if layer.plain and len(set(spelled)) == 1 else list(spelled)
    order = {axis: place for place, axis in enumerate(layer.axes) if axis != "t"}
    cube = {"cubeLength": SHARD} if layer.data_format == "wkw" else {}
    return {"mag": literal, "path": layer.path(mag), **cube, "axisOrder": order}


def stored(voxels: Voxels, axes: tuple[str, ...]) -> Voxels:
    """Turn (t, c, x, y, z) into the stored axes; those that are not stored have one voxel."""
    gone = tuple(place for place, axis in enumerate("tcxyz") if axis not in axes)
    left = [axis for axis in "tcxyz" if axis in axes]
    return voxels.squeeze(gone).transpose([left.index(axis) for axis in axes])


def loaded(array: Voxels, axes: tuple[str, ...]) -> Voxels:
    """Turn an array with any axes into (t, c, x, y, z)."""
    left = [axis for axis in "tcxyz" if axis in axes]
    turned = array.transpose([axes.index(axis) for axis in left])
    return np.expand_dims(turned, [i for i, axis in enumerate("tcxyz") if axis not in axes])


def _zarr(path: Path, layer: HandLayer, mag: str, voxels: Voxels) -> None:  # noqa: ARG001
    array = stored(voxels, layer.axes)
    chunk = [CHUNK if axis in "xyz" else 1 for axis in layer.axes]
    chunk = [
        len(voxels[0]) if axis == "c" else n for axis, n in zip(layer.axes, chunk, strict=True)
    ]
    options: dict[str, Any] = {"chunks": tuple(chunk)}
    if layer.data_format == "zarr":
        dtype = array.dtype.newbyteorder({"little": "<", "big": ">"}[layer.endian])
        options |= {"zarr_format": 2, "order": layer.memory, "dtype": dtype, "shape": array.shape}
        options |= {"chunk_key_encoding": {"name": "v2", "separator": "/"}, "fill_value": 0}
        zarr.create_array(path, **options)[...] = array
        return
    shard = [SHARD if axis in "xyz" else n for axis, n in zip(layer.axes, chunk, strict=True)]
    if layer.memory == "F":
        order = tuple(reversed(range(array.ndim)))
        options["filters"] = [zarr.codecs.TransposeCodec(order=order)]
    serializer = zarr.codecs.BytesCodec(endian=layer.endian if array.itemsize > 1 else None)
    zarr.create_array(path, data=array, shards=tuple(shard), serializer=serializer, **options)


def _wkw(path: Path, layer: HandLayer, mag: str, voxels: Voxels) -> None:  # noqa: ARG001
    (block,) = voxels
    write_wkw(path, block, CHUNK, SHARD)


def _tensorstore(path: Path, layer: HandLayer, mag: str, voxels: Voxels) -> None:
    """Write N5 (c, x, y, z), or a scale of a precomputed volume (x, y, z, c)."""
    array = voxels[0] if layer.data_format == "n5" else voxels[0].transpose(1, 2, 3, 0)
    spec: Document = {"create": True, "open": True}
    if layer.data_format == "n5":
        block = [len(voxels[0]), CHUNK, CHUNK, CHUNK]
        metadata: Document = {"dimensions": array.shape, "blockSize": block}
        metadata |= {"dataType": str(array.dtype), "compression": {"type": "gzip"}}
        spec |= {"driver": "n5", "kvstore": f"file://{path}/", "metadata": metadata}
    else:
        resolution = [edge * f for edge, f in zip((11.24, 11.24, 25.0), factors(mag), strict=True)]
        spec |= {"driver": "neuroglancer_precomputed", "kvstore": f"file://{path.parent}/"}
        kind = {"color": "image"}.get(layer.category, layer.category)
        spec["multiscale_metadata"] = {
            "type": kind, "data_type": str(array.dtype), "num_channels": len(voxels[0])
        }  # fmt: skip
        spec["scale_metadata"] = {
            "key": path.name, "size": array.shape[:3], "resolution": resolution,
            "chunk_size": [CHUNK] * 3, "encoding": "raw",
        }  # fmt: skip
    tensorstore.open(spec).result().write(array).result()


WRITERS = {
    "zarr3": _zarr, "zarr": _zarr, "wkw": _wkw,
    "n5": _tensorstore, "neuroglancerPrecomputed": _tensorstore,
}  # fmt: skip


def properties(dataset: Path) -> Document:
    document: Document = json.loads((dataset / PROPERTIES).read_text())
    return document


def read_mags(dataset: Path, layer: HandLayer) -> dict[str, Voxels]:
    """Read every listed mag of a layer as (t, c, x, y, z), with a library that is not ours."""
    (found,) = (one for one in properties(dataset)["dataLayers"] if one["name"] == layer.name)
    return {mag_name(mag): _read(dataset, found, mag, layer) for mag in mags_of(found)}


def mags_of(document: Document) -> list[Document]:
    """Give the mags of a layer's properties, also of old ones."""
    mags: list[Document] = document.get("mags") or document["wkwResolutions"]
    return mags


def mag_name(mag: Document) -> str:
    """Spell a mag of the properties as `2` or `2-2-1`."""
    literal = mag.get("mag", mag.get("resolution"))
    spelled = literal if isinstance(literal, list) else [literal]
    return "-".join(map(str, spelled)) if len(set(spelled)) > 1 else str(spelled[0])


def _read(dataset: Path, document: Document, mag: Document, layer: HandLayer) -> Voxels:
    """Read what the box covers, from the origin on: arrays of the official tool are far larger."""
    name, kind = mag_name(mag), document["dataFormat"]
    path = dataset / mag.get("path", f"{layer.name}/{name}")
    extents = [-(-end // f) for end, f in zip(layer.end, factors(name), strict=True)]
    if kind in {"zarr3", "zarr"}:
        places = dict(mag["axisOrder"])
        places |= {axis["name"]: axis["index"] for axis in document.get("additionalAxes", [])}
        axes = tuple(sorted(places, key=lambda axis: places[axis]))
        ends = dict(zip("xyz", extents, strict=True))
        array = zarr.open_array(path, mode="r")[*(slice(0, ends.get(axis)) for axis in axes)]
        return loaded(np.asarray(array), axes)
    if kind == "wkw":
        dtype = str(layer.finest.dtype)
        return read_wkw(path, (layer.finest.shape[1], *extents), dtype)[np.newaxis]
    if kind == "n5":
        return _opened({"driver": "n5", "kvstore": f"file://{path}/"})[np.newaxis]
    keys = [scale["key"] for scale in json.loads((path.parent / "info").read_bytes())["scales"]]
    volume = {"driver": "neuroglancer_precomputed", "kvstore": f"file://{path.parent}/"}
    voxels = _opened(volume | {"scale_index": keys.index(path.name)})
    return voxels.transpose(3, 0, 1, 2)[np.newaxis]


def _opened(spec: Document) -> Voxels:
    return np.asarray(tensorstore.open(spec).result().read().result())
