"""Which voxels of an image become a layer, and along which of its axes they run."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Self

from wkflow.model.box import Box, Triple, triple


@dataclass(frozen=True, slots=True)
class Selection:
    """Voxels of an image, seen as an image of their own.

    Along its axis `a` the selection runs along the axis `axes[a]` of the image (0 is x), from the
    image's voxel `start[a]` on, in steps of `step[a]`; a negative step runs backwards. `whole` is
    the size (x, y, z) of the image.

    Examples
    --------
    >>> part = Selection.of_box(Box((10, 20, 0), (14, 25, 8)), (100, 80, 8), z_step=2)
    >>> part.start, part.step, part.spans(Box((0, 0, 1), (4, 5, 3)))
    ((10, 20, 0), (1, 1, 2), (range(10, 14), range(20, 25), range(2, 6, 2)))
    """

    whole: Triple
    start: Triple
    step: Triple = (1, 1, 1)
    axes: Triple = (0, 1, 2)

    @classmethod
    def of_box(cls, box: Box, whole: Triple, *, z_step: int = 1) -> Self:
        """Select a box of an image, every `z_step` planes of it."""
        return cls(whole, box.begin, (1, 1, z_step))

    def spans(self, box: Box) -> tuple[range, range, range]:
        """Give the voxels of the image, along its x, y and z, that a box of the selection is."""
        found = [range(0)] * 3
        for a, axis in enumerate(self.axes):
            first, step = self.start[a], self.step[a]
            found[axis] = range(first + step * box.begin[a], first + step * box.end[a], step)
        return found[0], found[1], found[2]

    def arranged(self, extents: Triple) -> Triple:
        """Give extents along the axes of the image in the order of those of the selection."""
        return triple(extents[axis] for axis in self.axes)

    @property
    def is_turned(self) -> bool:
        """Whether voxels come in another order than in the image."""
        return self.axes != (0, 1, 2) or min(self.step) < 0

    def turned(self, order: Triple, mirrored: frozenset[int], size: Triple) -> Self:
        """Give the same voxels along other axes.

        Parameters
        ----------
        order : Triple
            Which of the present axes becomes x, which y, which z.
        mirrored : set of int
            The axes afterwards that run backwards then.
        size : Triple
            The present extents.

        Examples
        --------
        >>> part = Selection((9, 8, 7), (1, 2, 3))
        >>> part.turned((1, 0, 2), frozenset({0}), (4, 5, 6))
        Selection(whole=(9, 8, 7), start=(6, 1, 3), step=(-1, 1, 1), axes=(1, 0, 2))
        """
        start, step = [], []
        for a, old in enumerate(order):
            first, by = self.start[old], self.step[old]
            start.append(first + by * (size[old] - 1) if a in mirrored else first)
            step.append(-by if a in mirrored else by)
        axes = triple(self.axes[old] for old in order)
        return type(self)(self.whole, triple(start), triple(step), axes)

    def cuts(self, axis: int, begin: int, end: int, every: int) -> Iterator[tuple[int, int]]:
        """Cut a span of the selection where the image's voxels pass a multiple of `every`.

        >>> list(Selection((9, 9, 9), (0, 3, 0)).cuts(1, 0, 6, 4))
        [(0, 1), (1, 5), (5, 6)]
        """
        first, step = self.start[axis], self.step[axis]
        for _, some in groupby(range(begin, end), lambda at: (first + step * at) // every):
            places = list(some)
            yield places[0], places[-1] + 1
