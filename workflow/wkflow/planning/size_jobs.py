"""Jobs of a large dataset are larger, so that they stay few: each costs the scheduler time."""

from collections.abc import Sequence
from dataclasses import replace

from wkflow.model.layer_plan import LayerPlan
from wkflow.options.settings import Settings

BATCH = 4
"""How many jobs of others one of `slurm+batching` is."""

MOST_JOBS = 6000
"""That write voxels, in all layers. Where each is sent and removed, a run has thrice as many."""

LEAST_PER_LAYER = 2
"""However large they are: a slab, and one for all mags above it."""


def shape_jobs(settings: Settings, layers: Sequence[LayerPlan]) -> tuple[LayerPlan, ...]:
    """Give layers whose jobs are as large as is told, else as large as they should be."""
    if settings.job_size:
        return tuple(layers)
    return widen_jobs(layers, BATCH if settings.distribution_strategy == "slurm+batching" else 1)


def widen_jobs(layers: Sequence[LayerPlan], times: int = 1) -> tuple[LayerPlan, ...]:
    """Make the jobs of all layers so many times as large, then double them until they are few.

    In steps of two, so that appended slices mostly leave slabs as they are: what a job does is
    part of its name.
    """
    wide = tuple(replace(one, job_bytes=times * one.job_bytes) for one in layers)
    while sum(one.job_count for one in wide) > max(MOST_JOBS, LEAST_PER_LAYER * len(wide)):
        wide = tuple(replace(one, job_bytes=2 * one.job_bytes) for one in wide)
    return wide
