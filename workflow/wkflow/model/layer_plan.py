"""The plan of one layer: its slabs and blocks, and who feeds whom.

Arithmetic only. Slabs and blocks are cut by the layer's shape alone, never by how many cores
there are, so that a run can be resumed with others, and appended slices leave them as they are.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from math import prod
from typing import Any

from wkflow.json_document import LATER
from wkflow.model.box import Box, Triple
from wkflow.model.intensity_range import AUTO
from wkflow.model.kernel import KERNELS
from wkflow.model.layer import KEPT_BYTES, START_BYTES, Grid, Layer, Place, rest_memory, shard_bytes
from wkflow.model.read_strategy import ReadStrategy
from wkflow.model.slab import Slab, cut_slabs
from wkflow.model.source import Channel, Source
from wkflow.model.stored_mag import StoredMag
from wkflow.model.value_map import ValueMap, values_told
from wkflow.network.urls import is_url

BLOCK_JOBS, BLOCK_BYTES, BLOCK_SHARE = 2, 2**31, 4
"""What a downsampling job writes: two slabs, or so much, or a quarter of a large slab. It reads
about eight times that; its memory does not grow with it."""

FEWEST_THREADS = 2
"""Of the job whose memory is compared with what there is: with more, more rows are under way."""

STREAM_FRAMES = 10**6
"""More than any layer has: what can only be read in order is one slab."""


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """One layer: where its voxels come from, how they are laid out and reduced.

    `grids` are its mags, finest first; a slab is of whole batches of `batch` slices; `kernel`
    reduces one mag to the next; `codec` compresses chunks; `pad` allows slices smaller than the
    layer. `job_bytes` is about what one job converts; a downsampling job reads and writes more at
    once. `values` says how those of the source become others. `feed` says how voxels come into
    memory, `display` and `contrast` how the layer is first shown, `passing` that shards leave the
    disk when they are sent: these four change no voxel.

    `evidence` says why the layer has its category, `codec_evidence` why its codec, if voxels chose.
    `largest_id` is that of a segmentation's source, which may have given away more than it shows.

    In a dataset that exists, `given` is the mag that the others are computed from: the first of
    `grids`, which nobody writes; there is no source then, and no slab.
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
    feed: ReadStrategy = field(default_factory=ReadStrategy)
    display: Channel = field(default_factory=Channel)
    given: StoredMag | None = None
    largest_id: int = 0
    codec_evidence: str = ""
    contrast: str = AUTO
    values: ValueMap | None = field(default=None, metadata=LATER)

    @property
    def made(self) -> tuple[Grid, ...]:
        """The mags that the run writes."""
        return self.grids[1:] if self.given else self.grids

    @property
    def box(self) -> Box:
        """The voxels that slabs are cut of: the layer in its finest mag."""
        return self.grids[0].box

    @property
    def slab_depth(self) -> int:
        """Slices of one slab: whole batches, about `job_bytes`; the same however many slices."""
        x, y, _ = self.box.size
        if self.source.is_stream:
            return -(-self.box.end[2] // self.batch) * self.batch
        batch_bytes = x * y * self.batch * self.layer.voxel_bytes
        return self.batch * max(1, self.job_bytes // batch_bytes)

    @property
    def slab_frames(self) -> int:
        """Frames of one slab: several where they are small, all where they come in a stream."""
        if self.source.is_stream:
            return STREAM_FRAMES
        if self._slabs_per_frame > 1:
            return 1
        return max(1, self.job_bytes // (self.box.voxels * self.layer.voxel_bytes))

    @property
    def _slabs_per_frame(self) -> int:
        begin, end, step = self.box.begin[2], self.box.end[2], self.slab_depth
        return -(-end // step) - begin // step

    @property
    def slab_count(self) -> int:
        """How many slabs there are; asked for each job, so none is made."""
        if self.given:
            return 0
        return self._slabs_per_frame * -(-self.layer.frames // self.slab_frames)

    @property
    def job_count(self) -> int:
        """How many jobs write voxels of the layer."""
        blocks = sum(self.block_count(grid) for _, grid in self.big_steps())
        return self.slab_count + blocks + bool(self.rest_steps())

    def slabs(self) -> list[Slab]:
        """Cut the layer into the units of work of `convert_slab`."""
        if self.given:
            return []
        return list(
            cut_slabs(
                self.box.end[2],
                begin=self.box.begin[2],
                step=self.slab_depth,
                frames=self.layer.frames,
                frame_step=self.slab_frames,
            )
        )

    def slab(self, name: str) -> Slab:
        """Give the slab of that name."""
        frame, z = name.removeprefix("t").split("z")
        begin, frame_begin = int(z), int(frame or 0)
        end = (begin // self.slab_depth + 1) * self.slab_depth
        return Slab(
            begin, min(end, self.box.end[2]),
            frame_begin, min(frame_begin + self.slab_frames, self.layer.frames),
        )  # fmt: skip

    def slab_sources(self, slab: Slab) -> tuple[tuple[str, ...], tuple[tuple[int, int], ...]]:
        """Give the files that one slab is made of, and their marks."""
        first, source = self.box.begin[2], self.source
        cut = source.part(slice(slab.z_begin - first, slab.z_end - first), slab.frames)
        return tuple(source.files[n] for n in cut), tuple(source.marks[n] for n in cut)

    def slab_memory(self, threads: int) -> int:
        """Bytes of memory of one `convert_slab` job: what is fed, and rows on their way out."""
        if self.given:
            return START_BYTES
        return self.feed.bytes + rest_memory(self.layer, self.grids[0], threads, self.source.extra)

    def steps(self) -> list[tuple[Grid, Grid]]:
        """Pair each mag with the one that it is computed from: (finer, coarser)."""
        return list(pairwise(self.grids))

    @property
    def block_bytes(self) -> int:
        """What one downsampling job writes, about; the small mags together are built by one."""
        return max(min(BLOCK_JOBS * self.job_bytes, BLOCK_BYTES), self.job_bytes // BLOCK_SHARE)

    def is_big(self, grid: Grid) -> bool:
        """Whether the mag is large enough for jobs of its own."""
        return self._bytes(grid) > self.block_bytes

    def _bytes(self, grid: Grid) -> int:
        """Bytes of one mag, in all its frames, before compression."""
        return grid.box.voxels * self.layer.frames * self.layer.voxel_bytes

    def big_steps(self) -> list[tuple[Grid, Grid]]:
        """List the steps that `downsample_block` takes."""
        return [step for step in self.steps() if self.is_big(step[1])]

    def rest_steps(self) -> list[tuple[Grid, Grid]]:
        """List the steps that `downsample_rest` takes."""
        return [step for step in self.steps() if not self.is_big(step[1])]

    def is_kept(self, grid: Grid) -> bool:
        """Whether a small mag stays in memory until the next one is computed from it."""
        return self._bytes(grid) <= KEPT_BYTES

    @property
    def kept_bytes(self) -> int:
        """Bytes of memory that mags take that are kept: one is read while the next is made."""
        kept = [self._bytes(coarser) for _, coarser in self.rest_steps() if self.is_kept(coarser)]
        return sum(kept[:2])

    def step_to(self, mag: str) -> tuple[Grid, Grid]:
        """Give the step that makes `mag`."""
        return next(step for step in self.steps() if str(step[1].mag) == mag)

    def shards_per_block(self, grid: Grid) -> int:
        """How many consecutive shards (x fastest, then y, z and the frames) one block owns."""
        return max(1, self.block_bytes // shard_bytes(self.layer, grid))

    def block_count(self, grid: Grid) -> int:
        """How many blocks one mag has."""
        return -(-prod(grid.shards) * self.layer.frames // self.shards_per_block(grid))

    def blocks(self, grid: Grid) -> list[str]:
        """Name the blocks of one mag."""
        return [f"b{number:06d}" for number in range(self.block_count(grid))]

    def block_shards(self, grid: Grid, block: str) -> list[Place]:
        """List the shards that a block owns."""
        per_block = self.shards_per_block(grid)
        first = int(block[1:]) * per_block
        last = min(first + per_block, prod(grid.shards) * self.layer.frames)
        return [grid.place(number) for number in range(first, last)]

    def all_shards(self, grid: Grid) -> list[Place]:
        """List all shards of a mag."""
        return [grid.place(number) for number in range(prod(grid.shards) * self.layer.frames)]

    def feeding_slabs(self, frame: int, box: Box) -> list[Slab]:
        """List the slabs that hold a box of the finest mag in one frame."""
        step = self.slab_depth
        least, last = self.box.begin[2], self.box.end[2]
        first = max(box.begin[2], least) // step * step
        f0 = frame // self.slab_frames * self.slab_frames
        f1 = min(f0 + self.slab_frames, self.layer.frames)
        return [
            Slab(max(z, least), min(z + step, last), f0, f1) for z in range(first, box.end[2], step)
        ]

    def feeding_blocks(self, grid: Grid, frame: int, box: Box) -> list[str]:
        """List the blocks of a big mag that hold a box of it in one frame."""
        per_block = self.shards_per_block(grid)
        numbers = {grid.number(frame, place) // per_block for place in box.cells(grid.shard)}
        return [f"b{number:06d}" for number in sorted(numbers)]

    def source_box(self, finer: Grid, coarser: Grid, position: Triple) -> Box:
        """Give the voxels of the finer mag that one shard of the coarser is computed from.

        Those below it, and as many more all around as the kernel reaches; and where the last
        cells of an axis are incomplete, as many before them as may be mirrored.
        """
        factor = coarser.mag.over(finer.mag)
        reach = KERNELS[self.kernel].reach
        shard = coarser.shard_box(position)
        begin, end = [], []
        for b, e, f, first, size in zip(
            shard.begin, shard.end, factor, finer.begin, finer.size, strict=True
        ):
            at_end = f - 1 if e * f > size else 0
            at_begin = f - 1 if b * f < first else 0
            begin.append(max(first, b * f - max(reach, at_end)))
            end.append(min(size, e * f + max(reach, at_begin)))
        return Box((begin[0], begin[1], begin[2]), (end[0], end[1], end[2]))

    def slab_recipe(self, slab: Slab) -> str:
        """Digest all that the voxels of a slab depend on: if it changes, the slab is redone."""
        x, y, _ = self.box.size
        finest, source = self.grids[0], self.source
        return digest(
            asdict(slab), *self._sources_told(slab), asdict(source.header), x, y, source.picks,
            source.image, asdict(source.raw) if source.raw else None, self.layer.dtype,
            self.layer.axes, self.layer.data_format, finest.chunk, finest.shard, self.codec,
            self.pad, *self._place_told, *source.selection_told, *values_told(self.values),
        )  # fmt: skip

    @property
    def _place_told(self) -> list[Any]:
        """Give what a recipe has of the place of a layer that is not at the origin in mag 1."""
        finest = self.grids[0]
        is_usual = not any(finest.begin) and finest.mag.largest == 1
        return [] if is_usual else [finest.begin, finest.mag.factors]

    def _sources_told(self, slab: Slab) -> tuple[list[str], tuple[tuple[int, int], ...]]:
        """Give files and marks as a recipe has them: a link may be signed anew each day."""
        files, marks = self.slab_sources(slab)
        return [file.partition("?")[0] if is_url(file) else file for file in files], marks

    def block_recipe(self, finer: Grid, coarser: Grid, places: list[Place]) -> str:
        """Digest all that these shards depend on besides the voxels below them."""
        boxes = [
            (frame, asdict(coarser.shard_box(p)), asdict(self.source_box(finer, coarser, p)))
            for frame, p in places
        ]
        told = (coarser.shard, self.kernel, self.codec, self.layer.data_format, *self._given_told)
        return digest(boxes, finer.mag.factors, coarser.mag.factors, coarser.chunk, *told)

    @property
    def _given_told(self) -> list[dict[str, Any]]:
        return [asdict(self.given)] if self.given else []

    def rest_recipe(self) -> str:
        """Digest all that the small mags depend on besides the voxels below them."""
        steps, layer = [tuple(map(asdict, step)) for step in self.rest_steps()], self.layer
        return digest(steps, layer.axes, self.kernel, self.codec, layer.data_format,
                      *self._given_told)  # fmt: skip


def digest(*parts: object) -> str:
    """Give a short text that changes when any of `parts` (JSON values) does."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
