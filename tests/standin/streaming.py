"""Routes that show every dataset as arrays of zarr version 2, in chunks of 32 x 32 x 32."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from werkzeug.wrappers import Response

from tests.standin.answers import as_json, missing
from tests.standin.datasource import (
    CHANNELS,
    Document,
    extent,
    find_layer,
    find_mag,
    mag_name,
    spelled,
)
from tests.standin.people import may_read
from tests.standin.site import Call

EDGE = 32
TYPES = {"uint24": "|u1", "float": "<f4", "double": "<f8"}
READABLE = {"zarr3", "zarr", "wkw"}


def readable_source(call: Call, key: str) -> Document:
    """Give the data source of a dataset that the caller may read."""
    dataset = call.site.store.row("SELECT * FROM datasets WHERE id = ?", key)
    if dataset is None:
        raise missing(f"Dataset “{key}” could not be found or accessed.")
    may_read(call.user, dataset, call.token)
    call.site.datasets.usable(key)
    return call.site.datasets.source(dataset)


def served_source(call: Call, key: str, serve_mags: Callable[[Document], None]) -> Response:
    """Answer with the data source, after its layers were made to say how they are served."""
    source = spelled(readable_source(call, key), call.version)
    for layer in source["dataLayers"]:
        serve_mags(layer)
    return as_json(source)


def properties(call: Call, key: str) -> Response:
    """Describe the dataset as one of zarr."""

    def serve(layer: Document) -> None:
        layer["dataFormat"] = "zarr"
        extras = _extra_axes(layer)
        if extras:  # they stand behind the channel, wherever they are in the files
            bounds = {axis["name"]: axis["bounds"] for axis in layer["additionalAxes"]}
            layer["additionalAxes"] = [
                {"name": name, "bounds": bounds[name], "index": index}
                for index, name in enumerate(extras, 1)
            ]
        layer.pop("attachments", None)
        rank = 4 + len(extras)
        order = {"c": 0, "x": rank - 3, "y": rank - 2, "z": rank - 1}
        layer["mags"] = [
            {"mag": mag["mag"], "path": f"./{layer['name']}/{mag_name(mag['mag'])}",
             "axisOrder": order}
            for mag in layer["mags"]
        ]  # fmt: skip

    return served_source(call, key, serve)


def _extra_axes(layer: Document) -> list[str]:
    """Name the additional axes in their order in the files."""
    axes = sorted(layer.get("additionalAxes") or (), key=lambda axis: int(axis["index"]))
    return [axis["name"] for axis in axes]


def located(call: Call, key: str, layer: str, mag: str) -> tuple[Document, Document]:
    """Find a layer and its mag; 404 if there is none."""
    found = find_layer(readable_source(call, key), layer)
    held = find_mag(found, mag) if found else None
    if found is None or held is None:
        raise missing()
    return found, held


def group(call: Call, key: str, layer: str | None = None) -> Response:
    source = readable_source(call, key)
    if layer is not None and find_layer(source, layer) is None:
        raise missing()
    return as_json({"zarr_format": 2})


def array(call: Call, key: str, layer: str, mag: str) -> Response:
    """Describe a mag as an array of zarr version 2."""
    found, held = located(call, key, layer, mag)
    bounds = {axis["name"]: axis["bounds"] for axis in found.get("additionalAxes") or ()}
    extras = [bounds[name][1] for name in _extra_axes(found)]
    channels = CHANNELS.get(found["elementClass"], 1)
    return as_json(
        {
            "zarr_format": 2,
            "shape": [channels, *extras, *extent(found, held["mag"])],
            "chunks": [channels, *[1] * len(extras), EDGE, EDGE, EDGE],
            "dtype": str(_dtype(found).str),
            "fill_value": 0,
            "order": "F",
            "compressor": None,
            "filters": None,
            "dimension_separator": ".",
        }
    )


def _dtype(layer: Document) -> np.dtype[Any]:
    return np.dtype(TYPES.get(layer["elementClass"], layer["elementClass"])).newbyteorder("<")


def chunk(call: Call, key: str, layer: str, mag: str, coordinates: str) -> Response:
    """Answer with the raw voxels of one chunk; 404 if there are none but zeros."""
    found, held = located(call, key, layer, mag)
    try:
        indices = [int(part) for part in coordinates.split(".")]
    except ValueError:
        raise missing("Invalid chunk coordinates") from None
    extras = _extra_axes(found)
    if len(indices) != 4 + len(extras) or indices[0] != 0 or found["dataFormat"] not in READABLE:
        raise missing()
    voxels = _voxels(found, held, indices[1:], extras)
    if not voxels.any():
        raise missing()
    data = voxels.tobytes(order="F")
    if fault := call.due("flip"):
        # not one of the padding beyond the data, which nobody looks at
        position = int(fault.dice.choice(np.flatnonzero(np.frombuffer(data, np.uint8))))
        data = data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :]
    return Response(data, mimetype="application/octet-stream")


def _voxels(layer: Document, mag: Document, indices: list[int], extras: list[str]) -> NDArray[Any]:
    """Read one chunk, c first, then the additional axes, x, y, z; zeros beyond the array."""
    if layer["dataFormat"] == "wkw":
        names, view = ["c", "x", "y", "z"], _cubes(layer, mag)
    else:
        names, view = _array(layer, mag, extras)
    edges = [1] * len(extras) + [EDGE] * 3
    spans = [slice(i * n, (i + 1) * n) for i, n in zip(indices, edges, strict=True)]
    ends = view.shape[-len(spans) :]
    inside = [slice(s.start, min(s.stop, end)) for s, end in zip(spans, ends, strict=True)]
    channels = CHANNELS.get(layer["elementClass"], 1)
    voxels = np.zeros((channels, *edges), _dtype(layer))
    if any(span.stop <= span.start for span in inside):
        return voxels
    read = np.asarray(view[(..., *inside)])
    if "c" not in names:
        read = read[None]
    if mag.get("channelIndex") is not None:
        first = mag["channelIndex"]
        read = read[first : first + channels]
    corner = tuple(slice(0, span.stop - span.start) for span in inside)
    voxels[(slice(None), *corner)] = read
    return voxels


def _cubes(layer: Document, mag: Document) -> NDArray[Any]:
    """Read all of a mag of WKW: those of tests are small."""
    from tests.wkw_cubes import read_wkw  # noqa: PLC0415 -- as tensorstore

    channels = CHANNELS.get(layer["elementClass"], 1)
    shape = (channels, *extent(layer, mag["mag"]))
    return read_wkw(Path(mag["path"].removeprefix("file://")), shape, _dtype(layer).name)


def _array(layer: Document, mag: Document, extras: list[str]) -> tuple[list[str], Any]:
    """Open an array of zarr, c first, then the additional axes, x, y, z; give their names too."""
    import tensorstore  # noqa: PLC0415 -- half a second that only readers of voxels should pay

    opened = tensorstore.open(
        {"driver": layer["dataFormat"], "kvstore": {"driver": "file", "path": mag["path"]}},
        read=True,
    ).result()
    order = mag.get("axisOrder") or {"c": 0, "x": 1, "y": 2, "z": 3}
    extra_order = {axis["name"]: axis["index"] for axis in layer.get("additionalAxes") or ()}
    names = [name for name in ("c", *extras, "x", "y", "z") if name in order | extra_order]
    return names, opened.transpose([(extra_order | order)[name] for name in names])


def attributes(call: Call, key: str, layer: str) -> Response:
    """Describe a layer's mags as OME-NGFF 0.4."""
    source = readable_source(call, key)
    found = find_layer(source, layer)
    if found is None:
        raise missing()
    factor = source["scale"]["factor"]
    axes = [{"name": "c", "type": "channel"}] + [
        {"name": axis, "type": "space", "unit": source["scale"]["unit"]} for axis in "xyz"
    ]
    datasets = [
        {
            "path": mag_name(mag["mag"]),
            "coordinateTransformations": [
                {
                    "type": "scale",
                    "scale": [
                        1.0,
                        *itertools.starmap(_product, zip(factor, mag["mag"], strict=True)),
                    ],
                }
            ],
        }
        for mag in found["mags"]
    ]
    multiscale = {"version": "0.4", "name": layer, "axes": axes, "datasets": datasets}
    return as_json({"multiscales": [multiscale]})


def _product(one: float, other: float) -> float:
    return one * other
