"""An axis-aligned box of voxels."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import Self

Triple = tuple[int, int, int]
"""x, y, z."""


def triple(values: Iterable[int]) -> Triple:
    """Give three numbers as what they are; JSON has lists."""
    x, y, z = values
    return x, y, z


def ceil_div(size: Triple, by: Triple) -> Triple:
    """Divide each component, rounding up.

    >>> ceil_div((1023, 611, 37), (2, 2, 1))
    (512, 306, 37)
    """
    x, y, z = (-(-extent // step) for extent, step in zip(size, by, strict=True))
    return x, y, z


@dataclass(frozen=True, slots=True, order=True)
class Box:
    """The voxels from `begin` up to and without `end`, both (x, y, z).

    >>> Box((0, 0, 32), (1024, 1024, 64)).size
    (1024, 1024, 32)
    """

    begin: Triple
    end: Triple

    @classmethod
    def of_cell(cls, position: Triple, cell: Triple, size: Triple) -> Self:
        """Give the box of the grid cell at `position`, clipped to an array of `size` voxels."""
        begin = (position[0] * cell[0], position[1] * cell[1], position[2] * cell[2])
        end = tuple(min(b + c, s) for b, c, s in zip(begin, cell, size, strict=True))
        return cls(begin, (end[0], end[1], end[2]))

    @property
    def size(self) -> Triple:
        """Extents along x, y and z, in voxels."""
        return (
            self.end[0] - self.begin[0],
            self.end[1] - self.begin[1],
            self.end[2] - self.begin[2],
        )

    @property
    def voxels(self) -> int:
        """How many voxels the box holds."""
        return prod(self.size)

    def times(self, factor: Triple, size: Triple) -> "Box":
        """Give the same region in voxels finer by `factor`, clipped to an array of `size`."""
        begin = tuple(b * f for b, f in zip(self.begin, factor, strict=True))
        end = tuple(min(e * f, s) for e, f, s in zip(self.end, factor, size, strict=True))
        return Box((begin[0], begin[1], begin[2]), (end[0], end[1], end[2]))

    def moved(self, by: Triple) -> "Box":
        """Give the box that lies `by` voxels further along x, y and z.

        >>> Box((0, 0, 0), (4, 3, 2)).moved((10, 20, 30))
        Box(begin=(10, 20, 30), end=(14, 23, 32))
        """
        (x0, y0, z0), (x1, y1, z1) = self.begin, self.end
        return Box((x0 + by[0], y0 + by[1], z0 + by[2]), (x1 + by[0], y1 + by[1], z1 + by[2]))

    def overlap(self, other: "Box") -> "Box":
        """Give the voxels of both; where there are none, an end is not behind its begin."""
        begin = tuple(map(max, self.begin, other.begin))
        end = tuple(map(min, self.end, other.end))
        return Box((begin[0], begin[1], begin[2]), (end[0], end[1], end[2]))

    def meets(self, other: "Box") -> bool:
        """Whether there are voxels of both.

        >>> box = Box((0, 0, 0), (4, 4, 4))
        >>> box.meets(Box((3, 3, 3), (9, 9, 9))), box.meets(Box((4, 0, 0), (9, 9, 9)))
        (True, False)
        """
        return min(self.overlap(other).size) > 0

    def plane(self, z: int) -> "Box":
        """Give the voxels of one z."""
        return Box((*self.begin[:2], z), (*self.end[:2], z + 1))

    def cells(self, cell: Triple) -> list[Triple]:
        """List the positions of all grid cells that the box touches, x fastest, then y, then z."""
        (x0, y0, z0), (x1, y1, z1) = self.begin, ceil_div(self.end, cell)
        return [
            (x, y, z)
            for z in range(z0 // cell[2], z1)
            for y in range(y0 // cell[1], y1)
            for x in range(x0 // cell[0], x1)
        ]
