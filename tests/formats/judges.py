"""Arrays on disk as other programs read and write them."""

import warnings
from pathlib import Path

import numpy as np
import tensorstore
import zarr
from numpy.typing import NDArray
from wkflow.formats.layout import lay_out
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid, Layer

Block = NDArray[np.generic]
SCALE = (11.24, 11.24, 25.0)


def lay_out_one(dataset: Path, layer: Layer, grids: tuple[Grid, ...], codec: Codec) -> None:
    """Write the metadata of a layer."""
    lay_out(dataset, layer, grids, codec, voxel_size=SCALE, unit="nanometer")


def with_tensorstore(array: Path, driver: str = "zarr3", **more: object) -> tensorstore.TensorStore:
    spec = {"driver": driver, "kvstore": {"driver": "file", "path": str(array)}} | more
    return tensorstore.open(spec, open=True).result()


def with_zarr(array: Path) -> zarr.Array:
    return zarr.open_array(array, mode="r+")


def tensorstore_reads(array: Path) -> Block:
    return np.asarray(with_tensorstore(array).read().result())


def zarr_reads(array: Path) -> Block:
    return np.asarray(with_zarr(array)[...])


def tensorstore_writes(array: Path, voxels: Block) -> None:
    with_tensorstore(array).write(voxels).result()


def zarr_writes(array: Path, voxels: Block) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about codecs of zarr's own choice
        with_zarr(array)[...] = voxels


READERS = {"tensorstore": tensorstore_reads, "zarr": zarr_reads}
WRITERS = {"tensorstore": tensorstore_writes, "zarr": zarr_writes}
