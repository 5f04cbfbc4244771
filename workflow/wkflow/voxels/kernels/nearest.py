"""One voxel of each cell."""

from wkflow.voxels.kernels.tile import Factor, Voxels, tile_of


def nearest(block: Voxels, factor: Factor) -> Voxels:
    """Reduce each cell to the voxel nearest to its centre; of two as near, the lower one.

    Along an axis with factor f that is the voxel at (f - 1) // 2 from the cell's begin. No value
    is computed, so nothing is rounded.

    Parameters
    ----------
    block : array, shape (c, x, y, z), any dtype
        Every extent is a multiple of its factor; `block.T` is best C-contiguous.
    factor : (fx, fy, fz)
        Cell size in voxels, powers of two.

    Returns
    -------
    array, shape (c, x / fx, y / fy, z / fz), same dtype and memory layout as `block`

    Examples
    --------
    >>> import numpy as np
    >>> nearest(np.arange(8).reshape(1, 8, 1, 1), (4, 1, 1)).ravel()
    array([1, 5])
    """
    fx, fy, fz = factor
    x, y, z = ((step - 1) // 2 for step in factor)
    return tile_of(block)[z::fz, y::fy, x::fx].copy().T
