"""Whether this machine can convert: Python, disk, memory, open files, a cluster."""

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from wkflow.inspection.check import Check
from wkflow.model.layer import START_BYTES
from wkflow.model.units import shown_bytes
from wkflow.process_limits import available_cores, most_open_files

LEAST_OPEN_FILES = 256
"""Shards that are written side by side, sources, and what Python needs."""

SLURM_COMMANDS = ("sbatch", "sinfo", "squeue", "scancel")


def check_machine(folder: Path) -> Iterator[Check]:
    """Check all that does not depend on packages; `folder` is where data would go."""
    yield _check_python()
    yield _check_disk(folder)
    yield _check_memory()
    yield _check_open_files()
    yield _check_slurm()


def _check_python() -> Check:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    found += f", {available_cores()} cores, {sys.executable}"
    if " " not in sys.executable:
        return Check("python", "ok", found)
    return Check(
        "python", "fault", f"{found}: Snakemake cannot start scripts below a path with a blank",
        "Make the virtual environment in a folder without blanks in its path.", 2,
    )  # fmt: skip


def _check_disk(folder: Path) -> Check:
    usage = shutil.disk_usage(folder)
    found = f"{shown_bytes(usage.free)} of {shown_bytes(usage.total)} free in {folder}"
    if not usage.free:
        return Check("disk", "fault", found, "Free some, or work elsewhere.", 2)
    if not os.access(folder, os.W_OK):
        return Check("disk", "absent", f"{found}, which is read-only", "Work in another folder.")
    return Check("disk", "ok", found)


def _check_memory() -> Check:
    memory = psutil.virtual_memory()
    found = f"{shown_bytes(memory.available)} of {shown_bytes(memory.total)} free"
    if memory.available < START_BYTES:
        advice = f"End other programs: one job takes {shown_bytes(START_BYTES)} at least."
        return Check("memory", "fault", found, advice, 2)
    return Check("memory", "ok", found)


def _check_open_files() -> Check:
    most = most_open_files()
    found = f"{'any number' if most is None else most} at once"
    if most is None or most >= LEAST_OPEN_FILES:
        return Check("open files", "ok", found)
    return Check(
        "open files",
        "fault",
        found,
        f"Raise the limit to {LEAST_OPEN_FILES} or more: ulimit -n.",
        2,
    )


def _check_slurm() -> Check:
    missing = [name for name in SLURM_COMMANDS if not shutil.which(name)]
    if not missing:
        return Check("SLURM", "ok", f"{shutil.which('sbatch')}")
    return Check(
        "SLURM", "absent", f"{', '.join(missing)} not in PATH",
        "Only for --distribution-strategy slurm: give commands on a login node of the cluster.",
    )  # fmt: skip
