"""What of a dataset is not whole, after a run that failed: said in a line."""

from contextlib import suppress

from wkflow.errors import ConfigError
from wkflow.model.claim import new_of, place_of
from wkflow.model.plan import Plan
from wkflow.model.voxel_job import VoxelJob
from wkflow.model.write_datasource import PROPERTIES
from wkflow.options.settings import Settings
from wkflow.planning.target_state import is_filled
from wkflow.run_folder import DRAFT, RunFolder

HEALS = "the same command goes on"


def unfinished(settings: Settings) -> str | None:
    """Say what of the target is not whole; None where all is as it was, or nothing is there."""
    if not settings.kind.converts or settings.target is None:
        return None
    if settings.kind.merges:
        if not is_filled(settings.dataset):
            return None
        return f"{settings.place} is as it was: {_open_jobs(settings)}; {HEALS}"
    dataset, folder = settings.dataset, settings.run_folder
    place = place_of(dataset, folder)
    if place != dataset and place.is_dir():
        return (
            f"{dataset} is as it was; what replaces it is being built in {new_of(dataset)}: "
            f"{_open_jobs(settings)}; {HEALS}"
        )
    if not is_filled(dataset) or (dataset / PROPERTIES).exists():
        return None
    return f"{dataset} is not whole: {_open_jobs(settings)}; {HEALS}"


def _open_jobs(settings: Settings) -> str:
    """Count the jobs without a receipt, by layer."""
    folder = settings.run_folder
    with suppress(OSError, ConfigError):
        plan = Plan.read(folder / DRAFT)
        jobs = [job for job, _ in plan.jobs()]
        left = [job for job in jobs if not RunFolder(folder).receipt(job).exists()]
        layers = ", ".join(dict.fromkeys(VoxelJob.parse(job).layer for job in left))
        if left:
            return f"{len(left)} of {len(jobs)} jobs of layer {layers} are not done"
    return "its metadata is not written"
