"""Cores and memory that datasets of a batch share: small ones side by side, large ones have all.

A dataset gets a core for every so many bytes of its source. The largest begin first; those that
fit into what is left begin beside them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from wkflow.model.run_kind import RunKind
from wkflow.options.settings import Settings
from wkflow.planning.check_resources import memory_budget
from wkflow.process_limits import available_cores

BYTES_PER_CORE = 64 * 2**20
"""Of a source: less is converted before a second core is of use."""

HEADS_ON_CLUSTER = 16
"""Runs at once where nodes do the work: each is a Snakemake on this machine."""

CLUSTER_JOBS = 100
"""Jobs of a cluster at once, unless somebody says how many."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one dataset gets of the machine: cores (on a cluster, jobs at once) and bytes."""

    cores: int
    memory: int


@dataclass(slots=True)
class Pool:
    """`cores` and `memory` (bytes) of all datasets; `free` are the cores that nobody has."""

    cores: int
    memory: int
    heads: int | None = None
    free: int = 0

    def __post_init__(self) -> None:
        self.free = self.cores

    def share_of(self, size: int, *, is_alone: bool = False) -> Share:
        """Say what a dataset gets whose source has so many bytes; `is_alone` gives it all.

        >>> Pool(4, 1000).share_of(2 * BYTES_PER_CORE)
        Share(cores=2, memory=500)
        """
        if is_alone:
            return Share(self.cores, self.memory)
        if self.heads:
            cores = max(1, self.cores // self.heads)
        else:
            cores = max(1, min(self.cores, ceil(size / BYTES_PER_CORE)))
        return Share(cores, self.memory * cores // self.cores)

    def next_of(self, shares: Sequence[Share]) -> int | None:
        """Choose which of those that wait begins now: the first that fits, if any does.

        >>> Pool(2, 0).next_of([Share(2, 0), Share(1, 0)])
        0
        """
        return next((at for at, one in enumerate(shares) if one.cores <= self.free), None)

    def take(self, share: Share) -> None:
        self.free -= share.cores

    def give_back(self, share: Share) -> None:
        self.free += share.cores


def pool_for(rows: Iterable[Settings]) -> Pool:
    """Say what all datasets share; the options for it are the same in all that are computed."""
    settings = max(rows, key=lambda one: one.kind is not RunKind.UPLOAD)
    if settings.is_on_cluster:
        return Pool(settings.jobs or CLUSTER_JOBS, memory_budget(settings), HEADS_ON_CLUSTER)
    is_one = settings.distribution_strategy == "sequential"
    cores = 1 if is_one else settings.jobs or available_cores()
    return Pool(cores, memory_budget(settings))
