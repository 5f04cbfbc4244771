"""Kernels reduce blocks of voxels to the next magnification.

They are arithmetic on arrays: a block (c, x, y, z), x fastest in memory, and a factor in, one
voxel per cell out. None opens a file, none changes its argument, and none depends on how the
voxels were cut into blocks.
"""

from wkflow.voxels.kernels.bicubic import bicubic, cubic_halo
from wkflow.voxels.kernels.bilinear import bilinear
from wkflow.voxels.kernels.edges import gather, reach
from wkflow.voxels.kernels.kernel import Factor, Kernel
from wkflow.voxels.kernels.median import median
from wkflow.voxels.kernels.mode import mode
from wkflow.voxels.kernels.nearest import nearest

__all__ = ["KERNELS", "Factor", "Kernel", "gather", "kernel_for", "reach"]

OFFICIAL_WINDOW_VX = 1024
"""The official tool pads tiles whose origins are multiples of this: its borders are ours."""

KERNELS: dict[str, Kernel] = {
    "median": Kernel("median", median, window=OFFICIAL_WINDOW_VX),
    "mode": Kernel("mode", mode, window=OFFICIAL_WINDOW_VX),
    "nearest": Kernel("nearest", nearest),
    "bilinear": Kernel("bilinear", bilinear),
    "bicubic": Kernel("bicubic", bicubic, halo=cubic_halo),
}


def kernel_for(interpolation_mode: str, category: str) -> Kernel:
    """Choose the kernel of a layer; "default" suits its category.

    Examples
    --------
    >>> kernel_for("default", "segmentation").name, kernel_for("default", "color").name
    ('mode', 'median')
    """
    if interpolation_mode == "default":
        return KERNELS["mode" if category == "segmentation" else "median"]
    return KERNELS[interpolation_mode]
