"""Build one block of one big mag."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from time import monotonic

from wkflow import atomic_files
from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt, ShardFile
from wkflow.model.write_datasource import remove_properties
from wkflow.voxels.finer_mag import threads_for
from wkflow.voxels.reduce import KnownVoxels, downsample_shards
from wkflow.voxels.scratch_mag import shortcut_of
from wkflow.voxels.untouched_shards import UntouchedShards


def downsample_block(
    plan: Plan,
    layer: str,
    mag: str,
    block: str,
    *,
    threads: int,
    tick: Callable[[int], None],
    scratch: Path | None = None,
) -> Receipt:
    """Write the shards of one block.

    `tick` is told the voxels of each when it is written; below `scratch` lie shortcuts.
    """
    started = monotonic()
    dataset, one = Path(plan.dataset), plan.layer(layer)
    before = None if plan.extends else cache(partial(remove_properties, dataset))
    step = one.step_to(mag)
    places = one.block_shards(step[1], block)
    files: list[ShardFile] = []
    voxels = 0
    with (
        atomic_files.Flusher(is_idle=one.passing) as flusher,
        ThreadPoolExecutor(threads_for(one, threads)) as pool,
    ):
        known = KnownVoxels(shortcut_of(one, scratch), untouched=UntouchedShards.of(plan, one))
        for box, file in downsample_shards(dataset, one, step, places, pool, known, before):
            flusher.flush(dataset / file.path)
            files.append(file)
            tick(box.voxels)
            voxels += box.voxels
    return Receipt("downsample_block", tuple(files), voxels, seconds=monotonic() - started)
