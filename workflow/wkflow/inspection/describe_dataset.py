"""What a dataset is made of: layers, mags, and how and in how many bytes they are stored.

Only metadata are read, and the sizes of files on this machine.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from wkflow.errors import SourceError
from wkflow.inspection.open_dataset import Dataset, folder_of, grid_of, opened_mag
from wkflow.model.box import Triple
from wkflow.model.datasource_properties import ExistingLayer, ExistingMag
from wkflow.model.layer import Grid
from wkflow.model.units import shown_bytes, shown_extent, shown_sizes
from wkflow.report.html_table import html_table
from wkflow.report.text_table import Part, TextTable, plain

LARGEST_ARRAY = 2**31
"""Extent from which on an array has no end of its own: WKW states none."""


HEAD = ("mag", "voxels", "chunk", "shard", "codec", "files", "size")


@dataclass(frozen=True, slots=True)
class MagDescription:
    """One mag, by the names that JSON has.

    `axes` name those of its array; `shape`, `chunk` and `shard` are in this order, and `shard` is
    empty where a file holds one chunk. `bytes` and `files` count those in its folder; they are None
    where a server keeps them. `fault` says why nothing is known of the array.
    """

    mag: str
    path: str
    format: str
    axes: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    chunk: tuple[int, ...] = ()
    shard: tuple[int, ...] = ()
    codec: str = ""
    bytes: int | None = None
    files: int | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class BoxDescription:
    """A box of voxels of mag 1: where it begins and how large it is, (x, y, z)."""

    begin: Triple
    size: Triple


@dataclass(frozen=True, slots=True)
class LayerDescription:
    """One layer; `further_axes` are pairs of a name and an extent."""

    name: str
    category: str
    dtype: str
    channels: int
    bounding_box: BoxDescription
    further_axes: tuple[tuple[str, int], ...]
    largest_id: int | None
    window: tuple[float, float] | None
    mags: tuple[MagDescription, ...]


@dataclass(frozen=True, slots=True)
class DatasetDescription:
    """A dataset; `bytes` and `files` are those of all mags, None where a server keeps them."""

    name: str
    location: str
    voxel_size: tuple[float, float, float]
    unit: str
    bytes: int | None
    files: int | None
    layers: tuple[LayerDescription, ...]

    def __str__(self) -> str:
        return dataset_table(self)

    def _repr_html_(self) -> str:
        facts: dict[str, object] = {"location": self.location, "voxel": _voxel(self)}
        if self.bytes is not None:
            facts["size"] = f"{shown_bytes(self.bytes)} in {self.files} files"
        rows = [
            (layer.name, layer.category, layer.dtype, *_row(mag), mag.fault)
            for layer in self.layers
            for mag in layer.mags
        ]
        return html_table(facts, ("layer", "category", "type", *HEAD, "fault"), rows, self.name)


def describe_dataset(dataset: Dataset) -> DatasetDescription:
    """Describe a dataset; a mag that cannot be opened is described by its fault.

    Raises
    ------
    TransientError, ServerError
        If a server does not answer.
    """
    target, existing = dataset.target, dataset.target.existing
    layers = tuple(_layer(dataset, one) for one in existing.layers)
    mags = [mag for layer in layers for mag in layer.mags]
    return DatasetDescription(
        existing.name,
        target.url or target.root,
        existing.voxel_size,
        existing.unit,
        _sum(mag.bytes for mag in mags),
        _sum(mag.files for mag in mags),
        layers,
    )


def _sum(counts: Iterable[int | None]) -> int | None:
    """Add up; None if a count is not known."""
    known = list(counts)
    return None if None in known else sum(one or 0 for one in known)


def _layer(dataset: Dataset, one: ExistingLayer) -> LayerDescription:
    layer = one.layer
    return LayerDescription(
        layer.name,
        layer.category,
        layer.dtype,
        layer.channels,
        BoxDescription(layer.begin, layer.box.size),
        layer.axes,
        one.largest_id,
        one.window,
        tuple(_mag(dataset, one, mag) for mag in one.mags),
    )


def _mag(dataset: Dataset, layer: ExistingLayer, mag: ExistingMag) -> MagDescription:
    name, path, data_format = str(mag.mag), mag.paths[0], layer.layer.data_format
    try:
        given = dataset.given(layer, mag)
    except SourceError as error:
        count = None if dataset.is_remote else 0
        return MagDescription(name, path, data_format, bytes=count, files=count, fault=error.what)
    count, size = (None, None) if dataset.is_remote else stored_files(folder_of(given))
    try:
        with opened_mag(layer, mag, given) as reader:
            array = reader.array
    except SourceError as error:
        fault = f"{error.where}: {error.what}"
        return MagDescription(
            name, given.path, given.data_format, bytes=size, files=count, fault=fault
        )
    return MagDescription(
        name,
        given.path,
        given.data_format,
        array.axes,
        _shape(array.axes, array.shape, grid_of(layer, mag)),
        array.chunk,
        array.shard,
        array.codec,
        size,
        count,
    )


def _shape(axes: tuple[str, ...], shape: tuple[int, ...], grid: Grid) -> tuple[int, ...]:
    """Give the shape of an array; where it states no end, that of the layer's voxels."""
    ends = dict(zip("xyz", grid.size, strict=True))
    pairs = zip(axes, shape, strict=True)
    return tuple(ends.get(axis, n) if n >= LARGEST_ARRAY else n for axis, n in pairs)


