"""A batch: the slices of a slab that are at hand at once, as a function from boxes to voxels."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from wkflow.box import Box
from wkflow.errors import SourceError, several
from wkflow.layer_plan import LayerPlan
from wkflow.readers import Image, RawPlane, open_image
from wkflow.slab import Slab
from wkflow.source import Header

Voxels = NDArray[np.generic]
Region = Callable[[Box], Voxels]
Opener = Callable[[str], AbstractContextManager[Image]]

OPEN_FILES_MAX = 64
"""Slices held open at once: well below the least limit that systems have."""

REMEDY = "Make all slices alike, or give --on-mismatch pad if only their sizes differ."


def batches(plan: LayerPlan, slab: Slab, pool: Executor) -> Iterator[tuple[Slab, Region]]:
    """Give the batches of a slab, each with a function from a box to its voxels (c, x, y, z).

    Slices that lie uncompressed in their files are read row of chunks by row of chunks, when
    these are asked for, so that memory does not grow with them; others are decoded as a whole,
    the next batch while this one is being used.

    Raises
    ------
    SourceError
        Naming every slice of the slab that cannot be used.
    """
    with ExitStack() as stack:
        opener = _opener(plan, stack)
        if _lies_raw(plan, slab, opener):
            yield from _raw_batches(plan, slab, opener)
        else:
            yield from _decoded_batches(plan, slab, pool, opener)


def _opener(plan: LayerPlan, stack: ExitStack) -> Opener:
    """Give what opens the image of a plane: a file of many planes stays open meanwhile."""
    if len(plan.source.files) > 1:
        return open_image
    image = stack.enter_context(open_image(plan.source.files[0]))
    return lambda _file: nullcontext(image)


def _cut(slab: Slab, step: int) -> list[Slab]:
    return [Slab(z, min(z + step, slab.z_end)) for z in range(slab.z_begin, slab.z_end, step)]


def _lies_raw(plan: LayerPlan, slab: Slab, opener: Opener) -> bool:
    """Tell whether the first slice can be read in parts, and each part is needed once.

    Rows are read whole: where a layer is wider than a shard they would be read several times.
    """
    finest = plan.grids[0]
    if plan.pad or finest.shards[0] > 1 or finest.shard[2] > OPEN_FILES_MAX:
        return False
    file, page = plan.source.plane(slab.z_begin)
    try:
        with opener(file) as image:
            return image.raw(page) is not None
    except SourceError:
        return False  # told with the others, when all are decoded


def _raw_batches(plan: LayerPlan, slab: Slab, opener: Opener) -> Iterator[tuple[Slab, Region]]:
    """Open the slices of one depth of shards after the other."""
    for batch in _cut(slab, plan.grids[0].shard[2]):
        with ExitStack() as stack:
            opened = [
                _open_plane(plan, z, opener, stack) for z in range(batch.z_begin, batch.z_end)
            ]
            faults = [plane for plane in opened if isinstance(plane, SourceError)]
            if faults:
                rest = Slab(batch.z_end, slab.z_end)
                raise several(faults + _faults_of(plan, rest, opener))
            planes = [plane for plane in opened if not isinstance(plane, SourceError)]
            yield batch, partial(_read_rows, plan.source.header, batch.z_begin, planes)


def _open_plane(
    plan: LayerPlan, z: int, opener: Opener, stack: ExitStack
) -> "RawPlane | SourceError":
    """Open one slice for its rows; a compressed one among raw ones is decoded at once."""
    file, page = plan.source.plane(z)
    header = plan.source.header
    try:
        image = stack.enter_context(opener(file))
        if image.header != header:
            return SourceError(f"is {image.header}, expected {header}", file, REMEDY)
        raw = image.raw(page)
        if raw is None:
            decoded = np.empty((header.height, header.width, header.channels), header.dtype)
            image.read(page, decoded)
            return _Decoded(decoded)
    except SourceError as fault:
        return fault
    return raw


def _faults_of(plan: LayerPlan, slab: Slab, opener: Opener) -> list[SourceError]:
    """Open further slices only to name the bad ones."""
    found: list[SourceError] = []
    for z in range(slab.z_begin, slab.z_end):
        with ExitStack() as stack:
            plane = _open_plane(plan, z, opener, stack)
            found += [plane] if isinstance(plane, SourceError) else []
    return found


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A plane in memory, read like one in a file."""

    plane: Voxels

    def read(self, top: int, out: Voxels) -> None:
        out[...] = self.plane[top : top + out.shape[0]]


def _read_rows(header: Header, begin: int, planes: list[RawPlane], box: Box) -> Voxels:
    """Read a box that spans all x; called from several threads."""
    (_, y0, z0), (_, y1, z1) = box.begin, box.end
    rows = np.empty((z1 - z0, y1 - y0, header.width, header.channels), header.dtype)
    for z in range(z0, z1):
        planes[z - begin].read(y0, rows[z - z0])
    return rows.T


def _decoded_batches(
    plan: LayerPlan, slab: Slab, pool: Executor, opener: Opener
) -> Iterator[tuple[Slab, Region]]:
    """Decode whole slices, one batch ahead if there is a second buffer."""
    header = plan.source.header
    cut = _cut(slab, plan.batch)
    shape = (cut[0].depth, header.height, header.width, header.channels)
    buffers = [np.empty(shape, header.dtype) for _ in range(plan.buffers)]
    ahead: list[Future[SourceError | None]] = []
    for number, batch in enumerate(cut):
        buffer = buffers[number % len(buffers)]
        ahead = ahead or _decode(plan, batch, buffer, pool, opener)
        faults = [fault for future in ahead if (fault := future.result())]
        if faults:
            for later in cut[number + 1 :]:  # decoded only to name all bad slices in one run
                futures = _decode(plan, later, buffer, pool, opener)
                faults += [fault for future in futures if (fault := future.result())]
            raise several(faults)
        ahead = []
        if len(buffers) > 1 and number + 1 < len(cut):
            ahead = _decode(plan, cut[number + 1], buffers[(number + 1) % 2], pool, opener)
        yield batch, partial(_cut_out, buffer, batch.z_begin)


def _cut_out(buffer: Voxels, begin: int, box: Box) -> Voxels:
    """Cut a box, in voxels of the layer, out of a batch (z, y, x, c); give it as (c, x, y, z)."""
    (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
    return buffer[z0 - begin : z1 - begin, y0:y1, x0:x1].T


def _decode(
    plan: LayerPlan, batch: Slab, buffer: Voxels, pool: Executor, opener: Opener
) -> list[Future[SourceError | None]]:
    return [
        pool.submit(_decode_plane, plan, z, buffer[z - batch.z_begin], opener)
        for z in range(batch.z_begin, batch.z_end)
    ]


def _decode_plane(plan: LayerPlan, z: int, plane: Voxels, opener: Opener) -> SourceError | None:
    """Decode one slice; a fault is given back, so that all faults can be told at once."""
    file, page = plan.source.plane(z)
    expected = plan.source.header
    try:
        with opener(file) as image:
            found = image.header
            if found != expected and not (plan.pad and _fits_into(found, expected)):
                return SourceError(f"is {found}, expected {expected}", file, REMEDY)
            if found != expected:
                plane[...] = 0
            image.read(page, plane[: found.height, : found.width])
    except SourceError as fault:
        return fault
    return None


def _fits_into(found: Header, expected: Header) -> bool:
    """Tell whether only the size differs, and is not larger."""
    is_smaller = found.width <= expected.width and found.height <= expected.height
    return is_smaller and (found.channels, found.dtype, found.planes) == (
        expected.channels,
        expected.dtype,
        expected.planes,
    )
