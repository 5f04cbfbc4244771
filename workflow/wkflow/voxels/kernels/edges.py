"""What to read along one axis, so that the cells at its borders are complete."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wkflow.voxels.kernels.tile import Voxels

Takes = NDArray[np.intp]
"""Positions along an axis of what was read."""


def reach(
    begin: int, end: int, size: int, *, window: int | None = None
) -> tuple[int, int, Takes | None]:
    """Mirror the voxels that an axis lacks: index -1 is 0, index `size` is `size - 1`, and so on.

    Parameters
    ----------
    begin, end : int
        Source voxels wanted, half-open. Before 0 and from `size` on there are none.
    size : int
        Voxels that the axis has, at least 1.
    window : int, optional
        Mirror at the end only the voxels from the last multiple of `window` below `size` on, as
        a program does that pads tiles of this size one by one. At the begin (where only a halo
        lies) the whole axis is mirrored.

    Returns
    -------
    read_begin, read_end : int
        What to read, half-open, within 0..size.
    take : array of positions, or None
        Which voxel of what was read stands at begin, begin + 1, ...; None: just as it was read.

    Examples
    --------
    >>> reach(2, 6, 8)
    (2, 6, None)
    >>> reach(4, 8, 6)
    (4, 6, array([0, 1, 1, 0]))
    >>> reach(-1, 3, 9)
    (0, 3, array([0, 0, 1, 2]))
    >>> reach(4, 8, 5, window=4)
    (4, 5, array([0, 0, 0, 0]))
    """
    if begin >= 0 and end <= size:
        return begin, end, None
    wanted = np.arange(begin, end, dtype=np.intp)
    origin = (size - 1) // window * window if window else 0
    inside = np.where(
        wanted < size, _mirrored(wanted, size), origin + _mirrored(wanted - origin, size - origin)
    )
    read_begin, read_end = int(inside.min()), int(inside.max()) + 1
    return read_begin, read_end, inside - read_begin


def _mirrored(wanted: Takes, size: int) -> Takes:
    """Walk to and fro: from 0 to size - 1, from size - 1 to 0, and again."""
    phase = wanted % (2 * size)
    return np.minimum(phase, 2 * size - 1 - phase)


def gather(block: Voxels, takes: Sequence[Takes | None]) -> Voxels:
    """Take positions along x, y and z of a block (c, x, y, z); None leaves an axis as it is.

    The block is not changed; what is returned has its memory layout, and is the block itself
    where there is nothing to take.

    Examples
    --------
    >>> block = np.arange(3).reshape(1, 3, 1, 1)
    >>> gather(block, (np.array([0, 0, 2]), None, None)).ravel()
    array([0, 0, 2])
    """
    tile = block.T
    for axis, take in zip((2, 1, 0), takes, strict=True):
        if take is not None:
            tile = tile.take(take, axis=axis)
    return tile.T
