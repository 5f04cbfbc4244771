"""Shards of coarser mags that no changed voxel reaches: the new mags have them as they are.

Where only a box of the finest mag was changed, the mags above it are made anew beside the old ones,
as ever; but what the box does not reach is a second name of the old file.
"""

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import google_crc32c

from wkflow import atomic_files
from wkflow.formats.table import format_of
from wkflow.model.box import Box, Triple, triple
from wkflow.model.datasource_properties import Existing
from wkflow.model.kernel import KERNELS
from wkflow.model.layer import Grid
from wkflow.model.mag import Mag
from wkflow.model.plan import LayerPlan, Plan
from wkflow.model.receipt import ShardFile
from wkflow.model.write_datasource import PROPERTIES

STRETCH_BYTES = 2**23
"""Read at once where a file is summed."""


@dataclass(frozen=True, slots=True)
class UntouchedShards:
    """What of one layer's mags stays.

    Attributes
    ----------
    changed
        The box of each mag, in its own voxels, of which a voxel may be another.
    folders
        Where the mags lie that are listed, relative to the dataset.
    """

    dataset: Path
    plan: LayerPlan
    changed: dict[Mag, Box]
    folders: dict[Mag, str]

    @classmethod
    def of(cls, plan: Plan, one: LayerPlan) -> Self | None:
        """Look which shards stay; None where all are made."""
        if not plan.changed:
            return None
        dataset = Path(plan.dataset)
        existing = Existing.parse(json.loads((dataset / PROPERTIES).read_bytes()), plan.dataset)
        layer = next(layer for layer in existing.layers if layer.layer.name == one.layer.name)
        folders = {mag.mag: mag.paths[0] for mag in layer.mags}
        return cls(dataset, one, changed_boxes(one, Box(*plan.changed)), folders)

    def take(self, grid: Grid, frame: int, position: Triple) -> ShardFile | None:
        """Let a shard of the old mag be one of the new; None if it is to be made.

        Again after it was interrupted, it comes to the same result.
        """
        if grid.shard_box(position).meets(self.changed[grid.mag]) or grid.mag not in self.folders:
            return None
        layer = self.plan.layer
        name = format_of(layer.data_format).path(layer, grid, frame, position)
        inside = name.removeprefix(f"{layer.path}/{grid.name}/")
        old, new = self.dataset / self.folders[grid.mag] / inside, self.dataset / name
        if not old.is_file():  # zeros were left out: then they are made
            return None
        if not new.exists() or not new.samefile(old):
            new.parent.mkdir(parents=True, exist_ok=True)
            _link(old, new)
        return ShardFile(name, *_summed(new))


def changed_boxes(plan: LayerPlan, box: Box) -> dict[Mag, Box]:
    """Say which voxels of each mag depend on a box, which is in voxels of mag 1."""
    finest = plan.grids[0].mag.factors
    begin = triple(b // f for b, f in zip(box.begin, finest, strict=True))
    end = triple(-(-e // f) for e, f in zip(box.end, finest, strict=True))
    boxes = {plan.grids[0].mag: Box(begin, end)}
    for finer, coarser in plan.steps():
        factor = coarser.mag.over(finer.mag)
        halo, below = KERNELS[plan.kernel].halo(factor), boxes[finer.mag]
        begin, end = (
            triple((b - h) // f for b, h, f in zip(below.begin, halo, factor, strict=True)),
            triple(-(-(e + h) // f) for e, h, f in zip(below.end, halo, factor, strict=True)),
        )
        boxes[coarser.mag] = Box(begin, end)
    return boxes


def _link(old: Path, new: Path) -> None:
    with suppress(FileNotFoundError):
        new.unlink()
    try:
        os.link(old, new)
    except OSError:  # a file system without links, or with too many of one file
        with atomic_files.atomic_write(new) as file, old.open("rb") as content:
            while part := content.read(STRETCH_BYTES):
                file.write(part)


def _summed(path: Path) -> tuple[int, str]:
    crc = size = 0
    with path.open("rb") as file:
        while part := file.read(STRETCH_BYTES):
            crc, size = google_crc32c.extend(crc, part), size + len(part)
    return size, f"{crc:08x}"
