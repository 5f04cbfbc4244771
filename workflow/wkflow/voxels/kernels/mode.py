"""The most frequent voxel of each cell."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

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

_PAIRWISE_MAX = 16
"""Voxels in a cell up to which comparing each with each beats sorting them."""


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
        values[mixed] = _winners(_voxels_of(tile, factor, piece, mixed))
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


def _winners(voxels: Sequence[Voxels]) -> Voxels:
    """Find the most frequent value in each cell; a tie goes to the one that comes first.

    Parameters
    ----------
    voxels : arrays, each of shape (cells,)
        The first voxel of all cells, the second of all cells, and so on.

    Returns
    -------
    array, shape (cells,), same dtype as the voxels

    Examples
    --------
    >>> _winners([np.array([7, 1]), np.array([9, 2]), np.array([9, 3])])
    array([9, 1])
    """
    if len(voxels) > _PAIRWISE_MAX:
        return _winners_by_sorting(np.stack(voxels, axis=1))
    return _winners_by_pairs(voxels)


def _winners_by_pairs(voxels: Sequence[Voxels]) -> Voxels:
    votes = np.zeros((len(voxels), voxels[0].size), np.uint8)
    for one in range(len(voxels)):
        for other in range(one):
            is_same = np.equal(voxels[one], voxels[other])
            votes[one] += is_same
            votes[other] += is_same
    best, most = voxels[0].copy(), votes[0].copy()
    for value, count in zip(voxels[1:], votes[1:], strict=True):
        np.copyto(best, value, where=count > most)
        np.maximum(most, count, out=most)
    return best


def _winners_by_sorting(cells: Voxels) -> Voxels:
    """Sort each cell stably, so that a run of equal values begins with the first one met."""
    size = cells.shape[1]
    places = cells.argsort(axis=1, kind="stable")
    values = np.take_along_axis(cells, places, axis=1)
    is_start = np.ones(values.shape, np.bool_)
    np.not_equal(values[:, 1:], values[:, :-1], out=is_start[:, 1:])
    run = np.cumsum(is_start) - 1
    votes = np.bincount(run)[run].reshape(values.shape)
    best = np.argmax(votes * size - places, axis=1)
    return np.take_along_axis(values, best[:, np.newaxis], axis=1)[:, 0]
