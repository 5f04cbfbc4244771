"""Compute shards of one mag from the mag below it."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wkflow.formats.chunk_rows import from_begin
from wkflow.formats.contract import ReadBox
from wkflow.formats.mag_writer import MagVoxels
from wkflow.model.box import Box
from wkflow.model.codec import Codec
from wkflow.model.kernel import KERNELS
from wkflow.model.layer import Grid, Place
from wkflow.model.plan import LayerPlan
from wkflow.model.receipt import ShardFile
from wkflow.voxels.finer_mag import finer_voxels
from wkflow.voxels.kept_mag import KeptMag
from wkflow.voxels.kernels import REDUCERS
from wkflow.voxels.kernels.edges import gather, reach
from wkflow.voxels.scratch_mag import Shortcut
from wkflow.voxels.scratch_voxels import ShortcutVoxels
from wkflow.voxels.untouched_shards import UntouchedShards


@dataclass(frozen=True, slots=True)
class KnownVoxels:
    """What need not be read from shards: what slabs left, and a mag that was kept in memory.

    `keeps` is where the voxels stay that are computed; `untouched` gives shards that stay.
    """

    shortcut: Shortcut | None = None
    finer: KeptMag | None = None
    keeps: KeptMag | None = None
    untouched: UntouchedShards | None = None


UNKNOWN = KnownVoxels()


def downsample_shards(
    dataset: Path,
    plan: LayerPlan,
    step: tuple[Grid, Grid],
    places: list[Place],
    pool: Executor,
    known: KnownVoxels = UNKNOWN,
    before: Callable[[], object] | None = None,
) -> Iterator[tuple[Box, ShardFile]]:
    """Write the shards at `places` of the coarser mag of a step, one after the other.

    Each row of chunks is read, reduced and encoded by itself, so memory does not grow with the
    shard, and the result does not depend on how the work is cut. What is `known` is not read from
    shards. `before` is called just before a shard appears.
    """
    reduce = Reduction(plan.kernel, *step)
    codec = Codec.parse(plan.codec, plan.layer.data_format)
    shortcut, finer, keeps = known.shortcut, known.finer, known.keeps
    helps = shortcut if shortcut and step[1] == shortcut.grid else None
    with finer_voxels(dataset, plan, step[0]) as reading:
        for frame, group in groupby(places, key=itemgetter(0)):
            coarser = MagVoxels(dataset, plan.layer, step[1], codec, frame, before=before)
            positions = [position for _, position in group]
            if known.untouched:
                kept = {at: known.untouched.take(step[1], frame, at) for at in positions}
                yield from ((step[1].shard_box(at), one) for at, one in kept.items() if one)
                positions = [at for at, one in kept.items() if one is None]
            boxes = [step[1].shard_box(position) for position in positions]
            left = ShortcutVoxels(helps).reading(boxes) if helps else nullcontext(None)
            below = nullcontext(finer.reading(frame)) if finer else reading(frame)
            with below as read, left as region, coarser.writing() as sink:
                made = region or reduce.of(read)
                made = keeps.keeping(frame, made) if keeps else made
                yield from sink.stream(boxes, made, pool)


class Reduction:
    """A kernel between two mags: gives any box of the coarser one."""

    def __init__(self, kernel: str, finer: Grid, coarser: Grid) -> None:
        self.finer, self.coarser = finer, coarser
        self.kernel, self.reduce = KERNELS[kernel], REDUCERS[kernel]
        self.factor = coarser.mag.over(finer.mag)
        self.halo = self.kernel.halo(self.factor)

    def of(self, read: ReadBox) -> ReadBox:
        """Give what computes a box of the coarser mag with `read`, which reads the finer one."""
        return from_begin(self.coarser, partial(self._reduced, read))

    def _reduced(self, read: ReadBox, box: Box) -> NDArray[np.generic]:
        """Reduce what lies below a box; what the layer lacks at its borders is mirrored."""
        begins, ends, takes = [], [], []
        for b, e, f, h, first, last in zip(
            box.begin, box.end, self.factor, self.halo, self.finer.begin, self.finer.size,
            strict=True,
        ):  # fmt: skip
            window = self.kernel.window
            low, high, take = reach(
                b * f - h - first, e * f + h - first, last - first, window=window
            )
            begins.append(low + first)
            ends.append(high + first)
            takes.append(take)
        block = read(Box((begins[0], begins[1], begins[2]), (ends[0], ends[1], ends[2])))
        return self.reduce(gather(block, takes), self.factor)
