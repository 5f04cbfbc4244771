"""A slab, band by band: what is in memory at once, as a function from boxes to voxels."""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np

from wkflow.errors import SourceError, several
from wkflow.formats.contract import ReadBox, Voxels
from wkflow.model.box import Box
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.slab import Slab
from wkflow.readers import Image
from wkflow.voxels.layer_reader import LayerReader

Band = tuple[Box, ReadBox]

FEW_ROWS = 16
"""Slices in parts of this share of their height are read in rows, some parts several times."""


def bands(plan: LayerPlan, slab: Slab, frame: int, pool: Executor, scratch: Path) -> Iterator[Band]:
    """Give the bands of a slab in one frame, each with a function from a box to its voxels.

    Boxes are in voxels of the finest mag, where the image begins at `plan.box.begin`. Bands span
    all x; they come with y fastest within one depth of `plan.feed`, then z. The function gives
    (c, x, y, z) in the source's dtype and may be called from several threads. The next band is
    decoded while this one is used, where the feed has two buffers.

    Raises
    ------
    SourceError
        Naming every slice of the slab that cannot be used.
    """
    with ExitStack() as stack:
        reading = LayerReader(plan, frame, stack)
        match plan.feed.kind:
            case "rows":
                found = _rows(plan, slab, reading)
            case "bands":
                found = _decoded(plan, slab, reading, pool)
            case _:
                found = _scratched(plan, slab, reading, pool, scratch)
        for box, region in found:
            yield _placed(plan, box, region)


def _placed(plan: LayerPlan, box: Box, region: ReadBox) -> Band:
    """Give a band of the image where it lies in the dataset."""
    x, y, z = plan.box.begin
    if (x, y, z) == (0, 0, 0):
        return box, region
    return box.moved((x, y, z)), lambda wanted: region(wanted.moved((-x, -y, -z)))


