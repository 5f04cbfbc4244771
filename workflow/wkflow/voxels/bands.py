"""A slab, band by band: what is in memory at once, as a function from boxes to voxels."""

import os
import tempfile
from collections.abc import Callable, Generator
from concurrent.futures import Executor
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from threading import Event, Semaphore
from typing import IO

import numpy as np

from wkflow.countdown import Countdown
from wkflow.errors import SourceError, several
from wkflow.formats.contract import Band, ReadBox, Voxels
from wkflow.model.box import Box
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.slab import Slab
from wkflow.voxels.band_decoder import BandDecoder
from wkflow.voxels.layer_reader import OPEN_FILES_MAX, LayerReader
from wkflow.voxels.open_slices import OpenSlices

OPENED_AHEAD_MAX = OPEN_FILES_MAX // 2
"""Slices of one depth that are opened while those of the last two are read."""


def bands(
    plan: LayerPlan, slab: Slab, frame: int, pool: Executor, scratch: Path
) -> Generator[Band]:
    """Give the bands of a slab in one frame, each with a function from a box to its voxels.

    Boxes are in voxels of the finest mag, where the image begins at `plan.box.begin`. Bands span
    all x; they come with y fastest within one depth of `plan.feed`, then z. The function gives
    (c, x, y, z) in the source's dtype and may be called from several threads until the band is
    released. The next band may be asked for before that: it is decoded as soon as a buffer is free,
    and slices are opened one depth ahead.

    Raises
    ------
    SourceError
        Naming every slice of the slab that cannot be used.
    """
    with ExitStack() as stack:
        reading = LayerReader(plan, frame, stack)
        match plan.feed.kind:
            case "rows":
                found = _rows(plan, slab, reading, pool, stack)
            case "bands":
                found = _decoded(plan, slab, reading, pool)
            case _:
                found = _scratched(plan, slab, reading, pool, scratch)
        released = Semaphore(0)
        given = 0
        with closing(found):
            for box, region, release in found:
                given += 1
                yield (*_placed(plan, box, region), partial(_release, release, released))
        for _ in range(given):  # before files are closed
            released.acquire()


def _release(release: Callable[[], object], released: Semaphore) -> None:
    try:
        release()
    finally:  # a file that cannot be closed is waited for by nobody
        released.release()


def _placed(plan: LayerPlan, box: Box, region: ReadBox) -> tuple[Box, ReadBox]:
    """Give a band of the image where it lies in the dataset."""
    x, y, z = plan.box.begin
    if (x, y, z) == (0, 0, 0):
        return box, region
    return box.moved((x, y, z)), lambda wanted: region(wanted.moved((-x, -y, -z)))


