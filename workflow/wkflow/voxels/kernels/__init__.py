"""Kernels reduce blocks of voxels to the next magnification.

They are arithmetic on arrays: a block (c, x, y, z), x fastest in memory, and a factor in, one
voxel per cell out. None opens a file, none changes its argument, and none depends on how the
voxels were cut into blocks. What is known of each without its arithmetic (halo, window, the layers
it is for) is in `model/kernel.py`.
"""

from collections.abc import Callable

from wkflow.voxels.kernels.bicubic import bicubic
from wkflow.voxels.kernels.bilinear import bilinear
from wkflow.voxels.kernels.median import median
from wkflow.voxels.kernels.mode import mode
from wkflow.voxels.kernels.nearest import nearest
from wkflow.voxels.kernels.tile import Factor, Voxels

REDUCERS: dict[str, Callable[[Voxels, Factor], Voxels]] = {
    "median": median,
    "mode": mode,
    "nearest": nearest,
    "bilinear": bilinear,
    "bicubic": bicubic,
}
"""By the kernel's name: a block of whole cells (and its halo) in, one voxel per cell out, of the
same dtype and memory layout."""
