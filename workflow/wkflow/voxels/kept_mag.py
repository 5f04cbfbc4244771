"""A small mag that stays in memory while it is written: the next one is computed from it.

Else its chunks would be read and decoded right after they were encoded.
"""

from functools import partial
from typing import Self

import numpy as np

from wkflow.formats.chunk_rows import part_of
from wkflow.formats.contract import ReadBox, Voxels
from wkflow.model.box import Box
from wkflow.model.layer import Grid, Layer
from wkflow.model.layer_plan import LayerPlan


class KeptMag:
    """The voxels of one mag of a layer, as far as they were computed."""

    def __init__(self, layer: Layer, grid: Grid) -> None:
        self.grid = grid
        shape = (layer.frames, *grid.box.size[::-1], layer.channels)
        self._voxels = np.empty(shape, layer.dtype)

    @classmethod
    def if_small(cls, plan: LayerPlan, grid: Grid) -> Self | None:
        """Make room for a mag, if its plan has it kept."""
        return cls(plan.layer, grid) if plan.is_kept(grid) else None

    def keeping(self, frame: int, region: ReadBox) -> ReadBox:
        """Give what reads as `region` does, and keeps the voxels (c, x, y, z) that it gives."""

        def read(box: Box) -> Voxels:
            voxels = region(box)
            inner = box.overlap(self.grid.box)
            self.reading(frame)(inner)[...] = part_of(voxels, box, inner)
            return voxels

        return read

    def reading(self, frame: int) -> ReadBox:
        """Give what reads boxes (c, x, y, z) within the mag, of what was kept."""
        return partial(part_of, self._voxels[frame].T, self.grid.box)
