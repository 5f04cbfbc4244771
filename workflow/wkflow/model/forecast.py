"""What a run will read, make and need, known before it begins.

The dry run tells it, the room there is is held against it, and the report shows it beside what
came. There is no forecast of time: it depends on disk, network and codec far more than on the plan.
"""

from dataclasses import dataclass

from wkflow.model.layer_plan import FEWEST_THREADS
from wkflow.model.plan import LayerPlan, Plan

EXPECTED_SHARE = {"color": 0.7, "segmentation": 0.02}
"""Compressed size over voxels, low: noisy 8-bit images came to 0.76, labels to 0.01 to 0.1."""

IN_FLIGHT = 8
"""Jobs whose shards are on the disk at once, where they go when they are sent: at least."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Counts of jobs, voxels and shard files, else bytes.

    `source` are the files of the source, 0 where their size is not known; `raw` is the dataset
    uncompressed, `disk` about what has to be free on the disk, `memory_per_job` what the largest
    job takes.
    """

    source: int
    jobs: int
    voxels: int
    files: int
    raw: int
    disk: int
    memory_per_job: int


def forecast(plan: Plan, *, beside: int, compresses: bool, passes: bool) -> Forecast:
    """Add up what a plan needs.

    Parameters
    ----------
    plan
        What is to be made.
    beside
        Bytes of disk that shortcuts between mags take for a while.
    compresses
        Whether chunks are compressed.
    passes
        Whether shards leave the disk when they are sent.
    """
    jobs = [voxels for _, voxels in plan.jobs()]
    sizes: dict[str, int] = {}
    raw, disk = 0, float(beside)
    for one in plan.layers:
        sizes |= {
            file: size for file, (size, _) in zip(one.source.files, one.source.marks, strict=True)
        }
        made = _raw_bytes(one)
        stays = min(made, IN_FLIGHT * one.job_bytes) if passes else made
        share = EXPECTED_SHARE.get(one.layer.category, 1.0) if compresses else 1.0
        raw += made
        disk += share * stays + one.feed.scratch_bytes
    memory = max((one.slab_memory(FEWEST_THREADS) for one in plan.layers), default=0)
    return Forecast(
        sum(sizes.values()), len(jobs), sum(jobs), plan.file_count, raw, int(disk), memory
    )


def _raw_bytes(one: LayerPlan) -> int:
    voxels = sum(grid.box.voxels for grid in one.made) * one.layer.frames
    return voxels * one.layer.voxel_bytes
