"""Count the values of one z-slab of a source, from which the window of its layer is chosen."""

from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from time import monotonic

import numpy as np

from wkflow.formats.chunk_rows import neighbours, rows_of
from wkflow.formats.contract import ReadBox
from wkflow.model.box import Box
from wkflow.model.chosen_window import ChosenWindow
from wkflow.model.layer import READ_BYTES
from wkflow.model.plan import LayerPlan, Plan
from wkflow.model.receipt import Receipt
from wkflow.voxels.bands import bands
from wkflow.voxels.source_files import at_hand
from wkflow.voxels.value_counts import ValueCounts


def begin_counts(plan: Plan, layer: str, digit: str, earlier: Iterable[str]) -> ValueCounts:
    """Give empty counts of one digit; the last file of `earlier` tells those that are known."""
    known = [ChosenWindow.read(path).prefixes for path in earlier]
    return ValueCounts(plan.layer(layer).source.header.dtype, int(digit), *known[-1:])


def count_values(
    plan: Plan,
    layer: str,
    slab: str,
    counted: ValueCounts,
    *,
    threads: int,
    tick: Callable[[int], None],
    scratch: Path,
) -> Receipt:
    """Read the slices of a slab, band by band, and add one digit of all samples to `counted`.

    `tick` is told the voxels that are counted; below `scratch` lies what does not fit into memory.

    Raises
    ------
    SourceError
        Naming every slice of the slab that cannot be used.
    """
    started = monotonic()
    one = plan.layer(layer)
    cut = one.slab(slab)
    voxels = 0
    with at_hand(one, cut, scratch) as local, ThreadPoolExecutor(threads) as pool:
        for frame in cut.frames:
            with closing(bands(local, cut, frame, pool, scratch)) as parts:
                for box, region, release in parts:
                    try:
                        _count(one, counted, box, region, pool)
                    finally:
                        release()
                    voxels += box.voxels
                    tick(box.voxels)
    return Receipt("count_values", (), voxels, seconds=monotonic() - started)


def keep_counts(counted: ValueCounts, receipt: Receipt, path: str) -> Receipt:
    """Write the counts of a slab; give its receipt with their checksum."""
    return replace(receipt, histogram=counted.write(Path(path).absolute()))


def _count(one: LayerPlan, counted: ValueCounts, box: Box, region: ReadBox, pool: Executor) -> None:
    """Count a band, several rows of chunks at once."""
    rows = (row.overlap(box) for row in rows_of(one.grids[0], box))
    voxel_bytes = np.dtype(one.source.header.dtype).itemsize * one.layer.channels
    groups = neighbours(rows, READ_BYTES // voxel_bytes)
    parts = [Box(group[0].begin, group[-1].end) for group in groups]
    list(pool.map(lambda part: counted.include(region(part).T), parts))
