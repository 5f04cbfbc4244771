"""What is known of the kernels that reduce one mag to the next; `voxels/kernels` computes them."""

from dataclasses import dataclass

from wkflow.model.box import Triple

OFFICIAL_WINDOW_VX = 1024
"""The official tool pads tiles whose origins are multiples of this: its borders are ours."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """One way to reduce each cell of voxels to one voxel."""

    name: str
    """What `--interpolation-mode` calls it."""

    reach: int = 0
    """Voxels needed on both sides of a cell of 2; larger cells hold all that is needed."""

    window: int | None = None
    """Mirror at the end of an axis only what lies behind the last multiple of this; see `reach`
    in `voxels/kernels/edges.py`."""

    def halo(self, factor: Triple) -> Triple:
        """Give the voxels needed beyond cells of this size, on both sides of x, y and z.

        Examples
        --------
        >>> KERNELS["bicubic"].halo((2, 4, 1))
        (1, 0, 0)
        """
        x, y, z = (self.reach * (size == 2) for size in factor)
        return x, y, z


KERNELS = {
    kernel.name: kernel
    for kernel in (
        Kernel("median", window=OFFICIAL_WINDOW_VX),
        Kernel("mode", window=OFFICIAL_WINDOW_VX),
        Kernel("nearest"),
        Kernel("bilinear"),
        Kernel("bicubic", reach=1),
    )
}
"""By name; `voxels.kernels.REDUCERS` has the function of each."""


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
