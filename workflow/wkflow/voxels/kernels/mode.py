"""The most frequent voxel of each cell."""

import numpy as np
from numpy.typing import NDArray

from wkflow.voxels.kernels.ballot import winners
from wkflow.voxels.kernels.columns import every_nth
from wkflow.voxels.kernels.kernel import Factor, Voxels
from wkflow.voxels.kernels.tile import Piece, empty_cells, pieces, rows_of, tile_of


def mode(block: Voxels, factor: Factor) -> Voxels:
    """Reduce each cell to its most frequent voxel; a tie goes to the one met first.

    Within the cell y runs fastest, then x, then z. A NaN equals nothing, not even another NaN.
    A cell of equal voxels, the usual case among labels, is copied; only the others are counted.

    Parameters
    ----------
    block : array, shape (c, x, y, z), any integer or float dtype
        Every extent is a multiple of its factor; `block.T` is best C-contiguous.
    factor : (fx, fy, fz)
        Cell size in voxels, powers of two.

    Returns
    -------
    array, shape (c, x / fx, y / fy, z / fz), same dtype and memory layout as `block`

    Examples
    --------
    >>> block = np.array([[[[7], [9]], [[9], [8]]]])
    >>> block.shape, mode(block, (2, 2, 1)).tolist()
    ((1, 2, 2, 1), [[[[9]]]])
    >>> mode(block, (2, 1, 1)).tolist()
    [[[[7], [9]]]]
    """
    tile = tile_of(block)
    reduced = empty_cells(tile, factor)
    for piece in pieces(tile, factor) if reduced.size else ():
        rows = rows_of(tile, factor, piece)
        first = rows[0].reshape(-1)
        values = every_nth(first, factor[0], tile.shape[3])
        mixed = _mixed_cells(rows, first, factor[0], tile.shape[3])
        values[mixed] = winners(_voxels_of(tile, factor, piece, mixed))
        part = reduced[piece]
        part[...] = values.reshape(part.shape)
    return reduced.T


def _mixed_cells(rows: list[Voxels], first: Voxels, width: int, channels: int) -> NDArray[np.intp]:
    """Find the cells that hold more than one value.

    The span of columns looked at doubles from 1 to the width of a cell.
    """
    mixed = np.zeros(rows[0].shape, np.bool_)
    for row in rows[1:]:
        mixed |= np.not_equal(row, rows[0])
    spans = mixed.reshape(-1)
    span = channels
    while span < width * channels:
        spans = spans[:-span] | spans[span:]
        spans |= np.not_equal(first[: spans.size], first[span : span + spans.size])
        span *= 2
    return np.flatnonzero(every_nth(spans, width, channels))


def _voxels_of(tile: Voxels, factor: Factor, piece: Piece, cells: NDArray[np.intp]) -> list[Voxels]:
    """Gather cells of a piece: one array per place in the cell, y fastest, then x, then z."""
    (_, lines, columns, channels), (fx, fy, fz) = tile.shape, factor
    row, sample = _divmod(cells, columns // fx * channels)
    plane, line = _divmod(row, piece[1].stop - piece[1].start)
    z, y = (plane + piece[0].start) * fz, (line + piece[1].start) * fy
    x_begin = sample + sample // channels * ((fx - 1) * channels)
    origin = (z * lines + y) * (columns * channels) + x_begin
    flat = tile.reshape(-1)
    return [
        flat.take(origin + ((dz * lines + dy) * columns + dx) * channels)
        for dz in range(fz)
        for dx in range(fx)
        for dy in range(fy)
    ]


def _divmod(numbers: NDArray[np.intp], divisor: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Divide with remainder, several times as fast as `np.divmod`."""
    quotient = numbers // divisor
    return quotient, numbers - quotient * divisor
