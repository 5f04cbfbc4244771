"""The plan of one layer: its slabs and blocks, and who feeds whom.

Arithmetic only. Slabs and blocks are cut by the layer's shape alone, never by how many cores
there are, so that a run can be resumed with others, and appended slices leave them as they are.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import prod
from typing import Any, Self

from wkflow.box import Box, Triple
from wkflow.layer import Grid, Layer, shard_bytes
from wkflow.mag import Mag
from wkflow.slab import Slab, cut_slabs
from wkflow.source import Header, Source

BLOCK_JOBS = 2
"""What a downsampling job writes, in slabs: its memory does not grow with that."""

AHEAD_BYTES = 2**27
"""Batches up to this size are decoded one ahead, which hides the disk; large ones fill a queue."""

START_BYTES = 200 * 2**20
"""Interpreter, libraries and what is in flight in one job, on top of its slices."""


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """One layer: where its voxels come from, how they are laid out and reduced.

    `grids` are its mags, finest first; `batch` slices are in memory at once; `kernel` reduces
    one mag to the next; `codec` compresses chunks; `pad` allows slices smaller than the layer.
    `job_bytes` is about what one job converts; a downsampling job reads and writes more at once.
    `passing` says that shards leave the disk when they are sent.
    """

    layer: Layer
    source: Source
    grids: tuple[Grid, ...]
    batch: int
    kernel: str
    codec: str
    pad: bool
    job_bytes: int
    evidence: str
    passing: bool = False

    @property
    def slab_depth(self) -> int:
        """Slices of one slab: whole batches, about `job_bytes`; the same however many slices."""
        x, y, _ = self.layer.size
        batch_bytes = x * y * self.batch * self.layer.voxel_bytes
        return self.batch * max(1, self.job_bytes // batch_bytes)

    def slabs(self) -> list[Slab]:
        """Cut the layer into the units of work of `convert_slab`."""
        return list(cut_slabs(self.layer.size[2], step=self.slab_depth))

    def slab(self, name: str) -> Slab:
        """Give the slab of that name."""
        return Slab(begin := int(name[1:]), min(begin + self.slab_depth, self.layer.size[2]))

    def slab_sources(self, slab: Slab) -> Source:
        """Give the files and marks that one slab is made of."""
        cut = slice(slab.z_begin, slab.z_end) if len(self.source.files) > 1 else slice(None)
        return Source(self.source.files[cut], self.source.marks[cut], self.source.header)

    def slab_memory(self) -> int:
        """Bytes of memory of one `convert_slab` job: its batch (two, if there is a next one)."""
        x, y, z = self.layer.size
        return START_BYTES + self.buffers * x * y * min(self.batch, z) * self.layer.voxel_bytes

    @property
    def buffers(self) -> int:
        """How many batches a slab's job has in memory: the next one too, where it is small."""
        x, y, z = self.layer.size
        batch_bytes = x * y * self.batch * self.layer.voxel_bytes
        return 2 if min(self.slab_depth, z) > self.batch and batch_bytes <= AHEAD_BYTES else 1

    def steps(self) -> list[tuple[Grid, Grid]]:
        """Pair each mag with the one that it is computed from: (finer, coarser)."""
        return list(pairwise(self.grids))

    def is_big(self, grid: Grid) -> bool:
        """Whether the mag is large enough for jobs of its own."""
        return prod(grid.size) * self.layer.voxel_bytes > BLOCK_JOBS * self.job_bytes

    def big_steps(self) -> list[tuple[Grid, Grid]]:
        """List the steps that `downsample_block` takes."""
        return [step for step in self.steps() if self.is_big(step[1])]

    def rest_steps(self) -> list[tuple[Grid, Grid]]:
        """List the steps that `downsample_rest` takes."""
        return [step for step in self.steps() if not self.is_big(step[1])]

    def step_to(self, mag: str) -> tuple[Grid, Grid]:
        """Give the step that makes `mag`."""
        return next(step for step in self.steps() if str(step[1].mag) == mag)

    def shards_per_block(self, grid: Grid) -> int:
        """How many consecutive shards (x fastest, z slowest) one block owns."""
        return max(1, BLOCK_JOBS * self.job_bytes // shard_bytes(self.layer, grid))

    def blocks(self, grid: Grid) -> list[str]:
        """Name the blocks of one mag."""
        count = -(-prod(grid.shards) // self.shards_per_block(grid))
        return [f"b{number:06d}" for number in range(count)]

    def block_shards(self, grid: Grid, block: str) -> list[Triple]:
        """List the positions of the shards that a block owns."""
        per_block = self.shards_per_block(grid)
        first = int(block[1:]) * per_block
        x, y, z = grid.shards
        last = min(first + per_block, x * y * z)
        return [(i % x, i // x % y, i // (x * y)) for i in range(first, last)]

    def feeding_slabs(self, box: Box) -> list[Slab]:
        """List the slabs that hold a box of mag 1."""
        step, depth = self.slab_depth, self.layer.size[2]
        first = box.begin[2] // step * step
        return [Slab(z, min(z + step, depth)) for z in range(first, box.end[2], step)]

    def feeding_blocks(self, grid: Grid, box: Box) -> list[str]:
        """List the blocks of a big mag that hold a box of it."""
        per_block, (nx, ny, _) = self.shards_per_block(grid), grid.shards
        numbers = {(x + nx * (y + ny * z)) // per_block for x, y, z in box.cells(grid.shard)}
        return [f"b{number:06d}" for number in sorted(numbers)]

    def source_box(self, finer: Grid, coarser: Grid, position: Triple) -> Box:
        """Give the voxels of the finer mag that one shard of the coarser is computed from.

        Those below it; for the bicubic kernel one more all around; and where the last cells of
        an axis are incomplete, as many before them as may be mirrored.
        """
        factor = coarser.mag.over(finer.mag)
        halo = self.halo
        shard = coarser.shard_box(position)
        begin, end = [], []
        for b, e, f, size in zip(shard.begin, shard.end, factor, finer.size, strict=True):
            mirrored = f - 1 if e * f > size else 0
            begin.append(max(0, b * f - max(halo, mirrored)))
            end.append(min(size, e * f + halo))
        return Box((begin[0], begin[1], begin[2]), (end[0], end[1], end[2]))

    @property
    def halo(self) -> int:
        """How many voxels around its own a cell of the coarser mag is computed from."""
        return 1 if self.kernel == "bicubic" else 0

    def slab_recipe(self, slab: Slab) -> str:
        """Digest all that the voxels of a slab depend on: if it changes, the slab is redone."""
        x, y, _ = self.layer.size
        finest = self.grids[0]
        sources = self.slab_sources(slab)
        return digest(
            asdict(slab), sources.files, sources.marks, asdict(self.source.header), x, y,
            self.layer.dtype, finest.chunk, finest.shard, self.codec, self.pad,
        )  # fmt: skip

    def block_recipe(self, finer: Grid, coarser: Grid, positions: list[Triple]) -> str:
        """Digest all that these shards depend on besides the voxels below them."""
        boxes = [
            (asdict(coarser.shard_box(p)), asdict(self.source_box(finer, coarser, p)))
            for p in positions
        ]
        return digest(boxes, finer.mag.factors, coarser.mag.factors, coarser.chunk, coarser.shard,
                      self.kernel, self.codec)  # fmt: skip

    def rest_recipe(self) -> str:
        """Digest all that the small mags depend on besides the voxels below them."""
        steps = [(asdict(finer), asdict(coarser)) for finer, coarser in self.rest_steps()]
        return digest(steps, self.kernel, self.codec)

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Self:
        """Read what `dataclasses.asdict` and JSON made of a layer plan."""
        source = document["source"]
        return cls(**document | {
            "layer": Layer(**document["layer"] | {"size": _triple(document["layer"]["size"])}),
            "source": Source(
                tuple(source["files"]),
                tuple((size, mtime) for size, mtime in source["marks"]),
                Header(**source["header"]),
            ),
            "grids": tuple(
                Grid(Mag(**grid.pop("mag")), **{key: _triple(value) for key, value in grid.items()})
                for grid in document["grids"]
            ),
        })  # fmt: skip


def digest(*parts: object) -> str:
    """Give a short text that changes when any of `parts` (JSON values) does."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _triple(values: list[int]) -> Triple:
    x, y, z = values
    return x, y, z
