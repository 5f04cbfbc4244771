"""The metadata of a layer, laid out on disk."""

from pathlib import Path

from wkflow import durable
from wkflow.codec import Codec
from wkflow.layer import Grid, Layer
from wkflow.writers.formats import format_of


def lay_out(
    dataset: Path,
    layer: Layer,
    grids: tuple[Grid, ...],
    codec: Codec,
    *,
    voxel_size: tuple[float, float, float],
    unit: str,
    arrays_only: bool = False,
) -> None:
    """Write the metadata of a layer and its mags; shards may be there already.

    `arrays_only` leaves out what describes groups: it was there before the mags.
    """
    documents = format_of(layer.data_format).documents(
        layer, grids, codec, voxel_size=voxel_size, unit=unit
    )
    if arrays_only:
        folders = tuple(f"{layer.path}/{grid.name}/" for grid in grids)
        documents = {name: one for name, one in documents.items() if name.startswith(folders)}
    for name, document in documents.items():
        with durable.replacing(dataset / name) as file:
            file.write(document)
    durable.flush(dataset / name for name in documents)
