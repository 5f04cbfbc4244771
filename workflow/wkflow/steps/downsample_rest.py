"""Build all small mags of a layer, each from the one below it."""

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
from wkflow.voxels.kept_mag import KeptMag
from wkflow.voxels.reduce import KnownVoxels, downsample_shards
from wkflow.voxels.scratch_mag import shortcut_of
from wkflow.voxels.untouched_shards import UntouchedShards


def downsample_rest(
    plan: Plan,
    layer: str,
    *,
    threads: int,
    tick: Callable[[int], None],
    scratch: Path | None = None,
) -> Receipt:
    """Write the mags that `downsample_block` leaves.

    `tick` is told the voxels of each shard; below `scratch` lie shortcuts, which go afterwards.
    """
    started = monotonic()
    dataset, one = Path(plan.dataset), plan.layer(layer)
    before = None if plan.extends else cache(partial(remove_properties, dataset))
    files: list[ShardFile] = []
    voxels = 0
    shortcut, untouched = shortcut_of(one, scratch), UntouchedShards.of(plan, one)
    with (
        atomic_files.Flusher(is_idle=one.passing) as flusher,
        ThreadPoolExecutor(threads_for(one, threads)) as pool,
    ):
        finer: KeptMag | None = None
        for step in one.rest_steps():
            places = one.all_shards(step[1])
            keeps = None if untouched else KeptMag.if_small(one, step[1])
            known = KnownVoxels(shortcut, finer, keeps, untouched)
            for box, file in downsample_shards(dataset, one, step, places, pool, known, before):
                flusher.flush(dataset / file.path)
                files.append(file)
                tick(box.voxels)
                voxels += box.voxels
            finer = keeps
    if shortcut:
        shortcut.remove()
    return Receipt("downsample_rest", tuple(files), voxels, seconds=monotonic() - started)
