"""The median of each cell: the mean of the two middle ones of its sorted voxels.

Cells are sorted by a network over whole arrays: each wire is an array, all cells are sorted at
once. `np.minimum` and `np.maximum` both give NaN where one side is NaN, so a NaN in a cell
reaches each result that depends on it.
"""

import math
from collections.abc import Sequence

import numpy as np

from wkflow.voxels.kernels.rounding import saturated
from wkflow.voxels.kernels.tile import (
    Factor,
    Piece,
    Voxels,
    empty_cells,
    every_nth,
    pieces,
    rows_of,
    tile_of,
)

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
    return _midpoint(*_middles(_ordered(rows[:half]), _ordered(rows[half:])))


def _middle_of_pairs(rows: list[Voxels], channels: int) -> Voxels:
    """Sort the rows, then merge each column with its right neighbour, and take every other one.

    Merging the wrong pairs of columns too is cheaper than telling even from odd ones first.
    """
    wires = [wire.reshape(-1) for wire in _ordered(rows)]
    both = _middles([wire[:-channels] for wire in wires], [wire[channels:] for wire in wires])
    return _midpoint(*(every_nth(middle, 2, channels) for middle in both))


def _middle_of_columns(rows: list[Voxels], width: int, channels: int) -> Voxels:
    """Sort the rows, then merge the columns of a cell two by two."""
    wires = [wire.reshape(-1) for wire in _ordered(rows)]
    columns = [
        [every_nth(wire[begin:], width, channels) for wire in wires]
        for begin in range(0, width * channels, channels)
    ]
    while len(columns) > 2:
        columns = [_merged(*pair) for pair in zip(columns[::2], columns[1::2], strict=True)]
    return _midpoint(*_middles(*columns))


def _sort_by_partition(tile: Voxels, factor: Factor, piece: Piece) -> Voxels:
    """Gather each cell and let numpy find its middles; the largest tells of a NaN."""
    rows = np.stack(rows_of(tile, factor, piece), axis=-1)
    planes, lines, columns, channels, height = rows.shape
    width = factor[0]
    cells = rows.reshape(planes, lines, columns // width, width, channels, height)
    voxels = np.moveaxis(cells, 3, 4).reshape(-1, width * height)
    middle = voxels.shape[1] // 2
    voxels.partition((middle - 1, middle, voxels.shape[1] - 1), axis=1)
    medians = _midpoint(voxels[:, middle - 1], voxels[:, middle])
    largest = voxels[:, -1]
    return np.where(np.not_equal(largest, largest), largest, medians)


def _ordered(wires: Sequence[Voxels]) -> list[Voxels]:
    """Sort 1, 2, 4, 8 … arrays of one shape elementwise, smallest first.

    Examples
    --------
    >>> _ordered([np.array([3, 1]), np.array([2, 5])])
    [array([2, 1]), array([3, 5])]
    """
    if len(wires) == 1:
        return list(wires)
    half = len(wires) // 2
    return _merged(_ordered(wires[:half]), _ordered(wires[half:]))


def _merged(left: Sequence[Voxels], right: Sequence[Voxels]) -> list[Voxels]:
    """Merge two sorted lists of 1, 2, 4, 8 … arrays (Batcher's odd-even merge).

    Examples
    --------
    >>> _merged([np.array([1]), np.array([4])], [np.array([2]), np.array([3])])
    [array([1]), array([2]), array([3]), array([4])]
    """
    if len(left) == 1:
        return [np.minimum(left[0], right[0]), np.maximum(left[0], right[0])]
    even, odd = _merged(left[::2], right[::2]), _merged(left[1::2], right[1::2])
    inner = [
        compare(lower, upper)
        for lower, upper in zip(odd[:-1], even[1:], strict=True)
        for compare in (np.minimum, np.maximum)
    ]
    return [even[0], *inner, odd[-1]]


def _middles(left: Sequence[Voxels], right: Sequence[Voxels]) -> tuple[Voxels, Voxels]:
    """Merge two sorted lists of 1, 2, 4, 8 … arrays, but only as far as the two middles.

    The comparison that would tell which of the two is smaller is left out: their mean does not
    depend on it.

    Examples
    --------
    >>> one, two, three, four = (np.array([n]) for n in (1, 2, 3, 4))
    >>> _middles([one, two], [three, four])
    (array([3]), array([2]))
    """
    if len(left) == 1:
        return left[0], right[0]
    if len(left) == 2:
        return np.maximum(left[0], right[0]), np.minimum(left[1], right[1])
    even, odd = _middles(left[::2], right[::2]), _middles(left[1::2], right[1::2])
    return np.maximum(*even), np.minimum(*odd)


def _midpoint(one: Voxels, other: Voxels) -> Voxels:
    """Take the mean of two arrays of one shape and dtype.

    Integers up to 32 bits: exact, truncated toward zero. 64-bit integers: computed in float64
    as `np.median` does, so ids beyond 2**53 are rounded. Floats: in their own dtype.

    Examples
    --------
    >>> _midpoint(np.array([250, 1], np.uint8), np.array([255, 2], np.uint8))
    array([252,   1], dtype=uint8)
    >>> _midpoint(np.array([-3, -1], np.int8), np.array([-2, 0], np.int8))
    array([-2,  0], dtype=int8)
    """
    dtype = one.dtype
    if dtype.kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):
            mean: Voxels = np.true_divide(np.add(one, other), dtype.type(2))
        return mean
    if dtype.itemsize == 8:
        return saturated(np.add(one, other, dtype=np.float64) / 2, dtype)
    return _integer_midpoint(one, other)


def _integer_midpoint(one: Voxels, other: Voxels) -> Voxels:
    """Add what both have to half of what only one has: no bit overflows."""
    apart = np.bitwise_xor(one, other)
    floor: Voxels = np.add(np.bitwise_and(one, other), np.right_shift(apart, 1))
    if one.dtype.kind == "i":
        is_halved = np.bitwise_and(apart, 1)
        return np.add(floor, np.bitwise_and(is_halved, np.less(floor, 0)))
    return floor
