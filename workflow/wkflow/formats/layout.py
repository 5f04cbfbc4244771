"""The metadata of a layer: what formats put into their documents, and how these are laid out.

OME-Zarr: https://ngff.openmicroscopy.org/0.5/ (and 0.4, which has the same axes and scales).
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from wkflow import atomic_files
from wkflow.formats.table import format_of
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid, Layer
from wkflow.path_safety import require_inside

Documents = Mapping[str, bytes]
"""Paths below the dataset, and what is to stand there."""

KINDS = {"t": "time"}
"""What OME-Zarr calls the axes beyond channel and space, if it has a word for them."""


def put_changed(
    dataset: Path,
    documents: Documents,
    *,
    only_missing: bool = False,
    before: Callable[[], object] | None = None,
) -> None:
    """Write the documents that are not there, or are others; `before` is called first, if any is.

    `only_missing` leaves others as they are.
    """
    changed = {
        name: document
        for name, document in documents.items()
        if not _is_there(dataset / name, None if only_missing else document)
    }
    for folder in {name.rpartition("/")[0] for name in changed} - {""}:
        require_inside(dataset, folder)
    if changed and before:
        before()
    for name, document in changed.items():
        with atomic_files.atomic_write(dataset / name) as file:
            file.write(document)
    atomic_files.flush(dataset / name for name in documents)


def lay_out(
    dataset: Path,
    layer: Layer,
    grids: tuple[Grid, ...],
    codec: Codec,
    *,
    voxel_size: tuple[float, float, float],
    unit: str,
    put: Callable[[Path, Documents], None] = put_changed,
) -> None:
    """Write the metadata of a layer and its mags; shards may be there already."""
    documents = format_of(layer.data_format).documents(
        layer, grids, codec, voxel_size=voxel_size, unit=unit
    )
    put(dataset, documents)


def _is_there(path: Path, document: bytes | None) -> bool:
    """Whether a file is there, and is that document if one is given."""
    return path.is_file() and (document is None or path.read_bytes() == document)


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


def frame_position(layer: Layer, frame: int) -> list[int]:
    """Give the index of a frame along each further axis; the last one runs fastest.

    >>> frame_position(Layer("em", "color", "uint8", 1, (9, 9, 9), (("t", 3), ("e", 4))), 6)
    [1, 2]
    """
    position = []
    for _, size in reversed(layer.axes):
        frame, index = divmod(frame, size)
        position.append(index)
    begins = layer.axis_begins or (0,) * len(layer.axes)
    return [begin + index for begin, index in zip(begins, position[::-1], strict=True)]


def frame_ends(layer: Layer) -> list[int]:
    """Give the extent of arrays along each further axis."""
    begins = layer.axis_begins or (0,) * len(layer.axes)
    return [begin + size for begin, (_, size) in zip(begins, layer.axes, strict=True)]


def refuse_axes(layer: Layer, format_name: str) -> str | None:
    """Say that a format has no place for further axes, if the layer has any."""
    if not layer.axes:
        return None
    names = " and ".join(name for name, _ in layer.axes)
    axes = "the axis" if len(layer.axes) == 1 else "the axes"
    return f"{format_name} holds only x, y and z; the source has {axes} {names} besides"
