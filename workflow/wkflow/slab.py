"""The unit of work of one conversion job: consecutive slices that own their shards."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Slab:
    """Slices `z_begin` up to and without `z_end` of one layer.

    >>> str(Slab(32, 64))
    'z000000032'
    """

    z_begin: int
    z_end: int

    def __str__(self) -> str:
        return f"z{self.z_begin:09d}"

    @property
    def depth(self) -> int:
        """How many slices."""
        return self.z_end - self.z_begin


def cut_slabs(depth: int, *, step: int) -> Iterator[Slab]:
    """Cut a layer of `depth` slices every `step` slices.

    Slabs never share a shard when `step` is a multiple of the shard depth, so no two jobs write
    one file; and they stay the same when slices are appended.

    >>> list(cut_slabs(70, step=32))
    [Slab(z_begin=0, z_end=32), Slab(z_begin=32, z_end=64), Slab(z_begin=64, z_end=70)]
    """
    for z_begin in range(0, depth, step):
        yield Slab(z_begin, min(z_begin + step, depth))
