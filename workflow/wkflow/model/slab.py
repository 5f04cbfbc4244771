"""The unit of work of one conversion job: consecutive slices that own their shards."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Slab:
    """Slices `z_begin` up to and without `z_end` of one layer, in some of its frames.

    >>> str(Slab(32, 64)), str(Slab(0, 5, 10, 20))
    ('z000000032', 't000010z000000000')
    """

    z_begin: int
    z_end: int
    frame_begin: int = 0
    frame_end: int = 1

    def __str__(self) -> str:
        frame = f"t{self.frame_begin:06d}" if self.frame_end > 1 else ""
        return f"{frame}z{self.z_begin:09d}"

    @property
    def depth(self) -> int:
        """How many slices."""
        return self.z_end - self.z_begin

    @property
    def frames(self) -> range:
        """The frames of which it has these slices."""
        return range(self.frame_begin, self.frame_end)


def cut_slabs(
    end: int, *, step: int, begin: int = 0, frames: int = 1, frame_step: int = 1
) -> Iterator[Slab]:
    """Cut slices `begin` to `end` at multiples of `step`, in `frames` every `frame_step` frames.

    Slabs never share a shard when `step` is a multiple of the shard depth, so no two jobs write
    one file; and they stay the same when slices are appended.

    >>> [(slab.z_begin, slab.z_end) for slab in cut_slabs(70, step=32)]
    [(0, 32), (32, 64), (64, 70)]
    >>> [(slab.z_begin, slab.z_end) for slab in cut_slabs(70, step=32, begin=30)]
    [(30, 32), (32, 64), (64, 70)]
    """
    for frame in range(0, frames, frame_step):
        for cell in range(begin // step * step, end, step):
            z_begin, z_end = max(cell, begin), min(cell + step, end)
            yield Slab(z_begin, z_end, frame, min(frame + frame_step, frames))
