"""Planes of a DICOM volume that were never written: where a stack of frames has holes."""

from collections.abc import Sequence
from math import gcd

import numpy as np

from wkflow.readers.dicom.repeats import places_of

Stack = Sequence[tuple[float | None, int | None]]
"""Of each frame, in order: its depth along the normal in mm, and its number in its stack."""

FEWEST_STEPS = 3
"""Between planes, to tell a hole from another distance."""

EVEN = 0.1
"""Of the distance of planes: so far may one lie off the grid."""

MANY = 16
"""Times as many places as frames: beyond, they are no grid."""


def places_in_stacks(stacks: Sequence[Stack]) -> tuple[list[list[int]], float | None]:
    """Give each frame its place in its stack, one for each time, and the distance of places in mm.

    Where all stacks are of one length and without holes these are 0, 1, 2 ..., and None. No places
    at all are given where stacks differ and nothing says what is missing.

    >>> places_in_stacks([[(0.0, None), (2.0, None), (4.0, None), (8.0, None)]])
    ([[0, 1, 2, 4]], 2.0)
    >>> places_in_stacks([[(None, 1), (None, 2)], [(None, 2)]])
    ([[0, 1], [1]], None)
    """
    plain: list[list[int]] = [list(range(len(stack))) for stack in stacks]
    are_alike = len({len(stack) for stack in stacks}) == 1
    if are_alike and not any(_has_holes(stack) for stack in stacks):
        return plain, None
    places, step = _of_all(stacks)
    if are_alike and (not places or (step is None and stacks[0][0][0] is not None)):
        return plain, None
    return places, step


def _has_holes(stack: Stack) -> bool:
    places, _ = _of_all([stack])
    return bool(places) and places[0][-1] >= len(stack)


def _of_all(stacks: Sequence[Stack]) -> tuple[list[list[int]], float | None]:
    """Give numbers to the places of all stacks together."""
    frames = [frame for stack in stacks for frame in stack]
    depths = [depth for depth, _ in frames if depth is not None]
    numbers = [number for _, number in frames if number is not None]
    step = None
    if len(depths) == len(frames):
        found, step = _on_grid(depths)
    elif len(numbers) == len(frames):
        stride = gcd(*(number - numbers[0] for number in numbers)) or 1
        found = [(number - min(numbers)) // stride for number in numbers]
    else:
        return [], None
    last = max(found)
    if last >= MANY * len(frames):
        return [], None
    for turned in (found, [last - place for place in found]):  # planes may go down
        left = iter(turned)
        places = [[next(left) for _ in stack] for stack in stacks]
        if all(one == sorted(set(one)) for one in places):
            return places, step
    return [], None


def _on_grid(depths: list[float]) -> tuple[list[int], float | None]:
    """Give depths their numbers on an even grid, and its step; their ranks where there is none."""
    ranks = places_of(depths)
    levels = np.array([depths[ranks.index(rank)] for rank in range(1 + max(ranks))])
    if len(levels) <= FEWEST_STEPS:
        return ranks, None
    step = float(np.median(np.diff(levels)))
    grid = (levels - levels[0]) / step
    whole = np.rint(grid).astype(int)
    is_even = np.abs(grid - whole).max() <= EVEN and len(np.unique(whole)) == len(levels)
    return ([int(whole[rank]) for rank in ranks], step) if is_even else (ranks, None)
