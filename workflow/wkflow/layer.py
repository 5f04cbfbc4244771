"""One volume of the dataset, and how each of its mags is laid out."""

from dataclasses import dataclass
from math import prod

from wkflow.box import Box, Triple, ceil_div
from wkflow.mag import Mag
from wkflow.storage import STORAGES

ITEM_BYTES = {
    "uint8": 1, "uint16": 2, "uint32": 4, "uint64": 8,
    "int8": 1, "int16": 2, "int32": 4, "int64": 8, "float32": 4,
}  # fmt: skip
"""Bytes of one sample, for every dtype that WEBKNOSSOS takes."""

COLOR_DTYPES = frozenset(ITEM_BYTES) - {"uint64", "int64"}
SEGMENTATION_DTYPES = frozenset(ITEM_BYTES) - {"float32"}


@dataclass(frozen=True, slots=True)
class Grid:
    """One mag of a layer: an array of `size` voxels in shards of chunks, all (x, y, z)."""

    mag: Mag
    size: Triple
    chunk: Triple
    shard: Triple

    @property
    def shards(self) -> Triple:
        """How many shards along x, y and z."""
        return ceil_div(self.size, self.shard)

    @property
    def box(self) -> Box:
        """All voxels."""
        return Box((0, 0, 0), self.size)

    def shard_box(self, position: Triple) -> Box:
        """Give the voxels of one shard, clipped to the array."""
        return Box.of_cell(position, self.shard, self.size)


@dataclass(frozen=True, slots=True)
class Layer:
    """Name, kind and shape of one volume, and how it is stored.

    `size` is (x, y, z) in mag 1, `dtype` numpy's name. `channels` are the samples of one voxel.
    `axes` are further ones with their sizes, slowest first; each of their `frames` is a volume of
    its own. `data_format` is named as in `datasource-properties.json`.
    """

    name: str
    category: str
    dtype: str
    channels: int
    size: Triple
    axes: tuple[tuple[str, int], ...] = ()
    data_format: str = "zarr3"

    @property
    def frames(self) -> int:
        """How many volumes the further axes make; the last axis runs fastest."""
        return prod(size for _, size in self.axes)

    @property
    def voxel_bytes(self) -> int:
        """Bytes of one voxel, all channels together."""
        return ITEM_BYTES[self.dtype] * self.channels

    @property
    def element_class(self) -> str:
        """What WEBKNOSSOS calls the dtype; three uint8 channels are `uint24`."""
        if (self.dtype, self.channels) == ("uint8", 3):
            return "uint24"
        return {"float32": "float", "float64": "double"}.get(self.dtype, self.dtype)


def lay_grid(layer: Layer, mag: Mag, *, chunk: Triple, shard: Triple) -> Grid:
    """Lay one mag out: shards clipped to the layer, chunks flat where there is one slice.

    Clipped to a power of two: the official tool cannot add a mag with other shards. Where the
    format wants cubes, chunks stay as they are and shards are clipped to a cube.

    A mag has ceil(size / mag) voxels: its last voxels may stand for fewer finer ones.
    """
    size = ceil_div(layer.size, mag.factors)
    storage = STORAGES[layer.data_format]
    if layer.size[2] == 1 and not storage.is_cubic:
        chunk = (chunk[0], chunk[1], 1)
    if storage.is_single:
        return Grid(mag, size, chunk, chunk)
    extents = zip(shard, ceil_div(size, chunk), chunk, strict=True)
    x, y, z = (min(s, c * _power_of_two(n)) for s, n, c in extents)
    if storage.is_cubic:
        x = y = z = max(x, y, z)
    return Grid(mag, size, chunk, (x, y, z))


def _power_of_two(least: int) -> int:
    """Give the first power of two from `least` on."""
    return 1 << (least - 1).bit_length()


def shard_bytes(layer: Layer, grid: Grid) -> int:
    """Bytes of one full shard before compression."""
    return prod(grid.shard) * layer.voxel_bytes
