"""A block as its memory lies: z, y, x, c, with the channel fastest."""

import sys
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Factor = tuple[int, int, int]
"""Cell size in voxels along x, y and z: powers of two, each at least 1."""

Voxels = NDArray[np.generic]
"""Voxels of any dtype, shape (c, x, y, z) for a block; its transpose is C-contiguous."""

PIECE_BYTES = 2**19
"""Source bytes taken at once: what is computed from them stays near the core (128 KiB: slower)."""

Piece = tuple[slice, slice]
"""Cells along z and cells along y."""

_WIDER = {1: ("u1", "u2"), 2: ("u2", "u4"), 4: ("u4", "u8")}
"""By bytes of a pixel: a pixel, and two pixels, as unsigned integers."""


def tile_of(block: Voxels) -> Voxels:
    """View a block (c, x, y, z) as (z, y, x, c), C-contiguous; copies only what lies otherwise.

    Examples
    --------
    >>> tile_of(np.zeros((1, 4, 3, 2), order="F")).shape
    (2, 3, 4, 1)
    """
    return np.ascontiguousarray(block.T)


def empty_cells(tile: Voxels, factor: Factor) -> Voxels:
    """Make room for one voxel per cell, shape (z / fz, y / fy, x / fx, c)."""
    (z, y, x, channels), (fx, fy, fz) = tile.shape, factor
    return np.empty((z // fz, y // fy, x // fx, channels), tile.dtype)


def pieces(tile: Voxels, factor: Factor) -> Iterator[Piece]:
    """Cut the cells of a tile (z, y, x, c) into whole rows that fit the cache.

    Examples
    --------
    >>> list(pieces(np.zeros((4, 4, 2**16, 1), np.uint8), (2, 2, 2)))
    [(slice(0, 1, None), slice(0, 2, None)), (slice(1, 2, None), slice(0, 2, None))]
    """
    _, fy, fz = factor
    planes, rows = tile.shape[0] // fz, tile.shape[1] // fy
    row_bytes = fy * fz * tile[:1, :1].nbytes
    at_once = max(1, PIECE_BYTES // max(1, row_bytes))
    plane_step, row_step = max(1, at_once // max(1, rows)), min(at_once, max(1, rows))
    for z in range(0, planes, plane_step):
        for y in range(0, rows, row_step):
            yield slice(z, min(z + plane_step, planes)), slice(y, min(y + row_step, rows))


def rows_of(tile: Voxels, factor: Factor, piece: Piece) -> list[Voxels]:
    """View the source rows of a piece: one array (cells z, cells y, x, c) per row of a cell.

    The rows come with y fastest, then z: for a factor of 2 in both, (y, z) is
    (0, 0), (1, 0), (0, 1), (1, 1).
    """
    _, fy, fz = factor
    source = tile[
        piece[0].start * fz : piece[0].stop * fz,
        piece[1].start * fy : piece[1].stop * fy,
    ]
    return [source[z::fz, y::fy] for z in range(fz) for y in range(fy)]


def every_nth(flat: Voxels, step: int, channels: int) -> Voxels:
    """Take the first of every `step` columns.

    Two neighbouring pixels read as one wide little-endian integer and cast to a narrow one
    leave the first of them. This runs ten times as fast as a strided copy.

    Parameters
    ----------
    flat : array, shape (columns * channels,)
        The columns behind the last one that is taken may be missing.
    step : int
        Distance in columns.
    channels : int
        Samples per column.

    Returns
    -------
    array, shape (ceil(columns / step) * channels,), same dtype as `flat`, never a view of it

    Examples
    --------
    >>> every_nth(np.arange(11), 2, 1)
    array([ 0,  2,  4,  6,  8, 10])
    >>> every_nth(np.arange(12), 2, 3)
    array([0, 1, 2, 6, 7, 8])
    """
    count = -(-flat.size // (step * channels))
    taken = np.empty((count, channels), flat.dtype)
    pixel_bytes = channels * flat.itemsize
    is_pairwise = step == 2 and pixel_bytes in _WIDER and flat.flags.aligned
    if is_pairwise and sys.byteorder == "little" and count:
        narrow, wide = _WIDER[pixel_bytes]
        paired = (count - 1) * 2 * channels
        taken[:-1].view(narrow)[:, 0] = flat[:paired].view(wide)
        taken[-1] = flat[paired : paired + channels]
    else:
        for channel in range(channels):
            taken[:, channel] = flat[channel :: step * channels]
    return taken.reshape(-1)