def _cuts(begin: int, end: int, step: int, *, origin: int, chunk: int) -> list[tuple[int, int]]:
    """Cut a span of the image every `step` voxels.

    Where the image begins `origin` voxels behind the first chunk, bands end with chunks, too, and
    where those of a whole image of the dataset's origin would end: its strips and tiles do so.

    >>> _cuts(0, 40, 32, origin=0, chunk=32), _cuts(0, 40, 9, origin=30, chunk=32)
    ([(0, 32), (32, 40)], [(0, 2), (2, 34), (34, 40)])
    """
    first = begin
    if origin:
        step = -(-step // chunk) * chunk
        first = begin - (begin + origin) % step
    return [(max(cell, begin), min(cell + step, end)) for cell in range(first, end, step)]


def depths(plan: LayerPlan, slab: Slab) -> list[Box]:
    """Cut a slab along z into what is in memory at once, in voxels of the image."""
    x, y, _ = plan.box.size
    origin, chunk = plan.box.begin[2], plan.grids[0].chunk[2]
    begin, end = slab.z_begin - origin, slab.z_end - origin
    spans = _cuts(begin, end, plan.feed.depth, origin=origin, chunk=chunk)
    return [Box((0, 0, first), (x, y, last)) for first, last in spans]


def _rows(
    plan: LayerPlan, slab: Slab, reading: LayerReader, pool: Executor, stack: ExitStack
) -> Generator[Band]:
    """Read rows when they are asked for."""
    cut = depths(plan, slab)
    if not reading.is_stack:
        for box in cut:
            for band in _cut_rows(plan, box):
                yield band, partial(_read_box, reading), _nothing
        return
    slices = OpenSlices(reading, cut[0], stack)
    for number, box in enumerate(cut):
        if faults := slices.ready():
            raise several(faults + _faults_of(reading, cut[number + 1 :]))
        group = _cut_rows(plan, box)
        release = Countdown(len(group), slices.close).tick
        read = slices.read
        if number + 1 < len(cut):
            slices = OpenSlices(reading, cut[number + 1], stack)
            if box.size[2] <= OPENED_AHEAD_MAX:
                slices.begin(pool)
        for band in group:
            yield band, read, release


def _nothing() -> None:
    """Release a band that holds nothing."""


def _read_box(reading: LayerReader, box: Box) -> Voxels:
    out = reading.empty(box)
    reading.read(box, out)
    return out.T


def _faults_of(reading: LayerReader, boxes: list[Box]) -> list[SourceError]:
    """Open further slices only to name the bad ones."""
    found: list[SourceError] = []
    for box in boxes:
        for z in range(box.begin[2], box.end[2]):
            with ExitStack() as stack:
                found += OpenSlices(reading, box.plane(z), stack).ready()
    return found


def _decoded(plan: LayerPlan, slab: Slab, reading: LayerReader, pool: Executor) -> Generator[Band]:
    """Decode bands, one ahead if there is a second buffer."""
    cut = [(box, _cut_rows(plan, box)) for box in depths(plan, slab)]
    largest = max((band for _, group in cut for band in group), key=lambda band: band.voxels)
    decoder = BandDecoder(reading, pool, [reading.empty(largest) for _ in range(plan.feed.buffers)])
    if len(cut[0][1]) == 1:
        yield from decoder.in_turn([band for _, group in cut for band in group])
        return
    for number, (box, group) in enumerate(cut):
        rest = [band for _, later in cut[number + 1 :] for band in later]
        with reading.holding(box):
            yield from decoder.in_turn(group, rest)


def _cut_rows(plan: LayerPlan, box: Box) -> list[Box]:
    """Cut a box into bands: all rows at once, or whole rows of chunks."""
    (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
    if plan.feed.rows >= y1 - y0:
        return [box]
    origin, chunk = plan.box.begin[1], plan.grids[0].chunk[1]
    spans = _cuts(y0, y1, plan.feed.rows, origin=origin, chunk=chunk)
    return [Box((x0, begin, z0), (x1, end, z1)) for begin, end in spans]


def _scratched(
    plan: LayerPlan, slab: Slab, reading: LayerReader, pool: Executor, scratch: Path
) -> Generator[Band]:
    """Decode slices a few at a time into a file, and read rows from there.

    The file has no name: it goes with the job, however that ends.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    cut = depths(plan, slab)
    for number, box in enumerate(cut):
        with tempfile.TemporaryFile(dir=scratch) as file:
            faults = _fill_file(reading, box, file, pool, plan.feed.buffers)
            if faults:
                later = cut[number + 1 :] if reading.is_stack else []
                for rest in later:  # decoded only to name all bad slices in one run
                    faults += _fill_file(reading, rest, file, pool, plan.feed.buffers)
                raise several(faults)
            released = Event()
            yield box, partial(_read_file, reading, file, box), released.set
            released.wait()


def _fill_file(
    reading: LayerReader, box: Box, file: IO[bytes], pool: Executor, at_once: int
) -> list[SourceError]:
    faults: list[SourceError] = []
    planes = [box.plane(z) for z in range(box.begin[2], box.end[2])]
    for first in range(0, len(planes), at_once):
        group = planes[first : first + at_once]
        futures = [pool.submit(_keep_plane, reading, plane, box, file) for plane in group]
        faults += [fault for future in futures if (fault := future.result())]
    return faults


def _keep_plane(reading: LayerReader, plane: Box, box: Box, file: IO[bytes]) -> SourceError | None:
    voxels = reading.empty(plane)
    if fault := reading.fault(plane, voxels):
        return fault
    _transfer(os.pwritev, file, voxels, (plane.begin[2] - box.begin[2]) * voxels.nbytes)
    return None


def _read_file(reading: LayerReader, file: IO[bytes], whole: Box, box: Box) -> Voxels:
    """Read a box that spans all x."""
    out = reading.empty(box)
    row_bytes = out[0, 0].nbytes
    for number, z in enumerate(range(box.begin[2], box.end[2])):
        row = (z - whole.begin[2]) * whole.size[1] + box.begin[1]
        _transfer(os.preadv, file, out[number], row * row_bytes)
    return out.T


def _transfer(
    move: Callable[[int, list[memoryview], int], int], file: IO[bytes], voxels: Voxels, offset: int
) -> None:
    """Move all bytes of an array to or from a place in a file."""
    rest = voxels.reshape(-1).view(np.uint8).data
    while rest:
        count = move(file.fileno(), [rest], offset)
        if count == 0:
            raise EOFError("a scratch file ended while it was read")
        rest, offset = rest[count:], offset + count
