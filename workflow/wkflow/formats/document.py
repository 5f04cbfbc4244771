"""Metadata as JSON: the bytes of a document, and what OME-Zarr says of a layer's mags.

OME-Zarr: https://ngff.openmicroscopy.org/0.5/ (and 0.4, which has the same axes and scales).
"""

import json
from collections.abc import Mapping
from typing import Any

from wkflow.model.layer import Grid, Layer

KINDS = {"t": "time"}
"""What OME-Zarr calls the axes beyond channel and space, if it has a word for them."""


def as_json(document: Mapping[str, Any]) -> bytes:
    """Spell a document as zarr-python does."""
    return json.dumps(document, indent=2).encode()


def axis_names(layer: Layer) -> list[str]:
    """Name all axes of a layer's arrays, slowest first: further ones, c, x, y, z."""
    return layer.arranged([name for name, _ in layer.axes], "cxyz")


def multiscale(
    layer: Layer, grids: tuple[Grid, ...], voxel_size: tuple[float, float, float], unit: str
) -> dict[str, Any]:
    """Describe the axes of a layer, and the size of a voxel in each of its mags."""
    further = [{"name": name} | _kind(name) for name, _ in layer.axes]
    rest = [{"name": "c", "type": "channel"}]
    rest += [{"name": name, "type": "space", "unit": unit} for name in "xyz"]
    axes = layer.arranged(further, rest)
    ones = [1.0] * len(layer.axes)
    datasets = []
    for grid in grids:
        edges = [v * m for v, m in zip(voxel_size, grid.mag.factors, strict=True)]
        scale = layer.arranged(ones, [1.0, *edges])
        datasets.append({
            "path": grid.name,
            "coordinateTransformations": [{"type": "scale", "scale": scale}],
        })  # fmt: skip
    return {"axes": axes, "datasets": datasets}


def _kind(name: str) -> dict[str, str]:
    return {"type": KINDS[name]} if name in KINDS else {}
