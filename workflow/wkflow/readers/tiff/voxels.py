"""From the bytes of a page of a TIFF to voxels: only what a region needs is read and decoded."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.readers.tiff.decoders import WholeDecoder, fill_by_segment, whole_decoder
from wkflow.readers.tiff.page import StoredPage
from wkflow.readers.tiff.region import Region, Segments
from wkflow.readers.tiff.stretches import GAP_BYTES, NATIVE, read_bytes

BLOCK_BYTES = 2**22
"""Read at once where rows are wanted in part: fits the cache of a processor."""

Voxels = NDArray[Any]


def fill(stored: StoredPage, descriptor: int, region: Region, out: Voxels) -> None:
    """Decode a region of a page into `out`.

    Parameters
    ----------
    stored : StoredPage
        The page.
    descriptor : int
        Of the open file; its position is neither used nor moved.
    region : Region
        What to read.
    out : array, shape (y, x, samples) of the region
        Samples are all those that are stored together.
    """
    if stored.keyframe.is_final:
        _fill_plain(stored, descriptor, region, out)
    elif decoder := whole_decoder(stored):
        _fill_whole(stored, descriptor, region, out, decoder)
    else:
        fill_by_segment(stored, descriptor, region, out)


def _fill_plain(stored: StoredPage, descriptor: int, region: Region, out: Voxels) -> None:
    """Read rows, or parts of rows, that lie uncompressed one after the other."""
    page = stored.keyframe
    _, depth, height, width, samples = page.shaped
    row_bytes = width * samples * out.itemsize
    first_row = (region.sample * depth + region.depth) * height + region.y0
    offset = stored.offsets[0] + first_row * row_bytes
    high, wide = region.shape
    gap = (width - wide) * samples * out.itemsize
    if gap == 0 and out.flags.c_contiguous:
        read_bytes(descriptor, offset, out)
    elif gap > GAP_BYTES:
        row = np.empty(out.shape[1:], out.dtype)
        for y in range(high):
            begin = offset + y * row_bytes + region.x0 * samples * out.itemsize
            read_bytes(descriptor, begin, row)
            out[y] = row
    else:
        at_once = max(1, BLOCK_BYTES // row_bytes)
        for top in range(0, high, at_once):
            rows = np.empty((min(at_once, high - top), width, samples), out.dtype)
            read_bytes(descriptor, offset + top * row_bytes, rows)
            out[top : top + len(rows)] = rows[:, region.x0 : region.x1]
    if page.parent.byteorder != NATIVE:
        out.byteswap(inplace=True)


def _fill_whole(
    stored: StoredPage, descriptor: int, region: Region, out: Voxels, decode: WholeDecoder
) -> None:
    """Decode all segments that a region touches as one array, straight into `out` if it fits."""
    cut = Segments.of(stored.keyframe)
    whole, indices = cut.widened(region), list(cut.touched(region))
    is_it = whole == region and out.flags.c_contiguous
    target = out if is_it else np.empty((*whole.shape, out.shape[2]), out.dtype)
    if not decode(stored, descriptor, indices, target):
        fill_by_segment(stored, descriptor, region, out)
    elif not is_it:
        y, x = region.y0 - whole.y0, region.x0 - whole.x0
        out[...] = target[y : y + out.shape[0], x : x + out.shape[1]]
