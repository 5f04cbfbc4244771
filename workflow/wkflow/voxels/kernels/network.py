"""Sorting networks over whole arrays: each wire is an array, all cells are sorted at once.

`np.minimum` and `np.maximum` both give NaN where one side is NaN, so a NaN in a cell reaches
each result that depends on it.
"""

from collections.abc import Sequence

import numpy as np

from wkflow.voxels.kernels.kernel import Voxels


def ordered(wires: Sequence[Voxels]) -> list[Voxels]:
    """Sort 1, 2, 4, 8 … arrays of one shape elementwise, smallest first.

    Examples
    --------
    >>> ordered([np.array([3, 1]), np.array([2, 5])])
    [array([2, 1]), array([3, 5])]
    """
    if len(wires) == 1:
        return list(wires)
    half = len(wires) // 2
    return merged(ordered(wires[:half]), ordered(wires[half:]))


def merged(left: Sequence[Voxels], right: Sequence[Voxels]) -> list[Voxels]:
    """Merge two sorted lists of 1, 2, 4, 8 … arrays (Batcher's odd-even merge).

    Examples
    --------
    >>> merged([np.array([1]), np.array([4])], [np.array([2]), np.array([3])])
    [array([1]), array([2]), array([3]), array([4])]
    """
    if len(left) == 1:
        return [np.minimum(left[0], right[0]), np.maximum(left[0], right[0])]
    even, odd = merged(left[::2], right[::2]), merged(left[1::2], right[1::2])
    inner = [
        compare(lower, upper)
        for lower, upper in zip(odd[:-1], even[1:], strict=True)
        for compare in (np.minimum, np.maximum)
    ]
    return [even[0], *inner, odd[-1]]


def middles(left: Sequence[Voxels], right: Sequence[Voxels]) -> tuple[Voxels, Voxels]:
    """Merge two sorted lists of 1, 2, 4, 8 … arrays, but only as far as the two middles.

    The comparison that would tell which of the two is smaller is left out: their mean does not
    depend on it.

    Examples
    --------
    >>> one, two, three, four = (np.array([n]) for n in (1, 2, 3, 4))
    >>> middles([one, two], [three, four])
    (array([3]), array([2]))
    """
    if len(left) == 1:
        return left[0], right[0]
    if len(left) == 2:
        return np.maximum(left[0], right[0]), np.minimum(left[1], right[1])
    even, odd = middles(left[::2], right[::2]), middles(left[1::2], right[1::2])
    return np.maximum(*even), np.minimum(*odd)
