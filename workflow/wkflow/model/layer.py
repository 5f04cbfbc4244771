"""One volume of the dataset, and how each of its mags is laid out."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import TypeVar

from wkflow.model.box import Box, Triple, ceil_div
from wkflow.model.data_formats import DATA_FORMATS
from wkflow.model.mag import Mag

Item = TypeVar("Item")

ITEM_BYTES = {
    "uint8": 1, "uint16": 2, "uint32": 4, "uint64": 8,
    "int8": 1, "int16": 2, "int32": 4, "int64": 8, "float32": 4, "float64": 8,
}  # fmt: skip
"""Bytes of one sample, for every dtype that datasets may have."""

COLOR_DTYPES = frozenset(ITEM_BYTES) - {"uint64", "int64", "float64"}
SEGMENTATION_DTYPES = frozenset(ITEM_BYTES) - {"float32", "float64"}

ROWS_AHEAD = 4
"""Rows of chunks, or what is read at once, in memory per thread: two read, as many encoded."""

READ_BYTES = 2**22
"""Read from the source at once where rows are small: each call for each slice has its price."""

KEPT_BYTES = 2**27
"""Of a mag that stays in memory until the next one is computed from it."""

START_BYTES = 200 * 2**20
"""Interpreter, libraries and what is in flight in one job, on top of its slices."""

Place = tuple[int, Triple]
"""A shard: its frame, and its position (x, y, z) in the grid of shards."""


@dataclass(frozen=True, slots=True)
class Grid:
    """One mag of a layer: an array of `size` voxels in shards of chunks, all (x, y, z).

    Of the array only the voxels from `begin` on are the layer's; what lies before is zero. `folder`
    is the name of the mag's folder where it is not the mag's own.
    """

    mag: Mag
    size: Triple
    chunk: Triple
    shard: Triple
    begin: Triple = (0, 0, 0)
    folder: str = ""

    @property
    def name(self) -> str:
        """The name of the mag's folder."""
        return self.folder or str(self.mag)

    @property
    def first(self) -> Triple:
        """The position of the first shard that holds voxels of the layer."""
        x, y, z = (b // s for b, s in zip(self.begin, self.shard, strict=True))
        return x, y, z

    @property
    def shards(self) -> Triple:
        """How many shards along x, y and z hold voxels of the layer."""
        ends = ceil_div(self.size, self.shard)
        x, y, z = (end - first for end, first in zip(ends, self.first, strict=True))
        return x, y, z

    @property
    def box(self) -> Box:
        """All voxels of the layer."""
        return Box(self.begin, self.size)

    def place(self, number: int) -> Place:
        """Give the shard of a number: x fastest, then y, z and the frames."""
        (nx, ny, nz), (x, y, z) = self.shards, self.first
        position = (x + number % nx, y + number // nx % ny, z + number // (nx * ny) % nz)
        return number // (nx * ny * nz), position

    def number(self, frame: int, position: Triple) -> int:
        """Give the number of a shard: the inverse of `place`."""
        (nx, ny, nz), (x, y, z) = self.shards, self.first
        return position[0] - x + nx * (position[1] - y + ny * (position[2] - z + nz * frame))

    def shard_box(self, position: Triple) -> Box:
        """Give the voxels of one shard, clipped to the array.

        Chunks before the layer's begin along y and z are left out: they hold only zeros.
        """
        cell = Box.of_cell(position, self.shard, self.size)
        x, y, z = (b // c * c for b, c in zip(self.begin, self.chunk, strict=True))
        begin = (cell.begin[0], max(cell.begin[1], y), max(cell.begin[2], z))
        return Box(begin, cell.end) if x or y or z else cell


@dataclass(frozen=True, slots=True)
class Layer:
    """Name, kind and shape of one volume, and how it is stored.

    `size` is (x, y, z) in mag 1, `dtype` numpy's name. `channels` are the samples of one voxel.
    `axes` are further ones with their sizes, slowest first; each of their `frames` is a volume of
    its own. `data_format` is named as in `datasource-properties.json`.

    A layer of a dataset that exists may begin elsewhere than at 0: then `size` is the end of its
    box and `begin` where that begins; along the further axes indexes begin at `axis_begins`. The
    places of these axes among those of the arrays are `axis_places`: by default they come first.
    `order` names all axes of its arrays where they are others than those, c, x, y and z; c may be
    missing there.
    `folder` is the layer's where that is not called like the layer.
    """

    name: str
    category: str
    dtype: str
    channels: int
    size: Triple
    axes: tuple[tuple[str, int], ...] = ()
    data_format: str = "zarr3"
    begin: Triple = (0, 0, 0)
    axis_begins: tuple[int, ...] = ()
    axis_places: tuple[int, ...] = ()
    order: tuple[str, ...] = ()
    folder: str = ""

    @property
    def box(self) -> Box:
        """All voxels, in mag 1."""
        return Box(self.begin, self.size)

    def arranged(self, further: Iterable[Item], rest: Iterable[Item]) -> list[Item]:
        """Put what belongs to further axes among what belongs to c, x, y, z, as arrays have them.

        What the arrays have no axis for is left out.

        >>> layer = Layer("em", "color", "uint8", 1, (9, 9, 9), (("t", 3),), axis_places=(4,))
        >>> "".join(layer.arranged("t", "cxyz"))
        'cxyzt'
        """
        if self.order:
            items = dict(zip((*(name for name, _ in self.axes), *"cxyz"), (*further, *rest),
                             strict=True))  # fmt: skip
            return [items[name] for name in self.order]
        listed = list(rest)
        places = self.axis_places or range(len(self.axes))
        for place, item in zip(places, further, strict=True):
            listed.insert(place, item)
        return listed

    @property
    def path(self) -> str:
        """The folder of the layer, relative to the dataset."""
        return self.folder or self.name

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
    bx, by, bz = (b // m for b, m in zip(layer.begin, mag.factors, strict=True))
    begin = (bx, by, bz)
    rules = DATA_FORMATS[layer.data_format]
    if layer.size[2] - layer.begin[2] == 1 and not rules.is_cubic:
        chunk = (chunk[0], chunk[1], 1)
    if rules.is_single:
        return Grid(mag, size, chunk, chunk, begin)
    extents = zip(shard, ceil_div(size, chunk), chunk, strict=True)
    x, y, z = (min(s, c * _power_of_two(n)) for s, n, c in extents)
    if rules.is_cubic:
        x = y = z = max(x, y, z)
    return Grid(mag, size, chunk, (x, y, z), begin)


def _power_of_two(least: int) -> int:
    """Give the first power of two from `least` on."""
    return 1 << (least - 1).bit_length()


def shard_bytes(layer: Layer, grid: Grid) -> int:
    """Bytes of one full shard before compression."""
    return prod(grid.shard) * layer.voxel_bytes


def rest_memory(layer: Layer, finest: Grid, threads: int, extra: int = 0) -> int:
    """Bytes of memory of a `convert_slab` job beside what is fed; each thread takes `extra`."""
    _, y, z = finest.chunk
    width, height, depth = finest.box.size
    line = (width + finest.begin[0] % finest.shard[0]) * min(z, depth) * layer.voxel_bytes
    at_once = max(line * y, min(line * height, READ_BYTES))
    return START_BYTES + threads * (ROWS_AHEAD * at_once + extra)
