"""The voxels of a shortcut: left by slabs, row of chunks by row of chunks, and read as boxes."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np

from wkflow import atomic_files
from wkflow.formats.chunk_rows import from_begin
from wkflow.formats.contract import ReadBox, Voxels
from wkflow.model.box import Box, Triple, ceil_div
from wkflow.model.slab import Slab
from wkflow.voxels.kernels import REDUCERS
from wkflow.voxels.kernels.edges import gather, reach
from wkflow.voxels.scratch_mag import Shortcut


class ShortcutVoxels:
    """What the files of one shortcut hold: the second mag of a layer."""

    def __init__(self, shortcut: Shortcut) -> None:
        self._shortcut, self._plan = shortcut, shortcut.plan

    @contextmanager
    def writing(self, slab: Slab) -> Iterator[Callable[[ReadBox], ReadBox]]:
        """Give what makes of a region of mag 1 one that also leaves its reduced voxels."""
        with atomic_files.atomic_write(self._shortcut.path(slab)) as file:
            yield lambda region: partial(self._leave, file.fileno(), slab, region)

    def _leave(self, handle: int, slab: Slab, region: ReadBox, box: Box) -> Voxels:
        voxels = region(box)
        finest = self._plan.grids[0]
        begin, end = self._below(box)
        takes = [
            reach(b * f - first, e * f - first, last - first)[2]
            for b, e, f, first, last in zip(
                begin, end, self._shortcut.factor, finest.begin, finest.size, strict=True
            )
        ]
        reduced = REDUCERS[self._plan.kernel](gather(voxels, takes), self._shortcut.factor).T
        first = slab.z_begin // self._shortcut.factor[2]
        for z, plane in enumerate(reduced, begin[2]):
            self._write(handle, plane, (begin[0], begin[1], z - first))
        return voxels

    def _write(self, handle: int, plane: Voxels, place: Triple) -> None:
        """Write a plane (y, x, c): at once where it spans all x, else row by row."""
        x, y, z = place
        if plane.shape[1] == self._shortcut.grid.box.size[0]:
            os.pwrite(handle, np.ascontiguousarray(plane).data, self._offset(x, y, z))
            return
        for number, row in enumerate(np.ascontiguousarray(plane), y):
            os.pwrite(handle, row.data, self._offset(x, number, z))

    def _below(self, box: Box) -> tuple[Triple, Triple]:
        x, y, z = (b // f for b, f in zip(box.begin, self._shortcut.factor, strict=True))
        return (x, y, z), ceil_div(box.end, self._shortcut.factor)

    def _offset(self, x: int, y: int, z: int) -> int:
        left, top, _ = self._shortcut.grid.begin
        width, height, _ = self._shortcut.grid.box.size
        return ((z * height + y - top) * width + x - left) * self._plan.layer.voxel_bytes

    @contextmanager
    def reading(self, boxes: Iterable[Box]) -> Iterator[ReadBox | None]:
        """Give a function from boxes within these of the second mag to their voxels.

        None if a file lacks.
        """
        factor, depth = self._shortcut.factor[2], self._plan.box.end[2]
        least = self._plan.box.begin[2]
        ends = [
            (max(box.begin[2] * factor, least), min(box.end[2] * factor, depth)) for box in boxes
        ]
        slabs = {slab for z0, z1 in ends for slab in self._plan.feeding_slabs(0, _column(z0, z1))}
        files = {slab.z_begin: self._shortcut.path(slab) for slab in slabs}
        if not all(path.exists() for path in files.values()):
            yield None
            return
        handles = {z: os.open(path, os.O_RDONLY) for z, path in files.items()}
        try:
            yield from_begin(self._shortcut.grid, partial(self._read, handles))
        finally:
            for handle in handles.values():
                os.close(handle)

    def _read(self, handles: dict[int, int], box: Box) -> Voxels:
        width, height, planes = box.size
        out = np.empty((planes, height, width, self._plan.layer.channels), self._plan.layer.dtype)
        factor, depth = self._shortcut.factor[2], self._plan.slab_depth
        left, full = self._shortcut.grid.begin[0], self._shortcut.grid.box.size[0]
        rows = np.empty((height, full, self._plan.layer.channels), out.dtype)
        x = box.begin[0] - left
        for number, plane in enumerate(out, box.begin[2]):
            begin = max(number * factor // depth * depth, self._plan.box.begin[2])
            target = plane if width == full else rows  # a call for each row would take longer
            place = self._offset(left, box.begin[1], number - begin // factor)
            os.preadv(handles[begin], [target.data], place)
            if target is rows:
                plane[...] = rows[:, x : x + width]
        return out.T


def _column(z_begin: int, z_end: int) -> Box:
    """Give a box that spans these slices."""
    return Box((0, 0, z_begin), (1, 1, z_end))
