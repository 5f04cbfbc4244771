"""The mean of the voxels around the centre of each cell."""

from collections.abc import Sequence

import numpy as np

from wkflow.voxels.kernels.rounding import halves_to_even
from wkflow.voxels.kernels.tile import (
    Factor,
    Voxels,
    empty_cells,
    every_nth,
    pieces,
    rows_of,
    tile_of,
)


def bilinear(block: Voxels, factor: Factor) -> Voxels:
    """Interpolate linearly at the centre of each cell.

    Along each axis with a factor of 2 or more that is the mean of the two central voxels; so a
    cell of 2 x 2 x 2 is reduced to its mean. Integers of any width: exact, a half goes to the
    even neighbour. Floats: summed in float64, then rounded to their dtype; NaN and infinity
    propagate.

    Parameters
    ----------
    block : array, shape (c, x, y, z), any integer dtype, float32 or float64
        Every extent is a multiple of its factor; `block.T` is best C-contiguous.
    factor : (fx, fy, fz)
        Cell size in voxels, powers of two.

    Returns
    -------
    array, shape (c, x / fx, y / fy, z / fz), same dtype and memory layout as `block`

    Examples
    --------
    >>> block = np.array([1, 2, 2, 3, 9, 5, 6, 9], np.uint8).reshape(1, 8, 1, 1)
    >>> bilinear(block, (2, 1, 1)).ravel()
    array([2, 2, 7, 8], dtype=uint8)
    >>> bilinear(block, (4, 1, 1)).ravel()
    array([2, 6], dtype=uint8)
    """
    tile = tile_of(block)
    reduced = empty_cells(tile, factor)
    mean = _float_mean if tile.dtype.kind == "f" else _integer_mean
    for piece in pieces(tile, factor) if reduced.size else ():
        part = reduced[piece]
        rows = _central_rows(rows_of(tile, factor, piece), factor)
        part[...] = mean(rows, factor[0], tile.shape[3]).reshape(part.shape)
    return reduced.T


def _central_rows(rows: list[Voxels], factor: Factor) -> list[Voxels]:
    _, fy, fz = factor
    return [rows[z * fy + y] for z in _centre(fz) for y in _centre(fy)]


def _centre(size: int) -> range:
    return range((size - 1) // 2, size // 2 + 1)


def _integer_mean(rows: Sequence[Voxels], width: int, channels: int) -> Voxels:
    """Sum quotients and remainders apart, so that no dtype overflows.

    Of n voxels the quotients by n sum up to at most the largest voxel, the remainders to less
    than n * n = 64.
    """
    bits = (len(rows) * len(_centre(width))).bit_length() - 1
    quotients = [np.right_shift(row, bits) for row in rows]
    remainders = [np.bitwise_and(row, 2**bits - 1) for row in rows]
    quotient, remainder = (
        _sum_of_columns(_sum(parts), width, channels) for parts in (quotients, remainders)
    )
    return np.add(quotient, halves_to_even(remainder, bits, quotient))


def _float_mean(rows: Sequence[Voxels], width: int, channels: int) -> Voxels:
    weight = 1 / (len(rows) * len(_centre(width)))
    with np.errstate(invalid="ignore", over="ignore"):
        total = _sum_of_columns(_sum([row.astype(np.float64) for row in rows]), width, channels)
        return np.multiply(total, weight).astype(rows[0].dtype)


def _sum(rows: Sequence[Voxels]) -> Voxels:
    total = rows[0]
    for row in rows[1:]:
        total = np.add(total, row)
    return total


def _sum_of_columns(rows: Voxels, width: int, channels: int) -> Voxels:
    flat = rows.reshape(-1)
    if width == 1:
        return flat
    skipped = (width // 2 - 1) * channels
    pairs: Voxels = np.add(flat[skipped:-channels], flat[skipped + channels :])
    return every_nth(pairs, width, channels)
