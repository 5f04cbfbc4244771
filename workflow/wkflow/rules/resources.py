"""What each job gets: cores, memory and time, from the plan or as a cluster was told.

They depend on the plan and the options alone where jobs run on a cluster: a node that reads the
rules again comes to the same numbers, whatever it has.
"""

from wkflow.model.layer import START_BYTES, shard_bytes
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.plan import Plan
from wkflow.options.cluster_resources import JobResources
from wkflow.rules.inputs import Wildcards

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

SENDERS = 8
"""Jobs that send from the machine of the command for all nodes of a cluster."""

SENDING_MIB = 100

ENGINE_MIB = 400
"""What Snakemake takes beside a job on a compute node: it is started there twice."""


class RuleResources:
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
        self._plan, self.cores, self._sends = plan, cores or CLUSTER_THREADS, sends
        self._given, self._is_on_cluster = given or JobResources(), cores is None
        self._sends_there = self._is_on_cluster and sends_there

    def slab_threads(self, wildcards: Wildcards) -> int:
        """Give the cores of one slab, so that all slabs together keep all cores busy.

        Where slabs are sent, the first one should not wait for others: large ones get more cores.
        """
        if self._given.cpus:
            return self._given.cpus
        slabs = sum(one.slab_count for one in self._plan.layers)
        shared = max(1, self.cores // slabs)
        size = self._slab_bytes(self._plan.layer(wildcards.layer))
        if self._sends:
            shared = min(self.cores, max(shared, size // THREAD_BYTES))
        return self._of_use(shared, size)

    def block_threads(self, _: Wildcards) -> int:
        """Give the cores of one block: most mags have more blocks than there are cores."""
        return self._given.cpus or max(1, self.cores // 4)

    def rest_threads(self, wildcards: Wildcards) -> int:
        """Give the cores of the small mags of a layer: there is one such job for each."""
        if self._given.cpus:
            return self._given.cpus
        one = self._plan.layer(wildcards.layer)
        size = one.box.voxels * one.layer.frames * one.layer.voxel_bytes
        return self._of_use(max(1, self.cores // len(self._plan.layers)), size)

    def manifest_threads(self, _: Wildcards) -> int:
        """Give the cores of the job that reads all files: nothing else is at work then."""
        return self._given.cpus or self.cores

    @property
    def sending_threads(self) -> int:
        """Give the cores of a job that sends: here it takes none from those that compute."""
        return int(self._sends_there)

    def slab_mem_mb(self, wildcards: Wildcards, attempt: int = 1) -> int:
        """Give the memory of a slab's job, in MiB; with each attempt more."""
        threads = self.slab_threads(wildcards)
        return self._mem_mb(self._plan.layer(wildcards.layer).slab_memory(threads), attempt)

    def block_mem_mb(self, _: Wildcards, attempt: int = 1) -> int:
        """Give the memory of a block's job, in MiB: only rows are in flight."""
        return self._mem_mb(2 * START_BYTES, attempt)

    def rest_mem_mb(self, wildcards: Wildcards, attempt: int = 1) -> int:
        """Give the memory of the small mags' job, in MiB: some of them stay in it for a while."""
        kept = self._plan.layer(wildcards.layer).kept_bytes
        return self._mem_mb(2 * START_BYTES + kept, attempt)

    def limits(self, in_flight: int) -> dict[str, int]:
        """Give what limits jobs besides cores: those `in_flight` make or send voxels at once.

        `senders` of them may be sending.
        """
        return {"in_flight": in_flight, "senders": self.senders(in_flight)}

    @property
    def sending(self) -> dict[str, int]:
        """Give what a job that sends takes."""
        return {"mem_mb": self.sending_mem_mb, "in_flight": 1, "senders": 1}

    def senders(self, in_flight: int) -> int:
        """Say how many jobs may send at once, of so many that may make or send voxels."""
        are_for_others = self._is_on_cluster and not self._sends_there
        return min(in_flight, SENDERS) if are_for_others else in_flight

    @property
    def sending_mem_mb(self) -> int:
        """Give the memory of a job that sends, in MiB."""
        return SENDING_MIB + (ENGINE_MIB if self._sends_there else 0)

    def slab_minutes(self, wildcards: Wildcards, attempt: int = 1) -> int:
        """Give the time limit of a slab's job; with each attempt more."""
        one = self._plan.layer(wildcards.layer)
        return self._minutes(10 + self._slab_bytes(one) // VOXEL_BYTES_PER_MINUTE, attempt)

    def block_minutes(self, wildcards: Wildcards, attempt: int = 1) -> int:
        """Give the time limit of a block's job; with each attempt more."""
        one = self._plan.layer(wildcards.layer)
        largest = max(one.block_bytes, shard_bytes(one.layer, one.step_to(wildcards.mag)[1]))
        return self._downsample_minutes(largest, attempt)

    def rest_minutes(self, wildcards: Wildcards, attempt: int = 1) -> int:
        """Give the time limit of the job of all small mags; with each attempt more."""
        return self._downsample_minutes(2 * self._plan.layer(wildcards.layer).block_bytes, attempt)

    def manifest_minutes(self, _: Wildcards, attempt: int = 1) -> int:
        """Give the time limit of the job that reads all files; with each attempt more."""
        voxels = sum(count for _, count in self._plan.jobs())
        most = max((one.layer.voxel_bytes for one in self._plan.layers), default=0)
        return self._minutes(10 + voxels * most // VOXEL_BYTES_PER_MINUTE, attempt)

    def _of_use(self, threads: int, size: int) -> int:
        """Take no core of a cluster with which a job is not done sooner: others wait for it."""
        return min(threads, -(-size // THREAD_BYTES)) if self._is_on_cluster else threads

    def _mem_mb(self, needed: int, attempt: int) -> int:
        """Give what was told of all jobs, else what one needs; twice as much with each try."""
        beside = ENGINE_MIB if self._is_on_cluster else 0
        mebibytes = self._given.mem_mb or needed // MIB + beside
        return mebibytes << (attempt - 1)

    def _downsample_minutes(self, written: int, attempt: int) -> int:
        return self._minutes(10 + READ_FOR_ONE * written // VOXEL_BYTES_PER_MINUTE, attempt)

    def _minutes(self, needed: int, attempt: int) -> int:
        return (self._given.minutes or needed) << (attempt - 1)

    @staticmethod
    def _slab_bytes(one: LayerPlan) -> int:
        x, y, z = one.box.size
        frames = min(one.slab_frames, one.layer.frames)
        return x * y * min(one.slab_depth, z) * frames * one.layer.voxel_bytes
