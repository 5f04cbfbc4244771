"""Zarr v2 and v3: which of the arrays are images is told from their attributes.

zarr-python opens an array, and reads those in codecs that `wkflow.formats` does not know.

https://zarr-specs.readthedocs.io, https://ngff.openmicroscopy.org (0.4: attributes of the group;
0.5: below the key "ome").
"""

import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.formats.chunk_grid import Span
from wkflow.formats.dataset_files import LocalFiles
from wkflow.formats.zarr_array import zarr2_array, zarr3_array
from wkflow.model.source import ImageMetadata, References
from wkflow.readers.base.optional_metadata import besides
from wkflow.readers.base.references import referred
from wkflow.readers.dataset.image import (
    Fetch,
    Stored,
    StoredImage,
    axes_of,
    fetch_from,
    image_of,
)
from wkflow.readers.dataset.ome_metadata import about_of, level_of, names_of
from wkflow.readers.dataset.zarr_node import Node, node_at
from wkflow.source_errors import REMEDY

DEPTH = 4
"""Groups in groups that are searched: plate, well, field, label."""


def images(path: str, references: References) -> tuple[StoredImage, ...]:
    """Find the images of a store: pyramids and their labels, and arrays that stand alone."""
    return tuple(_walk(path, node_at(Path(path)), DEPTH, references))


def _walk(path: str, node: Node, depth: int, references: References) -> Iterator[StoredImage]:
    if node.is_array:
        yield _alone(path, node)
    elif pyramids := node.ome.get("multiscales"):
        yield from _pyramids(path, node, pyramids, references)
        yield from _labels(path, node, references)
    elif depth:
        for child in node.children():
            yield from _walk(path, child, depth - 1, references)


def _alone(path: str, node: Node) -> StoredImage:
    array = array_at(node, path)
    names = getattr(array.metadata, "dimension_names", None)
    axes = axes_of(names or node.attributes.get("_ARRAY_DIMENSIONS"), array.ndim, path)
    return image_of(
        path, stored_of(array, node, axes), ImageMetadata(_name(path, node)), node.files
    )


def _pyramids(
    path: str,
    node: Node,
    pyramids: list[dict[str, Any]],
    references: References,
    *,
    is_label: bool = False,
) -> Iterator[StoredImage]:
    for number, pyramid in enumerate(pyramids):
        level = level_of(pyramid)
        finest = _named(path, node, str(level["path"]), references)
        array = array_at(finest, path)
        axes = axes_of(names_of(pyramid), array.ndim, path)
        name = _name(path, node) or (str(pyramid.get("name") or "") if len(pyramids) > 1 else "")
        omero = node.ome.get("omero", {}) if number == 0 else {}
        about = besides(lambda: about_of(pyramid, axes, omero, name), name)  # noqa: B023 -- at once
        if is_label or "image-label" in node.ome:
            about = replace(about, layer=node.folder.name, category="segmentation")
        yield image_of(path, stored_of(array, finest, axes), about, node.files + finest.files)


def _labels(path: str, node: Node, references: References) -> Iterator[StoredImage]:
    folder = node.folder / "labels"
    if folder.is_dir():
        labels = node_at(folder)
        for name in labels.ome.get("labels", []):
            label = _named(path, labels, str(name), references)
            pyramids = label.ome.get("multiscales") or []
            yield from _pyramids(path, label, pyramids, references, is_label=True)


def _named(path: str, node: Node, name: str, references: References) -> Node:
    """Give the folder that the attributes of another one name."""
    return node_at(Path(referred(path, name, references, str(node.folder))))


def _name(path: str, node: Node) -> str:
    if not node.folder.is_relative_to(path):  # labels may lie elsewhere, if that is asked for
        return node.folder.name
    name = node.folder.relative_to(path).as_posix()
    return "" if name == "." else name.replace("labels/", "")


def array_at(node: Node, path: str) -> zarr.Array[Any]:
    """Open the array of a folder."""
    if not node.is_array:
        name = node.folder.name
        raise SourceError(f"is not whole: the array {name} is not there", path, REMEDY)
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        # of codecs and types that other programs may not know: reading harms nobody
        return zarr.open_array(str(node.folder), mode="r", zarr_format=node.version)


def stored_of(array: zarr.Array[Any], node: Node, axes: tuple[str, ...]) -> Stored:
    """Give an array with the names of its axes; its grain are the chunks, within shards too."""

    def by_library(spans: tuple[Span, ...]) -> NDArray[Any]:
        return np.asarray(array[tuple(slice(*span) for span in spans)])

    dtype = np.dtype(array.dtype)
    fetch = _own_fetch(node, axes) if dtype.kind in "biuf" else None
    return Stored(axes, array.shape, array.chunks, dtype, fetch or by_library)


def _own_fetch(node: Node, axes: tuple[str, ...]) -> Fetch | None:
    """Give what fetches regions without zarr-python; None if codecs are not known here.

    zarr-python decodes behind an event loop that all threads share: of shards of small chunks it
    reads a quarter of what one thread can, and a second thread gains nothing.
    """
    files, folder = LocalFiles("", handles=0), str(node.folder)
    read = zarr2_array if node.version == 2 else zarr3_array
    try:
        return fetch_from(read(files, folder, node.meta, axes))
    except SourceError:
        return None