def _cuts(begin: int, end: int, step: int, *, origin: int, chunk: int) -> list[tuple[int, int]]:
    """Cut a span of the image every `step` voxels.

    Where the image begins `origin` voxels behind the first chunk, bands end with chunks, too.

    >>> _cuts(0, 40, 32, origin=0, chunk=32), _cuts(0, 40, 9, origin=30, chunk=32)
    ([(0, 32), (32, 40)], [(0, 2), (2, 34), (34, 40)])
    """
    first = begin
    if origin:
        first, step = begin - (begin + origin) % chunk, -(-step // chunk) * chunk
    return [(max(cell, begin), min(cell + step, end)) for cell in range(first, end, step)]


def _layers(plan: LayerPlan, slab: Slab) -> list[Box]:
    """Cut a slab along z, in voxels of the image."""
    x, y, _ = plan.box.size
    origin, chunk = plan.box.begin[2], plan.grids[0].chunk[2]
    begin, end = slab.z_begin - origin, slab.z_end - origin
    spans = _cuts(begin, end, plan.feed.depth, origin=origin, chunk=chunk)
    return [Box((0, 0, first), (x, y, last)) for first, last in spans]


def _rows(plan: LayerPlan, slab: Slab, reading: LayerReader) -> Iterator[Band]:
    """Read rows when they are asked for."""
    if not reading.is_stack:
        for box in _layers(plan, slab):
            for band in _cut_rows(plan, box):
                yield band, partial(_read_box, reading)
        return
    cut = _layers(plan, slab)
    for number, box in enumerate(cut):
        with ExitStack() as stack:
            slices = [_open(reading, z, box, stack) for z in range(box.begin[2], box.end[2])]
            faults = [fault for fault in slices if isinstance(fault, SourceError)]
            if faults:
                raise several(faults + _faults_of(reading, cut[number + 1 :]))
            planes = [one for one in slices if not isinstance(one, SourceError)]
            for band in _cut_rows(plan, box):
                yield band, partial(_read_slices, reading, planes, box.begin[2])


def _read_box(reading: LayerReader, box: Box) -> Voxels:
    out = reading.empty(box)
    reading.read(box, out)
    return out.T


def _read_slices(
    reading: LayerReader, planes: list[Image | Voxels], begin: int, box: Box
) -> Voxels:
    out = reading.empty(box)
    for number, z in enumerate(range(box.begin[2], box.end[2])):
        plane = planes[z - begin]
        if isinstance(plane, np.ndarray):
            out[number] = plane[box.begin[1] : box.end[1], box.begin[0] : box.end[0]]
        else:
            reading.fill_slice(plane, box, out[number])
    return out.T


def _open(
    reading: LayerReader, z: int, box: Box, stack: ExitStack
) -> "Image | Voxels | SourceError":
    """Open one slice for its rows; one that has to be decoded as a whole is decoded at once."""
    try:
        image = stack.enter_context(reading.slice(z))
        if image.probe.grain[1] * FEW_ROWS <= image.probe.header.height:
            return image
        plane: Voxels = reading.empty(_plane(box, box.begin[2]))[0]
        reading.fill_slice(image, box, plane)
    except SourceError as fault:
        return fault
    return plane


def _faults_of(reading: LayerReader, boxes: list[Box]) -> list[SourceError]:
    """Open further slices only to name the bad ones."""
    found: list[SourceError] = []
    for box in boxes:
        for z in range(box.begin[2], box.end[2]):
            with ExitStack() as stack:
                one = _open(reading, z, box, stack)
                found += [one] if isinstance(one, SourceError) else []
    return found


def _decoded(plan: LayerPlan, slab: Slab, reading: LayerReader, pool: Executor) -> Iterator[Band]:
    """Decode bands, one ahead if there is a second buffer."""
    cut = [(box, _cut_rows(plan, box)) for box in _layers(plan, slab)]
    largest = max((band for _, group in cut for band in group), key=lambda band: band.voxels)
    buffers = [reading.empty(largest) for _ in range(plan.feed.buffers)]
    if len(cut[0][1]) == 1:
        yield from _in_turn([band for _, group in cut for band in group], buffers, reading, pool)
        return
    for number, (box, group) in enumerate(cut):
        rest = [band for _, later in cut[number + 1 :] for band in later]
        with reading.holding(box):
            yield from _in_turn(group, buffers, reading, pool, rest)


def _in_turn(
    cut: list[Box],
    buffers: list[Voxels],
    reading: LayerReader,
    pool: Executor,
    rest: Sequence[Box] = (),
) -> Iterator[Band]:
    """Decode bands; if one is bad, those after it and the `rest` only to name all bad slices."""
    ahead: list[Future[SourceError | None]] = []
    for number, box in enumerate(cut):
        buffer = buffers[number % len(buffers)]
        ahead = ahead or _decode(reading, box, buffer, pool)
        faults = [fault for future in ahead if (fault := future.result())]
        if faults:
            later = [*cut[number + 1 :], *rest] if reading.is_stack else []
            raise several(_once(faults + _faults_in(reading, later, buffer, pool)))
        ahead = []
        if len(buffers) > 1 and number + 1 < len(cut):
            ahead = _decode(reading, cut[number + 1], buffers[(number + 1) % 2], pool)
        yield box, partial(_cut_out, buffer, box)


def _cut_rows(plan: LayerPlan, box: Box) -> list[Box]:
    """Cut a box into bands: all rows at once, or whole rows of chunks."""
    (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
    if plan.feed.rows >= y1 - y0:
        return [box]
    origin, chunk = plan.box.begin[1], plan.grids[0].chunk[1]
    spans = _cuts(y0, y1, plan.feed.rows, origin=origin, chunk=chunk)
    return [Box((x0, begin, z0), (x1, end, z1)) for begin, end in spans]


def _decode(
    reading: LayerReader, band: Box, buffer: Voxels, pool: Executor
) -> list[Future[SourceError | None]]:
    futures = []
    for piece in reading.pieces(band):
        (x0, y0, z0), (x1, y1, z1) = piece.begin, piece.end
        _, y, z = band.begin
        futures.append(
            pool.submit(reading.fault, piece, buffer[z0 - z : z1 - z, y0 - y : y1 - y, x0:x1])
        )
    return futures


def _faults_in(
    reading: LayerReader, later: list[Box], buffer: Voxels, pool: Executor
) -> list[SourceError]:
    """Decode further bands only to name all bad slices in one run."""
    found = []
    for box in later:
        futures = _decode(reading, box, buffer, pool)
        found += [fault for future in futures if (fault := future.result())]
    return found


def _once(faults: list[SourceError]) -> list[SourceError]:
    """Name each file once, though several of its bands are bad."""
    return list({fault.where: fault for fault in reversed(faults)}.values())[::-1]


def _cut_out(buffer: Voxels, band: Box, box: Box) -> Voxels:
    """Cut a box, in voxels of the layer, out of a band (z, y, x, c); give it as (c, x, y, z)."""
    (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
    _, y, z = band.begin
    return buffer[z0 - z : z1 - z, y0 - y : y1 - y, x0:x1].T


def _scratched(
    plan: LayerPlan, slab: Slab, reading: LayerReader, pool: Executor, scratch: Path
) -> Iterator[Band]:
    """Decode slices a few at a time into a file, and read rows from there.

    The file has no name: it goes with the job, however that ends.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    cut = _layers(plan, slab)
    for number, box in enumerate(cut):
        with tempfile.TemporaryFile(dir=scratch) as file:
            faults = _fill_file(reading, box, file, pool, plan.feed.buffers)
            if faults:
                later = cut[number + 1 :] if reading.is_stack else []
                for rest in later:  # decoded only to name all bad slices in one run
                    faults += _fill_file(reading, rest, file, pool, plan.feed.buffers)
                raise several(faults)
            yield box, partial(_read_file, reading, file, box)


def _fill_file(
    reading: LayerReader, box: Box, file: IO[bytes], pool: Executor, at_once: int
) -> list[SourceError]:
    faults: list[SourceError] = []
    planes = [_plane(box, z) for z in range(box.begin[2], box.end[2])]
    for first in range(0, len(planes), at_once):
        group = planes[first : first + at_once]
        futures = [pool.submit(_keep_plane, reading, plane, box, file) for plane in group]
        faults += [fault for future in futures if (fault := future.result())]
    return faults


def _plane(box: Box, z: int) -> Box:
    return Box((*box.begin[:2], z), (*box.end[:2], z + 1))


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
