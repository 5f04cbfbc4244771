"""The joints between rules: wildcards in, a question to the plan, file names and numbers out.

Receipts and logs are named after the rule that makes them, so no path is claimed by two rules.
"""

from collections.abc import Iterator
from typing import Protocol

from wkflow.datasource import PROPERTIES
from wkflow.job_resources import JobResources
from wkflow.layer import Grid, Place, shard_bytes
from wkflow.layer_plan import START_BYTES
from wkflow.plan import EXTENDED, LayerPlan, Plan, digest

EXTENDED_HERE, EXTENDED_THERE = EXTENDED

MIB = 2**20
VOXEL_BYTES_PER_MINUTE = 2**30
"""A slow disk and one slow core: the time limit that clusters are told is a bound, no guess."""

READ_FOR_ONE = 4
"""Bytes that a downsampling job reads for each that it writes: up to eight, and half of them
from the file cache."""

THREAD_BYTES = 2**27
"""Voxels that a thread converts in about a second."""

CLUSTER_THREADS = 4
"""Cores for which jobs are shaped on a cluster, whatever its nodes have."""

SENDING_MIB = 100

ENGINE_MIB = 400
"""What Snakemake takes beside a job on a compute node: it is started there twice."""


class Wildcards(Protocol):
    """What Snakemake hands to input functions; which of them a rule has is in its pattern."""

    layer: str
    mag: str
    slab: str
    block: str


