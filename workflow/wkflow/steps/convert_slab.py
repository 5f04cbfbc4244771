"""Convert one z-slab of one layer at full resolution."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from wkflow import durable
from wkflow.box import Box
from wkflow.codec import Codec
from wkflow.datasource import retract
from wkflow.errors import SourceError, several
from wkflow.plan import LayerPlan, Plan
from wkflow.readers import Image, open_image
from wkflow.receipt import Receipt, ShardFile
from wkflow.slab import Slab
from wkflow.steps.extremes import Extremes
from wkflow.writers.voxels import MagVoxels

Tick = Callable[[int], None]
Buffer = NDArray[np.generic]
Opener = Callable[[str], AbstractContextManager[Image]]


def convert_slab(plan: Plan, layer: str, slab: str, *, threads: int, tick: Tick) -> Receipt:
    """Decode the slices of a slab, batch by batch, and write their shards of mag 1.

    While a batch is being encoded the next one is being decoded. `tick` is told the voxels of
    each shard when they are written.

    Raises
    ------
    SourceError
        Naming every slice of the slab that cannot be used.
    """
    started = monotonic()
    one = plan.layer(layer)
    retract(Path(plan.dataset))
    batches = _batches(one, one.slab(slab))
    voxels = MagVoxels(Path(plan.dataset), one.layer, one.grids[0], Codec.parse(one.codec))
    extremes = Extremes()
    files: list[ShardFile] = []
    with ThreadPoolExecutor(threads) as pool, _opener(one) as opener:
        for begin, buffer in _decoded(one, batches, pool, opener):
            for shard in _write(voxels, begin, buffer, pool, extremes):
                files.append(shard)
                tick(_voxels_of(voxels, shard))
    durable.flush(Path(plan.dataset, file.path) for file in files)
    x, y, _ = one.layer.size
    return Receipt(
        rule="convert_slab",
        files=tuple(files),
        voxels=x * y * one.slab(slab).depth,
        lowest=extremes.lowest,
        highest=extremes.highest,
        seconds=monotonic() - started,
    )


def _batches(plan: LayerPlan, slab: Slab) -> list[Slab]:
    return [
        Slab(z, min(z + plan.batch, slab.z_end))
        for z in range(slab.z_begin, slab.z_end, plan.batch)
    ]


@contextmanager
def _opener(plan: LayerPlan) -> Iterator[Opener]:
    """Give what opens the image of a plane: a file of many planes stays open meanwhile."""
    if len(plan.source.files) > 1:
        yield open_image
        return
    with open_image(plan.source.files[0]) as image:
        yield lambda _file: nullcontext(image)


def _decoded(
    plan: LayerPlan, batches: list[Slab], pool: Executor, opener: Opener
) -> Iterator[tuple[int, Buffer]]:
    """Give the first slice and the voxels (z, y, x, c) of each batch, one batch ahead."""
    header = plan.source.header
    shape = (min(plan.batch, batches[0].depth), header.height, header.width, header.channels)
    buffers = [np.empty(shape, header.dtype) for _ in batches[:2]]
    ahead = _decode(plan, batches[0], buffers[0], pool, opener)
    for number, batch in enumerate(batches):
        faults = [fault for future in ahead if (fault := future.result())]
        if faults:
            faults += _remaining_faults(plan, batches[number + 1 :], buffers[0], pool, opener)
            raise several(faults)
        if number + 1 < len(batches):
            following = buffers[(number + 1) % 2]
            ahead = _decode(plan, batches[number + 1], following, pool, opener)
        yield batch.z_begin, buffers[number % 2][: batch.depth]


def _decode(
    plan: LayerPlan, batch: Slab, buffer: Buffer, pool: Executor, opener: Opener
) -> list[Future[SourceError | None]]:
    return [
        pool.submit(_decode_plane, plan, z, buffer[z - batch.z_begin], opener)
        for z in range(batch.z_begin, batch.z_end)
    ]


def _decode_plane(plan: LayerPlan, z: int, plane: Buffer, opener: Opener) -> SourceError | None:
    """Decode one slice; a fault is given back, so that all faults can be told at once."""
    file, page = plan.source.plane(z)
    expected = plan.source.header
    try:
        with opener(file) as image:
            found = image.header
            small = plan.pad and found.width <= expected.width and found.height <= expected.height
            width, height = (
                (found.width, found.height) if small else (expected.width, expected.height)
            )
            if (found.width, found.height, found.channels, found.dtype, found.planes) != (
                width, height, expected.channels, expected.dtype, expected.planes,
            ):  # fmt: skip
                return SourceError(f"is {found}, expected {expected}", file, _REMEDY)
            if (width, height) != (expected.width, expected.height):
                plane[...] = 0
            image.read(page, plane[:height, :width])
    except SourceError as fault:
        return fault
    return None


def _remaining_faults(
    plan: LayerPlan, batches: list[Slab], buffer: Buffer, pool: Executor, opener: Opener
) -> list[SourceError]:
    """Decode the rest of the slab only to name all its bad slices in one run."""
    decoded = (_decode(plan, batch, buffer, pool, opener) for batch in batches)
    return [fault for futures in decoded for future in futures if (fault := future.result())]


_REMEDY = "Make all slices alike, or give --on-mismatch pad if only their sizes differ."


def _write(
    voxels: MagVoxels, begin: int, buffer: Buffer, pool: Executor, extremes: Extremes
) -> Iterator[ShardFile]:
    """Write the shards of one batch, x fastest."""
    grid = voxels.grid
    box = Box((0, 0, begin), (*grid.size[:2], begin + buffer.shape[0]))
    region = partial(_region, buffer, begin, extremes)
    for position in box.cells(grid.shard):
        yield voxels.write(position, region, pool)


def _region(buffer: Buffer, begin: int, extremes: Extremes, box: Box) -> Buffer:
    """Cut a box, in voxels of the layer, out of a batch (z, y, x, c); give it as (c, x, y, z)."""
    (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
    cut = buffer[z0 - begin : z1 - begin, y0:y1, x0:x1]
    extremes.include(cut)
    return cut.T


def _voxels_of(voxels: MagVoxels, shard: ShardFile) -> int:
    x, y, z = (int(part) for part in shard.path.split("/")[-3:])
    return voxels.grid.shard_box((x, y, z)).voxels
