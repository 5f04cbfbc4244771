"""Small layers of noise, and how tests write them: as a whole, or band by band."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from wkflow.formats.contract import ReadBox
from wkflow.formats.mag_writer import MagVoxels
from wkflow.model.box import Box, Triple
from wkflow.model.codec import Codec
from wkflow.model.layer import Grid, Layer, lay_grid
from wkflow.model.mag_ladder import FINEST
from wkflow.model.receipt import ShardFile as Written

from tests.formats.judges import Block, lay_out_one

SIZE = (45, 37, 19)
"""Odd: no extent is one of chunks of 8 or shards of 16 voxels."""


def noise(shape: tuple[int, ...], dtype: str) -> Block:
    """Give values of the whole range over (c, x, y, z); a corner of whole shards is black."""
    rng = np.random.default_rng(5)
    if dtype.startswith("float"):
        voxels = rng.normal(scale=1e6, size=shape).astype(dtype)
        voxels[0, 30, 30, 1] = np.nan
    else:
        ends = np.iinfo(dtype)
        voxels = rng.integers(ends.min, ends.max, shape, dtype, endpoint=True)
    voxels[:, :20, :17, :] = 0
    return voxels


def of(block: Block) -> ReadBox:
    """Give any box of a block (c, x, y, z)."""

    def region(box: Box) -> Block:
        (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
        return block[:, x0:x1, y0:y1, z0:z1]

    return region


def stored(dataset: Path, layer: Layer, codec: str, frame: int = 0) -> MagVoxels:
    """Lay a layer out in chunks of 8 voxels an edge, 2 x 2 x 2 of them to a shard."""
    grid = lay_grid(layer, FINEST, chunk=(8, 8, 8), shard=(16, 16, 16))
    parsed = Codec.parse(codec, layer.data_format)
    lay_out_one(dataset, layer, (grid,), parsed)
    return MagVoxels(dataset, layer, grid, parsed, frame)


def write_shards(voxels: MagVoxels, block: Block) -> list[Written]:
    """Write one shard after the other."""
    with ThreadPoolExecutor(2) as pool:
        positions = voxels.grid.box.cells(voxels.grid.shard)
        return [voxels.write(position, of(block), pool) for position in positions]


def write_bands(voxels: MagVoxels, block: Block, rows: int = 2) -> list[tuple[Box, Written]]:
    """Write some rows of chunks at a time into all shards that they touch."""
    whole: list[tuple[Box, Written]] = []
    with ThreadPoolExecutor(2) as pool, voxels.writing() as sink:
        for box in bands(voxels.grid, rows):
            whole += sink.write(box, of(block), pool)
    return whole


def bands(grid: Grid, rows: int) -> Iterator[Box]:
    """Cut a mag into boxes of one chunk along z and some along y."""
    (width, height, depth), (_, y_step, z_step) = grid.size, grid.chunk
    for z in range(0, depth, z_step):
        for y in range(0, height, rows * y_step):
            end: Triple = (width, min(y + rows * y_step, height), min(z + z_step, depth))
            yield Box((0, y, z), end)


def read(voxels: MagVoxels, box: Box | None = None) -> Block:
    """Read a box, or all voxels."""
    with voxels.reading() as region:
        return region(box or voxels.grid.box)


def partial_files(folder: Path) -> list[Path]:
    """List what a writer left that did not come to its end."""
    return list(folder.rglob("*.partial"))
