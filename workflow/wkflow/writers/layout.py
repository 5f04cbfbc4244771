"""Groups and arrays of a zarr3 dataset, laid out by zarr-python.

The metadata is what `webknossos` 4.3.3 writes, but for the arrays' shapes, which are the layer's
true ones. OME-Zarr 0.5 multiscales: https://ngff.openmicroscopy.org/0.5/.
"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import zarr
from zarr.codecs import BytesCodec, GzipCodec, TransposeCodec, ZstdCodec
from zarr.core.buffer import default_buffer_prototype
from zarr.storage import MemoryStore

from wkflow import durable
from wkflow.codec import Codec
from wkflow.layer import Grid, Layer

if TYPE_CHECKING:
    from collections.abc import Callable

AXES = ("c", "x", "y", "z")


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
    store = MemoryStore()
    zarr.create_group(store)
    group = zarr.create_group(
        store, path=layer.name, attributes=_multiscales(grids, voxel_size, unit)
    )
    for grid in grids:
        _create_array(group, layer, grid, codec)
    documents = asyncio.run(_documents(store))
    for name, document in documents.items():
        with durable.replacing(dataset / name) as file:
            file.write(document)
    durable.flush(dataset / name for name in documents)


def _create_array(group: zarr.Group, layer: Layer, grid: Grid, codec: Codec) -> None:
    compressors: dict[str, Callable[[], Any]] = {
        "zstd": lambda: ZstdCodec(level=codec.level, checksum=True),
        "gzip": lambda: GzipCodec(level=codec.level),
        "none": lambda: None,
    }
    group.create_array(
        str(grid.mag),
        shape=(layer.channels, *grid.size),
        chunks=(layer.channels, *grid.chunk),
        shards=(layer.channels, *grid.shard),
        dtype=layer.dtype,
        filters=[TransposeCodec(order=(3, 2, 1, 0))],
        serializer=BytesCodec(endian="little"),
        compressors=compressors[codec.name](),
        fill_value=0,
        dimension_names=AXES,
    )


def _multiscales(
    grids: tuple[Grid, ...], voxel_size: tuple[float, float, float], unit: str
) -> dict[str, Any]:
    axes: list[dict[str, str]] = [{"name": "c", "type": "channel"}]
    axes += [{"name": name, "type": "space", "unit": unit} for name in AXES[1:]]
    datasets = []
    for grid in grids:
        scale = [1.0, *(v * m for v, m in zip(voxel_size, grid.mag.factors, strict=True))]
        datasets.append({
            "path": str(grid.mag),
            "coordinateTransformations": [{"type": "scale", "scale": scale}],
        })  # fmt: skip
    return {"ome": {"version": "0.5", "multiscales": [{"axes": axes, "datasets": datasets}]}}


async def _documents(store: MemoryStore) -> dict[str, bytes]:
    prototype = default_buffer_prototype()
    documents = {}
    async for key in store.list():
        buffer = await store.get(key, prototype)
        if buffer is not None:
            documents[key] = buffer.to_bytes()
    return documents
