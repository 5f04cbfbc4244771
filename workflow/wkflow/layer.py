"""One volume of the dataset, and how each of its mags is laid out."""

from dataclasses import dataclass
from math import prod

from wkflow.box import Box, Triple, ceil_div
from wkflow.mag import Mag

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
    """Name, kind and shape of one volume. `size` is (x, y, z) in mag 1, `dtype` numpy's name."""

    name: str
    category: str
    dtype: str
    channels: int
    size: Triple

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

    Clipped to a power of two: the official tool cannot add a mag with other shards.

    A mag has ceil(size / mag) voxels: its last voxels may stand for fewer finer ones.
    """
    size = ceil_div(layer.size, mag.factors)
    if layer.size[2] == 1:
        chunk = (chunk[0], chunk[1], 1)
    extents = zip(shard, ceil_div(size, chunk), chunk, strict=True)
    x, y, z = (min(s, c * _power_of_two(n)) for s, n, c in extents)
    return Grid(mag, size, chunk, (x, y, z))


def _power_of_two(least: int) -> int:
    """Give the first power of two from `least` on."""
    return 1 << (least - 1).bit_length()


def shard_bytes(layer: Layer, grid: Grid) -> int:
    """Bytes of one full shard before compression."""
    return prod(grid.shard) * layer.voxel_bytes
