"""Cubic convolution at the centre of each cell."""

import numpy as np

from wkflow.model.kernel import KERNELS
from wkflow.voxels.kernels.rounding import halves_to_even, saturated
from wkflow.voxels.kernels.tile import Factor, Voxels, tile_of

WEIGHT_BITS = 4
"""The weights (-1, 9, 9, -1) add up to 2**4: Keys' cubic (a = -1/2) halfway between voxels."""

PLANE_BYTES = 2**19
"""Bytes of sums computed at once, at least one plane; they should stay near the core."""

cubic_halo = KERNELS["bicubic"].halo


def bicubic(block: Voxels, factor: Factor) -> Voxels:
    """Interpolate cubically at the centre of each cell.

    Along each axis with a factor of 2 or more, the four voxels around the centre are weighted by
    (-1, 9, 9, -1) / 16 (Keys, a = -1/2: Catmull-Rom). Integers up to 32 bits: exact, a half goes
    to the even neighbour, then clipped to the range of the dtype. 64-bit integers: computed in
    float64, so values beyond 2**53 / 16 lose their last bits. Floats: computed in float64, then
    rounded to their dtype; NaN and infinity propagate.

    Parameters
    ----------
    block : array, shape (c, x, y, z), any integer dtype, float32 or float64
        Every extent is a multiple of its factor, plus `cubic_halo(factor)` on both sides;
        `block.T` is best C-contiguous.
    factor : (fx, fy, fz)
        Cell size in voxels, powers of two.

    Returns
    -------
    array, shape (c, cells x, cells y, cells z), same dtype and memory layout as `block`

    Examples
    --------
    >>> block = np.array([0, 0, 160, 160, 160, 160], np.uint8).reshape(1, 6, 1, 1)
    >>> bicubic(block, (2, 1, 1)).ravel()
    array([ 80, 160], dtype=uint8)
    """
    tile = tile_of(block)
    (fx, fy, fz), (hx, hy, hz) = factor, cubic_halo(factor)
    planes, lines, columns, channels = tile.shape
    cells = ((planes - 2 * hz) // fz, (lines - 2 * hy) // fy, (columns - 2 * hx) // fx)
    reduced = np.empty((*cells, channels), tile.dtype)
    step = max(1, PLANE_BYTES // max(1, 8 * lines * columns))
    for z in range(0, cells[0], step) if reduced.size else ():
        part = reduced[z : z + step]
        source = tile[z * fz : (z + len(part)) * fz + 2 * hz]
        for channel in range(channels):
            part[..., channel] = _interpolated(source[..., channel], (fz, fy, fx))
    return reduced.T


def _interpolated(source: Voxels, factors: Factor) -> Voxels:
    """Reduce one channel, axis by axis, without rounding in between."""
    sums = source.astype(_sum_dtype(source.dtype))
    with np.errstate(invalid="ignore", over="ignore"):
        for axis, size in enumerate(factors):
            sums = _weighted(sums, axis, size) if size > 1 else sums
        bits = WEIGHT_BITS * sum(size > 1 for size in factors)
        return _divided(sums, bits, source.dtype)


def _sum_dtype(dtype: np.dtype[np.generic]) -> type[np.generic]:
    """Choose what holds 20**3 times the largest voxel."""
    if dtype.kind == "f" or dtype.itemsize == 8:
        return np.float64
    return np.int64 if dtype.itemsize == 4 else np.int32


def _weighted(sums: Voxels, axis: int, size: int) -> Voxels:
    cells = sums.shape[axis] // size if size > 2 else sums.shape[axis] // size - 1
    begin = max(0, size // 2 - 2)
    rolled = np.moveaxis(sums, axis, 0)
    outer, inner, other_inner, other_outer = (
        rolled[begin + place :][: (cells - 1) * size + 1 : size] for place in range(4)
    )
    inner_sum = np.multiply(np.add(inner, other_inner), 9)
    return np.moveaxis(np.subtract(inner_sum, np.add(outer, other_outer)), 0, axis)


def _divided(sums: Voxels, bits: int, dtype: np.dtype[np.generic]) -> Voxels:
    if dtype.kind == "f":
        return np.multiply(sums, 0.5**bits).astype(dtype)
    if sums.dtype.kind == "f":
        return saturated(np.rint(np.multiply(sums, 0.5**bits)), dtype)
    ends = np.iinfo(dtype)  # type: ignore[type-var]  # callers pass integers only
    rounded = halves_to_even(sums, bits, np.zeros((), sums.dtype))
    return np.clip(rounded, ends.min, ends.max).astype(dtype)
