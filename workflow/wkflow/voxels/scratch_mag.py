"""A way around reading mag 1 again: each slab leaves its voxels of the second mag, uncompressed.

`convert_slab` reduces its voxels while they are in memory; `downsample_rest` finds them in a file
instead of decoding four times as many from shards. A shortcut that is missing is no loss: the
shards are read then, with the same result.
"""

import shutil
from dataclasses import dataclass
from math import prod
from pathlib import Path

from wkflow.model.box import Triple
from wkflow.model.kernel import KERNELS
from wkflow.model.layer import Grid
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.plan import Plan
from wkflow.model.slab import Slab
from wkflow.model.voxel_job import SLAB_RULE, VoxelJob
from wkflow.run_folder import SCRATCH, RunFolder

BOOT = Path("/proc/sys/kernel/random/boot_id")
"""Linux's name for one start of the system on one machine; elsewhere there are no shortcuts."""


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

    def remove(self) -> None:
        """Remove all files: the second mag is on the disk."""
        shutil.rmtree(self.folder, ignore_errors=True)


def shortcut_of(plan: LayerPlan, scratch: Path | None) -> Shortcut | None:
    """Give the layer's shortcut below `scratch`, if it has one.

    It has one where each voxel of the second mag stands for at most two along each axis, where
    rows of chunks hold whole cells, and where it is worth its disk: because mag 1 goes meanwhile,
    or because the second mag is small. Layers of several frames, or that begin within a cell, have
    none.
    """
    steps = plan.steps()
    if scratch is None or not BOOT.exists() or not steps or plan.layer.frames > 1 or plan.given:
        return None
    is_small = plan.rest_steps()[:1] == steps[:1]
    finest, second = plan.grids[:2]
    factor = second.mag.over(finest.mag)
    whole_cells = not any(
        chunk % f or begin % f
        for chunk, begin, f in zip(finest.chunk, finest.begin, factor, strict=True)
    )
    is_plain = max(factor) <= 2 and KERNELS[plan.kernel].reach == 0
    if not (whole_cells and is_plain and (is_small or plan.passing)):
        return None
    return Shortcut(scratch / plan.layer.name, plan)


def shortcut_bytes(plan: LayerPlan) -> int:
    """Bytes that a layer's shortcut takes for a while, at most."""
    shortcut = shortcut_of(plan, Path())
    return prod(shortcut.grid.box.size) * plan.layer.voxel_bytes if shortcut else 0


def has_shortcut(plan: Plan, batch: str) -> bool:
    """Whether the second mag is built from what a slab's job leaves instead of its shards."""
    job = VoxelJob.parse(batch)
    return job.rule == SLAB_RULE and shortcut_of(plan.layer(job.layer), Path()) is not None


def is_spared(plan: Plan, run_folder: Path, batch: str) -> bool:
    """Whether no job will read the shards of a slab.

    All mags above it are there; or the shortcuts of all slabs before it and its own are, since a
    job that lacks one of them reads shards instead.
    """
    if not has_shortcut(plan, batch):
        return False
    job, folder = VoxelJob.parse(batch), RunFolder(run_folder)
    if folder.receipt(VoxelJob.of_rest(job.layer)).exists():
        return True
    done = folder.receipt(job).parent.glob("*.json")
    slabs = {job.part, *(path.stem for path in done)}
    jobs = (str(VoxelJob.of_slab(job.layer, slab)) for slab in slabs)
    return all(is_kept_reduced(plan, run_folder, one) for one in jobs)


def is_kept_reduced(plan: Plan, run_folder: Path, batch: str) -> bool:
    """Whether the shortcut of a slab is on the disk."""
    job = VoxelJob.parse(batch)
    one = plan.layer(job.layer)
    shortcut = shortcut_of(one, run_folder / SCRATCH)
    return shortcut is not None and shortcut.path(one.slab(job.part)).exists()
