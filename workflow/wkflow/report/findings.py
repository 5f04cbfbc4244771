"""Slices of a layer that look wrong, with pictures of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from wkflow.report.paint import Paint, Slice
from wkflow.report.planes import Voxels

NAMED = 12
"""Slices that are named of those that look wrong."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Slices that look wrong: what is wrong with them, and pictures of the first ones."""

    what: str
    slices: tuple[Slice, ...]


def find_doubtful(
    voxels: Voxels, paint: Paint, doubtful: Iterable[tuple[str, Sequence[int]]]
) -> Iterator[Finding]:
    """Show slices that were doubtful before any voxel was read, as far as they were read here.

    `doubtful` has what is to be said of them, behind their number, and their z in mag 1.
    """
    for what, slices in doubtful:
        places = [z // voxels.mag.z - voxels.box.begin[2] for z in slices]
        seen = dict.fromkeys(place for place in places if 0 <= place < len(voxels.volume))
        pictures = tuple(paint.slice(voxels, place) for place in list(seen)[:NAMED])
        yield Finding(f"{len(slices)} slice{'s' * (len(slices) > 1)} {what}", pictures)


def find_odd_slices(voxels: Voxels, paint: Paint) -> list[Finding]:
    """Look for slices of one value only, and for those that repeat the one before."""
    planes = voxels.volume.reshape(len(voxels.volume), -1)
    lowest, highest = planes.min(axis=1), planes.max(axis=1)
    blank = np.flatnonzero(lowest == highest)
    same = [z for z in range(1, len(planes)) if np.array_equal(planes[z], planes[z - 1])]
    repeated = np.setdiff1d(same, blank)
    found = [("hold one value only", blank), ("repeat the slice before them", repeated)]
    return [
        Finding(
            f"{len(places)} of {len(planes)} slices of mag {voxels.mag} {what}",
            tuple(paint.slice(voxels, int(place)) for place in places[:NAMED]),
        )
        for what, places in found
        if len(places)
    ]
