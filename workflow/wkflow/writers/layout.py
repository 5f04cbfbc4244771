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
) -> None:
    """Write the metadata of a layer and its mags; shards may be there already."""
    documents = format_of(layer.data_format).documents(
        layer, grids, codec, voxel_size=voxel_size, unit=unit
    )
    for name, document in documents.items():
        with durable.replacing(dataset / name) as file:
            file.write(document)
    durable.flush(dataset / name for name in documents)