def stored_files(folder: Path) -> tuple[int, int]:
    """Count the files below a folder and their bytes."""
    count = size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            count += 1
            size += os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118 -- millions of files: no Path
    return count, size


def dataset_table(dataset: DatasetDescription) -> str:
    """Show a description to a person, as text."""
    return plain(dataset_parts(dataset))


def dataset_parts(dataset: DatasetDescription) -> list[Part]:
    """Show a description to a person, as lines and a table for each layer."""
    lines: list[Part] = [
        f"dataset    {dataset.name}",
        f"location   {dataset.location}",
        f"voxel      {_voxel(dataset)}",
    ]
    if dataset.bytes is not None:
        lines.append(f"size       {shown_bytes(dataset.bytes)} in {dataset.files} files")
    for layer in dataset.layers:
        lines += ["", *_layer_lines(layer)]
    return lines if dataset.layers else [*lines, "", "no layers"]


def _voxel(dataset: DatasetDescription) -> str:
    if min(dataset.voxel_size) > 0:
        return shown_sizes(dataset.voxel_size, dataset.unit)
    return " x ".join(map(str, dataset.voxel_size)) + f" {dataset.unit}"


def _layer_lines(layer: LayerDescription) -> list[Part]:
    kind = [layer.category, layer.dtype]
    kind += [f"{layer.channels} channels"] if layer.channels > 1 else []
    kind += [] if layer.largest_id is None else [f"largest id {layer.largest_id}"]
    kind += [f"shown from {layer.window[0]:g} to {layer.window[1]:g}"] if layer.window else []
    box = layer.bounding_box
    begin = "" if box.begin == (0, 0, 0) else f" from {','.join(map(str, box.begin))} on"
    more = "".join(f" x {size} {name}" for name, size in layer.further_axes)
    formats = sorted({mag.format for mag in layer.mags})
    stored = f", stored as {', '.join(formats)}" if formats else ", no mags"
    lines: list[Part] = [
        f"layer {layer.name}: {', '.join(kind)}",
        f"  box {shown_extent(box.size)}{more}{begin}{stored}",
    ]
    if layer.mags:
        rows = tuple(map(_row, layer.mags))
        lines.append(TextTable(HEAD, rows, ">" * len(HEAD), indent=2))
    lines += [f"  mag {mag.mag}: {mag.fault}" for mag in layer.mags if mag.fault]
    return lines


def _row(mag: MagDescription) -> tuple[str, ...]:
    extents = (_extents(mag, which) for which in (mag.shape, mag.chunk, mag.shard))
    files = "" if mag.files is None else str(mag.files)
    size = "" if mag.bytes is None else shown_bytes(mag.bytes)
    return mag.mag, *extents, mag.codec, files, size


def _extents(mag: MagDescription, extents: tuple[int, ...]) -> str:
    """Write extents as x, y and z, wherever these axes stand; further ones are in JSON."""
    found = dict(zip(mag.axes, extents, strict=False))
    return shown_extent([found[axis] for axis in "xyz" if axis in found])
