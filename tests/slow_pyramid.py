"""The mags above one that is there, by plain numpy: slow, and short enough to be a definition.

Voxels are (t, c, x, y, z) from the array's origin on. Only those inside of the layer's box count,
aligned outward to the mag they are in; where a cell reaches beyond it, they are mirrored.
"""

from collections.abc import Sequence

import numpy as np

from tests.datasets import HandLayer, Triple, Voxels, factors


def pyramid(layer: HandLayer, ladder: Sequence[str], base: str = "") -> dict[str, Voxels]:
    """Compute the mags of a ladder above `base`, by default the coarsest that is there."""
    below = base or list(layer.mags)[-1]
    voxels, mags = layer.mags[below], {}
    for mag in ladder:
        steps = zip(factors(mag), factors(below), strict=True)
        x, y, z = (coarse // fine for coarse, fine in steps)
        begin = [b // f for b, f in zip(layer.begin, factors(below), strict=True)]
        end = [-(-e // f) for e, f in zip(layer.end, factors(below), strict=True)]
        cells, empty = _cells(voxels, begin, end, (x, y, z))
        reduced = _mode(cells) if layer.category == "segmentation" else _median(cells)
        mags[mag] = voxels = np.pad(reduced, [(0, 0), (0, 0), *((n, 0) for n in empty)])
        below = mag
    return mags


def _cells(
    voxels: Voxels, begin: list[int], end: list[int], factor: Triple
) -> tuple[Voxels, list[int]]:
    """Give the cells (t, c, x, y, z, voxel), y fastest, then x, then z; and how many come before.

    What is not stored is zero.
    """
    missing = [max(0, e - n) for e, n in zip(end, voxels.shape[2:], strict=True)]
    whole = np.pad(voxels, [(0, 0), (0, 0), *((0, n) for n in missing)])
    inside = whole[(..., *(slice(b, e) for b, e in zip(begin, end, strict=True)))]
    edges = [(b % f, -e % f) for b, e, f in zip(begin, end, factor, strict=True)]
    padded = np.pad(inside, [(0, 0), (0, 0), *edges], mode="symmetric")
    fx, fy, fz = factor
    t, c, x, y, z = padded.shape
    cut = padded.reshape(t, c, x // fx, fx, y // fy, fy, z // fz, fz)
    cells = cut.transpose(0, 1, 2, 4, 6, 7, 3, 5).reshape(t, c, x // fx, y // fy, z // fz, -1)
    return cells, [b // f for b, f in zip(begin, factor, strict=True)]


def _median(cells: Voxels) -> Voxels:
    medians: Voxels = np.median(cells, axis=-1)
    return medians.astype(cells.dtype)


def _mode(cells: Voxels) -> Voxels:
    """Give the most frequent voxel of each cell; of several, the one that is met first."""
    counts = (cells[..., :, np.newaxis] == cells[..., np.newaxis, :]).sum(axis=-1)
    winner = counts.argmax(axis=-1)[..., np.newaxis]
    return np.take_along_axis(cells, winner, axis=-1)[..., 0]
