"""The median of each cell."""

import math

import numpy as np

from wkflow.voxels.kernels.columns import every_nth
from wkflow.voxels.kernels.kernel import Factor, Voxels
from wkflow.voxels.kernels.midpoint import midpoint
from wkflow.voxels.kernels.network import merged, middles, ordered
from wkflow.voxels.kernels.tile import Piece, empty_cells, pieces, rows_of, tile_of

NETWORK_MAX = 64
"""Voxels in a cell up to which a sorting network, a call per comparison, beats a partition."""


def median(block: Voxels, factor: Factor) -> Voxels:
    """Reduce each cell to its median, as `np.median` and a cast do.

    A cell has an even number of voxels, so its median is the mean of the two middle ones:
    integers truncate it toward zero, 64-bit integers take it in float64 (ids beyond 2**53 are
    rounded), floats keep their dtype and are NaN where a voxel of the cell is. Whether a zero is
    negative is not defined. A cell of one voxel is copied.

    Parameters
    ----------
    block : array, shape (c, x, y, z), any integer dtype, float32 or float64
        Every extent is a multiple of its factor; `block.T` is best C-contiguous.
    factor : (fx, fy, fz)
        Cell size in voxels, powers of two. Cells of up to 64 voxels are sorted by a network,
        many times as fast as larger ones.

    Returns
    -------
    array, shape (c, x / fx, y / fy, z / fz), same dtype and memory layout as `block`

    Examples
    --------
    >>> block = np.array([[[[1], [2]], [[9], [4]]]], np.uint8)
    >>> block.shape, median(block, (2, 2, 1)).tolist()
    ((1, 2, 2, 1), [[[[3]]]])
    """
    tile = tile_of(block)
    reduced = empty_cells(tile, factor)
    sort = _sort_by_network if math.prod(factor) <= NETWORK_MAX else _sort_by_partition
    for piece in pieces(tile, factor) if reduced.size else ():
        part = reduced[piece]
        part[...] = sort(tile, factor, piece).reshape(part.shape)
    return reduced.T


def _sort_by_network(tile: Voxels, factor: Factor, piece: Piece) -> Voxels:
    rows = rows_of(tile, factor, piece)
    if factor[0] == 2:
        return _middle_of_pairs(rows, tile.shape[3])
    if factor[0] > 2:
        return _middle_of_columns(rows, factor[0], tile.shape[3])
    if len(rows) == 1:
        return rows[0]
    half = len(rows) // 2
    return midpoint(*middles(ordered(rows[:half]), ordered(rows[half:])))


def _middle_of_pairs(rows: list[Voxels], channels: int) -> Voxels:
    """Sort the rows, then merge each column with its right neighbour, and take every other one.

    Merging the wrong pairs of columns too is cheaper than telling even from odd ones first.
    """
    wires = [wire.reshape(-1) for wire in ordered(rows)]
    both = middles([wire[:-channels] for wire in wires], [wire[channels:] for wire in wires])
    return midpoint(*(every_nth(middle, 2, channels) for middle in both))


def _middle_of_columns(rows: list[Voxels], width: int, channels: int) -> Voxels:
    """Sort the rows, then merge the columns of a cell two by two."""
    wires = [wire.reshape(-1) for wire in ordered(rows)]
    columns = [
        [every_nth(wire[begin:], width, channels) for wire in wires]
        for begin in range(0, width * channels, channels)
    ]
    while len(columns) > 2:
        columns = [merged(*pair) for pair in zip(columns[::2], columns[1::2], strict=True)]
    return midpoint(*middles(*columns))


def _sort_by_partition(tile: Voxels, factor: Factor, piece: Piece) -> Voxels:
    """Gather each cell and let numpy find its middles; the largest tells of a NaN."""
    rows = np.stack(rows_of(tile, factor, piece), axis=-1)
    planes, lines, columns, channels, height = rows.shape
    width = factor[0]
    cells = rows.reshape(planes, lines, columns // width, width, channels, height)
    voxels = np.moveaxis(cells, 3, 4).reshape(-1, width * height)
    middle = voxels.shape[1] // 2
    voxels.partition((middle - 1, middle, voxels.shape[1] - 1), axis=1)
    medians = midpoint(voxels[:, middle - 1], voxels[:, middle])
    largest = voxels[:, -1]
    return np.where(np.not_equal(largest, largest), largest, medians)
