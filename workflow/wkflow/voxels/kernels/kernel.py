"""What a kernel is: a way to reduce voxels to the next magnification."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Factor = tuple[int, int, int]
"""Cell size in voxels along x, y and z: powers of two, each at least 1."""

Voxels = NDArray[np.generic]
"""Voxels of any dtype, shape (c, x, y, z) for a block; its transpose is C-contiguous."""


def no_halo(_factor: Factor) -> tuple[int, int, int]:
    """Reach: the kernel looks at no voxel outside its cell."""
    return (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Kernel:
    """One way to reduce each cell of voxels to one voxel."""

    name: str
    """What `--interpolation-mode` calls it."""

    reduce: Callable[[Voxels, Factor], Voxels]
    """A block of whole cells (and its halo) in, one voxel per cell out, same dtype and layout."""

    halo: Callable[[Factor], tuple[int, int, int]] = no_halo
    """Voxels needed beyond the cells, on both sides of x, y and z."""

    window: int | None = None
    """Mirror at the end of an axis only what lies behind the last multiple of this; see `reach`."""
