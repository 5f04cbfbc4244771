"""`datasource-properties.json`: what makes a folder a dataset to WEBKNOSSOS.

Written last, by replacement, and removed first: a dataset that is being changed does not look
finished. Keys and their order are those that `webknossos` 4.3.3 writes.
"""

from pathlib import Path
from typing import Any

from wkflow import atomic_files
from wkflow.model.data_formats import DATA_FORMATS
from wkflow.model.layer import Grid, Layer
from wkflow.model.receipt import Receipt
from wkflow.model.self_description import forget_description
from wkflow.model.source import Channel, Window

PROPERTIES = "datasource-properties.json"

LARGEST_PLAIN_INTEGER = 2**53 - 1
"""Above it JSON numbers lose digits in JavaScript; the server then takes an envelope."""


INDENT = 4

DISPLAY = Channel()
"""Of a layer whose source says nothing: WEBKNOSSOS chooses."""


def remove_properties(dataset: Path) -> None:
    """Let a dataset that is about to change no longer look finished."""
    (dataset / PROPERTIES).unlink(missing_ok=True)
    forget_description(dataset)


def write_properties(dataset: Path, document: dict[str, Any]) -> None:
    """Let the dataset be seen; what described it before does so no more."""
    forget_description(dataset)
    atomic_files.write_json(dataset / PROPERTIES, document, indent=INDENT)


def properties_bytes(document: dict[str, Any]) -> bytes:
    """Give what `write_properties` writes."""
    return atomic_files.as_json(document, indent=INDENT)


def properties_of(
    name: str,
    voxel_size: tuple[float, float, float],
    unit: str,
    layers: list[dict[str, Any]],
) -> dict[str, Any]:
    """Describe a dataset of `layers`, each as `layer_properties` gives it."""
    return {
        "id": {"name": name, "team": ""},
        "scale": {"factor": list(voxel_size), "unit": unit},
        "dataLayers": layers,
        "version": 1,
    }


def layer_properties(
    layer: Layer,
    grids: tuple[Grid, ...],
    receipts: list[Receipt],
    display: Channel = DISPLAY,
    *,
    largest_id: int = 0,
    limits: Window | None = None,
) -> dict[str, Any]:
    """Describe one layer.

    `receipts` are those of its slabs, whose statistics it needs; `display` says how the layer is
    first shown, where that is known; `largest_id` is that of a segmentation's source. `limits` are
    values that a person may choose from though no voxel has them.
    """
    x, y, z = layer.box.size
    document: dict[str, Any] = {
        "name": layer.name,
        "category": layer.category,
        "boundingBox": {"topLeft": list(layer.begin), "width": x, "height": y, "depth": z},
        "dataFormat": layer.data_format,
        "mags": [mag_properties(layer, grid) for grid in grids],
    }
    lows = [r.lowest for r in receipts if r.lowest is not None] + list(limits or ())
    highs = [r.highest for r in receipts if r.highest is not None] + list(limits or ())
    if layer.category == "segmentation":
        document["largestSegmentId"] = _segment_id(int(max([largest_id, *highs])))
    elif view := _view(lows, highs, display):
        document["defaultViewConfiguration"] = view
    if layer.axes:
        document["additionalAxes"] = [
            {"name": name, "bounds": [0, size], "index": index}
            for index, (name, size) in enumerate(layer.axes)
        ]
    return document | {"numChannels": layer.channels, "elementClass": layer.element_class}


def mag_properties(layer: Layer, grid: Grid) -> dict[str, Any]:
    """Describe one mag; its axes are in the order in which `webknossos` 4.3.3 reads them.

    That is (c, x, y, z) also for precomputed volumes, which have the channel at the end: it asks
    for this order, and turns the axes itself.
    """
    axes = layer.arranged([name for name, _ in layer.axes], "cxyz")
    cube = {"cubeLength": grid.shard[0]} if DATA_FORMATS[layer.data_format].is_cubic else {}
    return {
        "mag": list(grid.mag.factors),
        "path": f"./{layer.path}/{grid.name}",
        **cube,
        "axisOrder": {name: axes.index(name) for name in "cxyz" if name in axes},
    }


def _view(lows: list[float], highs: list[float], display: Channel) -> dict[str, Any]:
    """Say how bright and in which colour a layer is shown first; `min` and `max` are its limits."""
    view: dict[str, Any] = {}
    if display.colour:
        view["color"] = list(display.colour)
    if display.window:
        view["intensityRange"] = list(display.window)
    if lows and highs:
        view |= {"min": float(min(lows)), "max": float(max(highs))}
    return view


def _segment_id(largest: int) -> int | dict[str, str]:
    if largest <= LARGEST_PLAIN_INTEGER:
        return largest
    return {"customJsonEncoding": "bigint", "value": str(largest)}