class Joints:
    """Answers for the rules of one plan; `cores` as Snakemake was given them, None on a cluster.

    `sends` says that each slab is sent when it is made; `given` is what a cluster's jobs get, and
    `sends_there` that those that send are among them.
    """

    def __init__(
        self,
        plan: Plan,
        cores: int | None,
        *,
        sends: bool = False,
        given: JobResources | None = None,
        sends_there: bool = False,
    ) -> None:
        self.plan, self.cores, self._sends = plan, cores or CLUSTER_THREADS, sends
        self._given, self._is_on_cluster = given or JobResources(), cores is None
        self._sends_there = self._is_on_cluster and sends_there

    @property
    def properties(self) -> str:
        """The file that makes the target a dataset."""
        return f"{self.plan.dataset}/{PROPERTIES}"

    def receipts(self, _: object = None) -> list[str]:
        """List the receipts of all jobs that write voxels.

        Asked by the few jobs that need them: a list would be made wherever the rules are read.
        """
        return [f"receipts/{job}.json" for job, _ in self.plan.jobs()]

    @property
    def extensions(self) -> list[str]:
        """What says that the new mags of a dataset which exists are part of it."""
        if not (self.plan.extends and self.plan.layers):
            return []
        return [EXTENDED_THERE if self.plan.destination else EXTENDED_HERE]

    def mag_receipts(self, wildcards: Wildcards) -> list[str]:
        """List the receipts of the jobs that write a mag."""
        one = self._layer(wildcards)
        grid = next(grid for grid in one.made if str(grid.mag) == wildcards.mag)
        if not one.is_big(grid):
            return [f"receipts/downsample_rest/{one.layer.name}.json"]
        folder = f"receipts/downsample_block/{one.layer.name}/{grid.mag}"
        return [f"{folder}/{block}.json" for block in one.blocks(grid)]

    @property
    def mags_sent(self) -> list[str]:
        """List the receipts of all mags that were sent."""
        return [
            f"receipts/upload_mag/{one.layer.name}/{grid.mag}.json"
            for one in self.plan.layers
            for grid in one.made
        ]

    @property
    def layouts(self) -> list[str]:
        """The receipts of all layers' empty arrays."""
        return [f"receipts/create_layer/{one.layer.name}.json" for one in self.plan.layers]

    def properties_recipe(self, _: object = None) -> str:
        """Digest what the properties depend on besides the receipts."""
        layers = [(one.layer.name, one.layer.category) for one in self.plan.layers]
        return digest(self.plan.name, self.plan.voxel_size, self.plan.unit, layers, self.receipts())

    def layout_recipe(self, wildcards: Wildcards) -> str:
        """Digest what the empty arrays depend on."""
        return self.plan.layout_recipe(wildcards.layer)

    def slices(self, wildcards: Wildcards) -> list[str]:
        """List the image files of a slab.

        Snakemake takes braces for wildcards, and fetches URLs by itself; such a file is watched
        by the slab's recipe alone, which holds size and time of every file anyway.
        """
        one = self._layer(wildcards)
        files, _ = one.slab_sources(one.slab(wildcards.slab))
        return [file for file in files if not ({"{", "}"} & set(file) or "://" in file)]

    def slab_recipe(self, wildcards: Wildcards) -> str:
        """Digest what the voxels of a slab depend on."""
        one = self._layer(wildcards)
        return one.slab_recipe(one.slab(wildcards.slab))

    def slab_threads(self, wildcards: Wildcards) -> int:
        """Give the cores of one slab, so that all slabs together keep all cores busy.

        Where slabs are sent, the first one should not wait for others: large ones get more cores.
        """
        if self._given.cpus:
            return self._given.cpus
        slabs = sum(one.slab_count for one in self.plan.layers)
        shared = max(1, self.cores // slabs)
        if not self._sends:
            return shared
        one = self._layer(wildcards)
        return min(self.cores, max(shared, self._slab_bytes(one) // THREAD_BYTES))

    def slab_mem_mb(self, wildcards: Wildcards, attempt: int = 1) -> int:
        """Give the memory of a slab's job, in MiB; with each attempt more."""
        threads = self.slab_threads(wildcards)
        return self._mem_mb(self._layer(wildcards).slab_memory(threads), attempt)

    def slab_minutes(self, wildcards: Wildcards, attempt: int = 1) -> int:
        """Give the time limit of a slab's job; with each attempt more."""
        one = self._layer(wildcards)
        return self._minutes(10 + self._slab_bytes(one) // VOXEL_BYTES_PER_MINUTE, attempt)

    def block_feeders(self, wildcards: Wildcards) -> list[str]:
        """List the receipts of what lies below a block."""
        one = self._layer(wildcards)
        step = one.step_to(wildcards.mag)
        return self._feeders(one, step, one.block_shards(step[1], wildcards.block))

    def block_recipe(self, wildcards: Wildcards) -> str:
        """Digest what a block depends on besides its feeders."""
        one = self._layer(wildcards)
        step = one.step_to(wildcards.mag)
        return one.block_recipe(*step, one.block_shards(step[1], wildcards.block))

    def block_threads(self, _: Wildcards) -> int:
        """Give the cores of one block: most mags have more blocks than there are cores."""
        return self._given.cpus or max(1, self.cores // 4)

    def rest_feeders(self, wildcards: Wildcards) -> list[str]:
        """List the receipts of what lies below the small mags."""
        one = self._layer(wildcards)
        step = one.rest_steps()[0]
        return self._feeders(one, step, one.all_shards(step[1]))

    def rest_recipe(self, wildcards: Wildcards) -> str:
        """Digest what the small mags depend on besides their feeders."""
        return self._layer(wildcards).rest_recipe()

    def rest_threads(self, _: Wildcards) -> int:
        """Give the cores of the small mags of a layer: there is one such job for each."""
        return self._given.cpus or max(1, self.cores // len(self.plan.layers))

    def downsample_mem_mb(self, _: Wildcards, attempt: int = 1) -> int:
        """Give the memory of a downsampling job, in MiB: only rows are in flight."""
        return self._mem_mb(2 * START_BYTES, attempt)

    def block_minutes(self, wildcards: Wildcards, attempt: int = 1) -> int:
        """Give the time limit of a block's job; with each attempt more."""
        one = self._layer(wildcards)
        largest = max(one.block_bytes, shard_bytes(one.layer, one.step_to(wildcards.mag)[1]))
        return self._downsample_minutes(largest, attempt)

    def rest_minutes(self, wildcards: Wildcards, attempt: int = 1) -> int:
        """Give the time limit of the job of all small mags; with each attempt more."""
        return self._downsample_minutes(2 * self._layer(wildcards).block_bytes, attempt)

    def _downsample_minutes(self, written: int, attempt: int) -> int:
        return self._minutes(10 + READ_FOR_ONE * written // VOXEL_BYTES_PER_MINUTE, attempt)

    @property
    def sending_threads(self) -> int:
        """Give the cores of a job that sends: here it takes none from those that compute."""
        return int(self._sends_there)

    @property
    def sending_mem_mb(self) -> int:
        """Give the memory of a job that sends, in MiB."""
        return SENDING_MIB + (ENGINE_MIB if self._sends_there else 0)

    def _mem_mb(self, needed: int, attempt: int) -> int:
        """Give what was told of all jobs, else what one needs; twice as much with each try."""
        beside = ENGINE_MIB if self._is_on_cluster else 0
        mebibytes = self._given.mem_mb or needed // MIB + beside
        return mebibytes << (attempt - 1)

    def _minutes(self, needed: int, attempt: int) -> int:
        return (self._given.minutes or needed) << (attempt - 1)

    def feeders(self) -> dict[str, list[str]]:
        """Give for each job that writes voxels the jobs whose voxels it reads, fine mags first."""
        feeders: dict[str, list[str]] = {job: [] for job, _ in self.plan.jobs()}
        for one in self.plan.layers:
            for job, step, places in _reductions(one):
                feeders[job] = [_job(receipt) for receipt in self._feeders(one, step, places)]
        return feeders

    def consumers(self) -> dict[str, list[str]]:
        """Give for each job that writes voxels the jobs that read them."""
        feeders = self.feeders()
        consumers: dict[str, list[str]] = {job: [] for job in feeders}
        for job, below in feeders.items():
            for feeder in below:
                consumers[feeder].append(job)
        return consumers

    def _layer(self, wildcards: Wildcards) -> LayerPlan:
        return self.plan.layer(wildcards.layer)

    @staticmethod
    def _slab_bytes(one: LayerPlan) -> int:
        x, y, z = one.layer.size
        frames = min(one.slab_frames, one.layer.frames)
        return x * y * min(one.slab_depth, z) * frames * one.layer.voxel_bytes

    def _feeders(self, one: LayerPlan, step: tuple[Grid, Grid], places: list[Place]) -> list[str]:
        finer, coarser = step
        name = one.layer.name
        boxes = [(frame, one.source_box(finer, coarser, position)) for frame, position in places]
        if finer == one.grids[0]:
            if one.given:
                return []
            slabs = {slab for place in boxes for slab in one.feeding_slabs(*place)}
            return [f"receipts/convert_slab/{name}/{slab}.json" for slab in sorted(slabs)]
        blocks = {block for place in boxes for block in one.feeding_blocks(finer, *place)}
        folder = f"receipts/downsample_block/{name}/{finer.mag}"
        return [f"{folder}/{block}.json" for block in sorted(blocks)]


def _reductions(
    one: LayerPlan,
) -> Iterator[tuple[str, tuple[Grid, Grid], list[Place]]]:
    """Give each downsampling job of a layer, its first step, and the shards that it makes there."""
    name = one.layer.name
    for step in one.big_steps():
        for block in one.blocks(step[1]):
            places = one.block_shards(step[1], block)
            yield f"downsample_block/{name}/{step[1].mag}/{block}", step, places
    for step in one.rest_steps()[:1]:
        yield f"downsample_rest/{name}", step, one.all_shards(step[1])


def _job(receipt: str) -> str:
    return receipt.removeprefix("receipts/").removesuffix(".json")
