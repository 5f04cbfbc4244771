"""Counting: the value that most voxels of a cell have."""

from collections.abc import Sequence

import numpy as np

from wkflow.voxels.kernels.kernel import Voxels

_PAIRWISE_MAX = 16
"""Voxels in a cell up to which comparing each with each beats sorting them."""


def winners(voxels: Sequence[Voxels]) -> Voxels:
    """Find the most frequent value in each cell; a tie goes to the one that comes first.

    Parameters
    ----------
    voxels : arrays, each of shape (cells,)
        The first voxel of all cells, the second of all cells, and so on.

    Returns
    -------
    array, shape (cells,), same dtype as the voxels

    Examples
    --------
    >>> winners([np.array([7, 1]), np.array([9, 2]), np.array([9, 3])])
    array([9, 1])
    """
    if len(voxels) > _PAIRWISE_MAX:
        return _winners_by_sorting(np.stack(voxels, axis=1))
    return _winners_by_pairs(voxels)


def _winners_by_pairs(voxels: Sequence[Voxels]) -> Voxels:
    votes = np.zeros((len(voxels), voxels[0].size), np.uint8)
    for one in range(len(voxels)):
        for other in range(one):
            is_same = np.equal(voxels[one], voxels[other])
            votes[one] += is_same
            votes[other] += is_same
    best, most = voxels[0].copy(), votes[0].copy()
    for value, count in zip(voxels[1:], votes[1:], strict=True):
        np.copyto(best, value, where=count > most)
        np.maximum(most, count, out=most)
    return best


def _winners_by_sorting(cells: Voxels) -> Voxels:
    """Sort each cell stably, so that a run of equal values begins with the first one met."""
    size = cells.shape[1]
    places = cells.argsort(axis=1, kind="stable")
    values = np.take_along_axis(cells, places, axis=1)
    is_start = np.ones(values.shape, np.bool_)
    np.not_equal(values[:, 1:], values[:, :-1], out=is_start[:, 1:])
    run = np.cumsum(is_start) - 1
    votes = np.bincount(run)[run].reshape(values.shape)
    best = np.argmax(votes * size - places, axis=1)
    return np.take_along_axis(values, best[:, np.newaxis], axis=1)[:, 0]
