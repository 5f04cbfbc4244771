"""Build all small mags of a layer, each from the one below it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

from wkflow import durable
from wkflow.datasource import retract
from wkflow.plan import Plan
from wkflow.receipt import Receipt, ShardFile
from wkflow.steps.downsample import downsample_shards


def downsample_rest(
    plan: Plan, layer: str, *, threads: int, tick: Callable[[int], None]
) -> Receipt:
    """Write the mags that `downsample_block` leaves; `tick` is told the voxels of each shard."""
    started = monotonic()
    dataset, one = Path(plan.dataset), plan.layer(layer)
    retract(dataset)
    files: list[ShardFile] = []
    voxels = 0
    with ThreadPoolExecutor(threads) as pool:
        for step in one.rest_steps():
            grid = step[1]
            positions = grid.box.cells(grid.shard)
            written = downsample_shards(dataset, one, step, positions, pool)
            for position, file in zip(positions, written, strict=True):
                files.append(file)
                tick(grid.shard_box(position).voxels)
            voxels += grid.box.voxels
    durable.flush(dataset / file.path for file in files)
    return Receipt("downsample_rest", tuple(files), voxels, seconds=monotonic() - started)
