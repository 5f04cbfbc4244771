"""The voxels of a shortcut: left by slabs, row of chunks by row of chunks, and read as boxes."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
from numpy.typing import NDArray

from wkflow import durable
from wkflow.box import Box, Triple, ceil_div
from wkflow.kernels import KERNELS
from wkflow.kernels.cells import gather, reach
from wkflow.slab import Slab
from wkflow.steps.shortcut import Shortcut

Voxels = NDArray[np.generic]
Region = Callable[[Box], Voxels]


class ShortcutVoxels:
    """What the files of one shortcut hold: the second mag of a layer."""

    def __init__(self, shortcut: Shortcut) -> None:
        self._shortcut, self._plan = shortcut, shortcut.plan

    @contextmanager
    def writing(self, slab: Slab) -> Iterator[Callable[[Region], Region]]:
        """Give what makes of a region of mag 1 one that also leaves its reduced voxels."""
        with durable.replacing(self._shortcut.path(slab)) as file:
            yield lambda region: partial(self._leave, file.fileno(), slab, region)

    def _leave(self, handle: int, slab: Slab, region: Region, box: Box) -> Voxels:
        voxels = region(box)
        size = self._plan.grids[0].size
        begin, end = self._below(box)
        takes = [
            reach(b * f, e * f, s)[2]
            for b, e, f, s in zip(begin, end, self._shortcut.factor, size, strict=True)
        ]
        reduced = KERNELS[self._plan.kernel].reduce(gather(voxels, takes), self._shortcut.factor).T
        first = slab.z_begin // self._shortcut.factor[2]
        for z, plane in enumerate(reduced, begin[2]):
            os.pwrite(handle, np.ascontiguousarray(plane).data, self._offset(z - first, begin[1]))
        return voxels

    def _below(self, box: Box) -> tuple[Triple, Triple]:
        x, y, z = (b // f for b, f in zip(box.begin, self._shortcut.factor, strict=True))
        return (x, y, z), ceil_div(box.end, self._shortcut.factor)

    def _offset(self, z: int, y: int) -> int:
        width, height, _ = self._shortcut.grid.size
        return (z * height + y) * width * self._plan.layer.voxel_bytes

    @contextmanager
    def reading(self) -> Iterator[Region | None]:
        """Give a function from boxes of the second mag to their voxels; None if a file lacks."""
        files = {slab.z_begin: self._shortcut.path(slab) for slab in self._plan.slabs()}
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
        shape = (y1 - y0, self._shortcut.grid.size[0], self._plan.layer.channels)
        out = np.empty((z1 - z0, *shape), self._plan.layer.dtype)
        for z in range(z0, z1):
            begin = z * self._shortcut.factor[2] // self._plan.slab_depth * self._plan.slab_depth
            offset = self._offset(z - begin // self._shortcut.factor[2], y0)
            os.preadv(handles[begin], [out[z - z0].data], offset)
        return out[:, :, x0:x1].T
