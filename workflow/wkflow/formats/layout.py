"""The metadata of a layer, laid out on disk."""

from collections.abc import Callable, Mapping
from pathlib import Path

from wkflow import atomic_files
from wkflow.formats.table import format_of
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid, Layer
from wkflow.path_safety import require_inside

Documents = Mapping[str, bytes]
"""Paths below the dataset, and what is to stand there."""


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
