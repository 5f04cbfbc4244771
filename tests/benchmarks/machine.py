"""The machine, the programs and the day of a measurement, in a few lines."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

GIB = 2**30


def machine() -> str:
    """Say what was measured, on what, and when."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / GIB
    system = f"{platform.system()} {platform.release()}"
    versions = [f"{name} {version(name)}" for name in ("numpy", "snakemake", "zstandard")]
    rows = [
        f"{datetime.now(UTC):%Y-%m-%d}, commit {_commit()}",
        f"{cores} cores of {_processor()}, {memory:.0f} GiB, {system}",
        ", ".join([f"Python {platform.python_version()}", *versions]),
    ]
    return "\n".join(rows)


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=7"]
    folder = Path(__file__).parent
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()
