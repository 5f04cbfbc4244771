"""Compute shards of one mag from the mag below it."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import nullcontext
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wkflow.box import Box
from wkflow.codec import Codec
from wkflow.kernels import KERNELS
from wkflow.kernels.cells import gather, reach
from wkflow.layer import Grid
from wkflow.layer_plan import Place
from wkflow.plan import LayerPlan
from wkflow.receipt import ShardFile
from wkflow.steps.shortcut import Shortcut
from wkflow.steps.shortcut_voxels import ShortcutVoxels
from wkflow.writers.voxels import MagVoxels, Region


def downsample_shards(
    dataset: Path,
    plan: LayerPlan,
    step: tuple[Grid, Grid],
    places: list[Place],
    pool: Executor,
    shortcut: Shortcut | None = None,
) -> Iterator[tuple[Box, ShardFile]]:
    """Write the shards at `places` of the coarser mag of a step, one after the other.

    Each row of chunks is read, reduced and encoded by itself, so memory does not grow with the
    shard, and the result does not depend on how the work is cut. What a shortcut knows is taken
    from there.
    """
    reduce = _Reduction(plan.kernel, *step)
    codec = Codec.parse(plan.codec, plan.layer.data_format)
    helps = shortcut if shortcut and step[1] == shortcut.grid else None
    for frame, group in groupby(places, key=itemgetter(0)):
        finer, coarser = (MagVoxels(dataset, plan.layer, grid, codec, frame) for grid in step)
        positions = [position for _, position in group]
        boxes = [step[1].shard_box(position) for position in positions]
        known = ShortcutVoxels(helps).reading(boxes) if helps else nullcontext(None)
        with finer.reading() as read, known as region, coarser.writing() as sink:
            yield from sink.stream(boxes, region or reduce.of(read), pool)


class _Reduction:
    """A kernel between two mags: gives any box of the coarser one."""

    def __init__(self, kernel: str, finer: Grid, coarser: Grid) -> None:
        self.kernel, self.finer = KERNELS[kernel], finer
        self.factor = coarser.mag.over(finer.mag)
        self.halo = self.kernel.halo(self.factor)

    def of(self, read: Region) -> Region:
        """Give what computes a box of the coarser mag with `read`, which reads the finer one."""

        def region(box: Box) -> NDArray[np.generic]:
            ranges = [
                reach(b * f - h, e * f + h, size, window=self.kernel.window)
                for b, e, f, h, size in zip(
                    box.begin, box.end, self.factor, self.halo, self.finer.size, strict=True
                )
            ]
            (x0, x1, _), (y0, y1, _), (z0, z1, _) = ranges
            block = read(Box((x0, y0, z0), (x1, y1, z1)))
            return self.kernel.reduce(gather(block, [take for *_, take in ranges]), self.factor)

        return region
