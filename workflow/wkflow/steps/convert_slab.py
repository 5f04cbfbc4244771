"""Convert one z-slab of one layer at full resolution."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from time import monotonic

from wkflow import durable
from wkflow.box import Box
from wkflow.codec import Codec
from wkflow.datasource import retract
from wkflow.plan import LayerPlan, Plan
from wkflow.receipt import Receipt, ShardFile
from wkflow.slab import Slab
from wkflow.steps.batch import Region, batches
from wkflow.steps.extremes import Extremes
from wkflow.steps.shortcut import shortcut_of
from wkflow.steps.shortcut_voxels import ShortcutVoxels
from wkflow.writers.voxels import MagVoxels


def convert_slab(
    plan: Plan,
    layer: str,
    slab: str,
    *,
    threads: int,
    tick: Callable[[int], None],
    scratch: Path | None = None,
) -> Receipt:
    """Read the slices of a slab, batch by batch, and write their shards of mag 1.

    `tick` is told the voxels of each shard when it is written; below `scratch` lie shortcuts.

    Raises
    ------
    SourceError
        Naming every slice of the slab that cannot be used.
    """
    started = monotonic()
    dataset, one = Path(plan.dataset), plan.layer(layer)
    retract(dataset)
    extremes = Extremes()
    files: list[ShardFile] = []
    written = 0
    with (
        durable.Flusher(is_idle=one.passing) as flusher,
        _leaving(one, one.slab(slab), scratch) as leaving,
    ):
        for box, file in _write_shards(
            dataset, one, one.slab(slab), threads, lambda region: leaving(extremes.watching(region))
        ):
            flusher.flush(dataset / file.path)
            files.append(file)
            written += box.voxels
            tick(box.voxels)
    return Receipt(
        rule="convert_slab",
        files=tuple(files),
        voxels=written,
        lowest=extremes.lowest,
        highest=extremes.highest,
        seconds=monotonic() - started,
    )


def _leaving(
    one: LayerPlan, slab: Slab, scratch: Path | None
) -> AbstractContextManager[Callable[[Region], Region]]:
    shortcut = shortcut_of(one, scratch)
    return (
        ShortcutVoxels(shortcut).writing(slab) if shortcut else nullcontext(lambda region: region)
    )


def _write_shards(
    dataset: Path, one: LayerPlan, slab: Slab, threads: int, passing: Callable[[Region], Region]
) -> Iterator[tuple[Box, ShardFile]]:
    """Write the shards of a slab; all voxels go through what `passing` makes of a region."""
    grid = one.grids[0]
    voxels = MagVoxels(dataset, one.layer, grid, Codec.parse(one.codec))
    with ThreadPoolExecutor(threads) as pool:
        for batch, region in batches(one, slab, pool):
            box = Box((0, 0, batch.z_begin), (*grid.size[:2], batch.z_end))
            for position in box.cells(grid.shard):
                written = voxels.write(position, passing(region), pool)
                yield grid.shard_box(position), written
