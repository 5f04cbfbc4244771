"""Is there enough memory and disk? Asked before the first voxel is read."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import psutil

from wkflow.errors import ConfigError, ResourceError, UnansweredError
from wkflow.model.forecast import Forecast, forecast
from wkflow.model.plan import Plan
from wkflow.model.units import shown_bytes
from wkflow.options.settings import Settings
from wkflow.planning.target_state import TargetState
from wkflow.run_folder import RunFolder
from wkflow.voxels.scratch_mag import shortcut_bytes

AGREED = "WKFLOW_AGREED"
"""In the environment: the dataset that a person at the terminal allowed to be removed first."""

MEMORY_SHARE = 0.8
"""Of the free memory: the rest is left to the file cache and to others."""

CLUSTER_JOB_BYTES = 8 * 2**30
"""For which a job of a cluster is planned: two cores' share of most nodes. It asks for less."""

LEAST_TOLD_BYTES = 2**30
"""Less than that is a word to the scheduler, and no size to plan with."""


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes: what the dataset needs uncompressed and probably, and what there is."""

    raw: int
    expected: int
    disk_free: int
    memory: int
    memory_per_job: int


def memory_budget(settings: Settings) -> int:
    """Bytes of memory that all jobs together may use; on a cluster each of them."""
    if settings.memory:
        return settings.memory
    if settings.is_on_cluster:
        told = (settings.resources.mem_mb or 0) * 2**20
        return told if told > LEAST_TOLD_BYTES else CLUSTER_JOB_BYTES
    return int(MEMORY_SHARE * psutil.virtual_memory().available)


def forecast_of(plan: Plan, settings: Settings) -> Forecast:
    """Say what a run will make and need."""
    beside = sum(shortcut_bytes(one) for one in plan.layers)
    return forecast(plan, beside=beside, compresses=settings.compress, passes=settings.passes)


def measure_room(plan: Plan, settings: Settings) -> Room:
    """Add up what the plan needs; what is already written counts as free.

    Raises
    ------
    ConfigError
        If the target is on no real disk, as below /proc.
    """
    needed = forecast_of(plan, settings)
    place = _place(plan, settings)
    disk = shutil.disk_usage(_existing(place))
    if not disk.total:
        raise ConfigError(
            "this file system holds no files of users", str(place), "Choose another target."
        )
    return Room(
        needed.raw,
        needed.disk,
        disk.free + _written(plan, settings, place),
        memory_budget(settings),
        needed.memory_per_job,
    )


def check_room(plan: Plan, settings: Settings) -> None:
    """Refuse a run that cannot end.

    Raises
    ------
    ResourceError
        If a job needs more memory than there is, or the dataset more disk.
    UnansweredError
        If the disk suffices only without the old dataset, and nobody has agreed.
    """
    room = measure_room(plan, settings)
    is_told = not settings.is_on_cluster or settings.memory  # else a cluster's nodes decide
    if is_told and room.memory_per_job > room.memory:
        raise ResourceError(
            f"a job needs {_gib(room.memory_per_job)} of memory, {_gib(room.memory)} may be used",
            "memory",
            "Give --memory more, or a flatter --shard-shape (4096,4096,16) with --chunk-shape.",
        )
    if room.expected <= room.disk_free:
        return
    needed, free = shown_bytes(room.expected), shown_bytes(room.disk_free)
    state = TargetState.of(settings) if _has_target(plan, settings) else None
    old = _size([state.dataset]) if state and state.begins_anew else 0
    if not old or room.expected > room.disk_free + old:
        raise ResourceError(
            f"the dataset needs about {needed}, {free} are free",
            plan.dataset,
            "Free space there, or choose a target on another disk.",
        )
    if not (settings.assume_yes or os.environ.get(AGREED) == plan.dataset):
        raise UnansweredError(
            f"the new dataset needs about {needed}, and {free} are free: the old one, "
            f"{shown_bytes(old)}, would be removed before the new one is whole",
            plan.dataset,
            "Free space there, or let --yes remove it first.",
        )


def folder_of_disk(plan: Plan, settings: Settings) -> Path:
    """Give a folder that is there, on the disk that the dataset is written to."""
    return _existing(_place(plan, settings))


def written_bytes(plan: Plan, settings: Settings) -> int:
    """Count what an earlier run of this folder wrote; what it wrote is not needed twice."""
    return _written(plan, settings, _place(plan, settings))


def fits_beside(plan: Plan, settings: Settings) -> bool:
    """Whether the disk holds the dataset beside the one that it is to replace."""
    room = measure_room(plan, settings)
    return room.expected <= room.disk_free


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _has_target(plan: Plan, settings: Settings) -> bool:
    return settings.target is not None and not plan.extends


def _place(plan: Plan, settings: Settings) -> Path:
    """Give the folder that jobs will write."""
    is_own = _has_target(plan, settings)
    return TargetState.of(settings).place if is_own else Path(plan.dataset)


def _written(plan: Plan, settings: Settings, place: Path) -> int:
    """Bytes that an earlier run of this folder wrote; what it wrote is not needed twice."""
    if not RunFolder(settings.run_folder).receipts.is_dir():
        return 0
    folders = [place / one.layer.path for one in plan.layers]
    if plan.extends:
        folders = [place / one.layer.path / grid.name for one in plan.layers for grid in one.made]
    return _size(folders)


def _size(folders: list[Path]) -> int:
    files = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    return sum(file.stat().st_size for file in files)


def _gib(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.3g} MiB"
