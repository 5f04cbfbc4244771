"""A way around reading mag 1 again: each slab leaves its voxels of the second mag, uncompressed.

`convert_slab` reduces its voxels while they are in memory; `downsample_rest` finds them in a file
instead of decoding four times as many from shards. A shortcut that is missing is no loss: the
shards are read then, with the same result.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wkflow import durable
from wkflow.box import Box, Triple, ceil_div
from wkflow.kernels import KERNELS
from wkflow.kernels.cells import gather, reach
from wkflow.layer import Grid
from wkflow.layer_plan import LayerPlan
from wkflow.slab import Slab

BOOT = Path("/proc/sys/kernel/random/boot_id")
"""Linux's name for one start of the system on one machine; elsewhere there are no shortcuts."""

Voxels = NDArray[np.generic]
Region = Callable[[Box], Voxels]


@dataclass(frozen=True, slots=True)
class Shortcut:
    """The second mag of a layer, one file (z, y, x, c) for each slab below `folder`."""

    folder: Path
    plan: LayerPlan

    @property
    def grid(self) -> Grid:
        """The second mag."""
        return self.plan.grids[1]

    @property
    def factor(self) -> Triple:
        """How many voxels of mag 1 one of the second mag stands for."""
        return self.grid.mag.over(self.plan.grids[0].mag)

    def path(self, slab: Slab) -> Path:
        """Name the file after all that its voxels depend on.

        The start of the system is part of it: a file that was not flushed when the power failed
        is not found again.
        """
        recipe = f"{self.plan.slab_recipe(slab)}-{self.plan.kernel}-{self.grid.mag}"
        return self.folder / f"{slab}-{recipe}-{BOOT.read_text().strip()}"

    @contextmanager
    def writing(self, slab: Slab) -> Iterator[Callable[[Region], Region]]:
        """Give what makes of a region of mag 1 one that also leaves its reduced voxels."""
        with durable.replacing(self.path(slab)) as file:
            yield lambda region: partial(self._leave, file.fileno(), slab, region)

    def _leave(self, handle: int, slab: Slab, region: Region, box: Box) -> Voxels:
        voxels = region(box)
        size = self.plan.grids[0].size
        begin, end = self._below(box)
        takes = [
            reach(b * f, e * f, s)[2]
            for b, e, f, s in zip(begin, end, self.factor, size, strict=True)
        ]
        reduced = KERNELS[self.plan.kernel].reduce(gather(voxels, takes), self.factor).T
        first = slab.z_begin // self.factor[2]
        for z, plane in enumerate(reduced, begin[2]):
            os.pwrite(handle, np.ascontiguousarray(plane).data, self._offset(z - first, begin[1]))
        return voxels

    def _below(self, box: Box) -> tuple[Triple, Triple]:
        x, y, z = (b // f for b, f in zip(box.begin, self.factor, strict=True))
        return (x, y, z), ceil_div(box.end, self.factor)

    def _offset(self, z: int, y: int) -> int:
        width, height, _ = self.grid.size
        return (z * height + y) * width * self.plan.layer.voxel_bytes

    @contextmanager
    def reading(self) -> Iterator[Region | None]:
        """Give a function from boxes of the second mag to their voxels; None if a file lacks."""
        files = {slab.z_begin: self.path(slab) for slab in self.plan.slabs()}
        if not all(path.exists() for path in files.values()):
            yield None
            return
        handles = {z: os.open(path, os.O_RDONLY) for z, path in files.items()}
        try:
            yield partial(self._read, handles)
        finally:
            for handle in handles.values():
                os.close(handle)

    def _read(self, handles: dict[int, int], box: Box) -> Voxels:
        (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
        shape = (y1 - y0, self.grid.size[0], self.plan.layer.channels)
        out = np.empty((z1 - z0, *shape), self.plan.layer.dtype)
        for z in range(z0, z1):
            begin = z * self.factor[2] // self.plan.slab_depth * self.plan.slab_depth
            offset = self._offset(z - begin // self.factor[2], y0)
            os.preadv(handles[begin], [out[z - z0].data], offset)
        return out[:, :, x0:x1].T

    def remove(self) -> None:
        """Remove all files: the second mag is on the disk."""
        shutil.rmtree(self.folder, ignore_errors=True)


def shortcut_of(plan: LayerPlan, scratch: Path | None) -> Shortcut | None:
    """Give the layer's shortcut below `scratch`, if it has one.

    It has one where the second mag is small, where each of its voxels stands for at most two
    along each axis, and where rows of chunks hold whole cells and all x.
    """
    rest = plan.rest_steps()
    if scratch is None or not BOOT.exists() or not rest or rest[0] != plan.steps()[0]:
        return None
    finest, second = plan.grids[:2]
    factor = second.mag.over(finest.mag)
    whole_cells = all(c % f == 0 for c, f in zip(finest.chunk, factor, strict=True))
    is_plain = max(factor) <= 2 and not any(KERNELS[plan.kernel].halo(factor))
    if not (whole_cells and is_plain and finest.shards[0] == 1):
        return None
    return Shortcut(scratch / plan.layer.name, plan)


def shortcut_bytes(plan: LayerPlan) -> int:
    """Bytes that a layer's shortcut takes for a while, at most."""
    if not plan.rest_steps():
        return 0
    return prod(plan.rest_steps()[0][1].size) * plan.layer.voxel_bytes
