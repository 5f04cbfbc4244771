"""How voxels come into memory: chosen by the source's grain and the memory there is."""

from math import lcm

import numpy as np

from wkflow.errors import ResourceError
from wkflow.model.box import Triple
from wkflow.model.read_strategy import ReadStrategy
from wkflow.model.source import Source
from wkflow.voxels.layer_reader import OPEN_FILES_MAX

BAND_BYTES = 2**28
"""Of a source that is read in parts: more saves nothing."""

ALIGNED_BYTES = 2**30
"""A band may become as large where it saves decoding strips or tiles twice."""

AHEAD_BYTES = 2**27
"""Bands up to this size are decoded one ahead, which hides the disk; large ones fill a queue."""

SCRATCH_AT_ONCE = 4
"""Slices that are decoded at once into a scratch file, where memory allows."""


def choose_feed(
    source: Source, size: Triple, chunk: Triple, batch_size: int | None, *, budget: int
) -> ReadStrategy:
    """Say what is in memory at once.

    Parameters
    ----------
    source : Source
    size : (x, y, z)
        Of the layer, in voxels.
    chunk : (x, y, z)
        Of mag 1: bands are whole chunks high and deep.
    batch_size : int, optional
        Slices that may be in memory at once, as the option says.
    budget : int
        Bytes of memory for one job.

    Raises
    ------
    ResourceError
        If not even one slice fits.
    """
    x, y, z = size
    voxel_bytes = _voxel_bytes(source)
    depth = min(z, max(chunk[2], batch_size or 0))
    if is_taken_across(source, chunk[2]):
        depth = max(depth, depth_across(source, size, chunk[2], budget=budget))
    stays_open = not source.is_stack or depth <= OPEN_FILES_MAX
    if source.grain[1:] == (1, 1) and stays_open and not source.is_stream:
        step = x * chunk[1] * depth * voxel_bytes
        return ReadStrategy("rows", depth, min(y, chunk[1] * max(1, BAND_BYTES // step)))
    rows = _rows(source, y, chunk[1], x * depth * voxel_bytes, budget)
    band = x * rows * depth * voxel_bytes
    has_next = rows < y or depth < z
    most = min(AHEAD_BYTES, budget // 2) if source.is_across else AHEAD_BYTES
    buffers = 2 if has_next and band <= most else 1
    if buffers * band <= budget:
        return ReadStrategy("bands", depth, rows, buffers, buffers * band)
    plane = x * y * voxel_bytes
    if source.is_across:
        raise ResourceError(
            f"{depth} slices across take {band / 2**30:.1f} GiB of memory, "
            f"{max(0, budget) / 2**30:.1f} GiB may be used",
            source.first,
            "Give --memory more, or a smaller --chunk-shape.",
        )
    at_once = min(SCRATCH_AT_ONCE, budget // (2 * plane), 1 if source.is_stream else z)
    if at_once < 1 and plane > budget:
        raise ResourceError(
            f"one slice takes {plane / 2**30:.1f} GiB of memory, {max(0, budget) / 2**30:.1f} GiB "
            "may be used",
            source.first,
            "Give --memory more, or save the images as tiled or uncompressed TIFF.",
        )
    at_once = max(1, at_once)
    return ReadStrategy("scratch", depth, y, at_once, at_once * plane, depth * plane)


def is_taken_across(source: Source, chunk_depth: int) -> bool:
    """Whether what is decoded at once reaches through several depths of chunks, as it is turned."""
    part = source.selection
    return bool(part and part.is_turned) and source.grain[2] > chunk_depth


def depth_across(source: Source, size: Triple, chunk_depth: int, *, budget: int) -> int:
    """Slices that are in memory at once where each costs decoding what many others need as well.

    As many as memory allows, up to `ALIGNED_BYTES`: whole chunks.
    """
    plane = size[0] * size[1] * _voxel_bytes(source)
    most = max(0, min(ALIGNED_BYTES, budget)) // plane // chunk_depth * chunk_depth
    return min(size[2], max(chunk_depth, most))


def _rows(source: Source, height: int, chunk_height: int, row_bytes: int, budget: int) -> int:
    """Rows of one band: whole chunks, and whole grains where that is not too much."""
    grain = source.grain[1]
    if source.is_stream or grain >= height or row_bytes * height <= min(BAND_BYTES, budget):
        return height
    both = lcm(grain, chunk_height)
    step = both if both * row_bytes <= min(ALIGNED_BYTES, budget) else chunk_height
    return min(height, step * max(1, min(BAND_BYTES, budget) // (row_bytes * step)))


def _voxel_bytes(source: Source) -> int:
    """Bytes of one voxel in memory; where only some samples are kept, all are there at first."""
    item = np.dtype(source.header.dtype).itemsize
    samples = source.header.samples
    extra = samples if len(source.picks) % samples else 0
    return item * (len(source.picks) + extra)
