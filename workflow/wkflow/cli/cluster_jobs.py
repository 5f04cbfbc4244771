"""Jobs on SLURM that a run leaves behind when it ends before they do."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wkflow.options.settings import Settings
from wkflow.rules.clusters import slurm
from wkflow.rules.clusters.slurm_silence import outlast_silence
from wkflow.run_folder import CLUSTER


@contextmanager
def cancelling_jobs(settings: Settings) -> Iterator[None]:
    """Cancel the jobs of a cluster when the run ends before they do."""
    try:
        yield
    except BaseException:
        if settings.distribution_strategy.startswith("slurm"):
            _cancel_jobs(settings.run_folder)
        raise


def cancel_jobs_of_before(settings: Settings) -> None:
    """End what a killed run left on SLURM, also where this one does without."""
    state = settings.run_folder / CLUSTER
    was_there = state.exists() and shutil.which("squeue")
    if was_there or settings.distribution_strategy.startswith("slurm"):
        outlast_silence(lambda: _cancel_jobs(settings.run_folder), _tell)
    state.unlink(missing_ok=True)


def _cancel_jobs(folder: Path) -> None:
    """End what a run left on SLURM."""
    count = slurm.cancel(slurm.name_of(folder))
    if count:
        print(f"wkflow: {count} jobs on SLURM were cancelled", file=sys.stderr)


def _tell(words: str) -> None:
    print(f"wkflow: {words}; waiting", file=sys.stderr)
