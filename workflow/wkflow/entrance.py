"""What the Snakefile does before its rules: options in, plan out, whichever door was taken."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from snakemake.exceptions import WorkflowError

from wkflow.errors import ConfigError, WkflowError
from wkflow.job import NOTE, leave_note
from wkflow.plan import DRAFT, Plan
from wkflow.settings import Settings
from wkflow.shipped import import_root
from wkflow.steps.check_room import check_room
from wkflow.steps.draw_plan import draw_plan
from wkflow.steps.make_sample import make_sample, sample_options

ALLOCATOR = {
    "MALLOC_TOP_PAD_": str(64 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(256 * 2**20),
    "MALLOC_MMAP_THRESHOLD_": str(64 * 2**20),
}
"""For glibc: keep freed memory for the next chunk instead of faulting its pages in again."""

ENTRANCE = f"logs/entrance{NOTE}"
"""The failure note for what goes wrong before there are jobs, in the run folder."""


def enter(config: Mapping[str, object]) -> tuple[Settings, Plan]:
    """Read the options and draw the plan; without any source make a small sample.

    Raises
    ------
    WorkflowError
        In place of our own errors: Snakemake shows it without a traceback.
    """
    _prepare_jobs()
    run_folder: Path | None = None
    try:
        given = {key: value for key, value in config.items() if value is not None}
        if not given.keys() & {"source", "target", "voxel_size"}:
            given |= sample_options(Path.cwd())
            make_sample(Path.cwd())
        settings = Settings.parse(given, where="config")
        run_folder = settings.run_folder
        (run_folder / ENTRANCE).unlink(missing_ok=True)
        plan = draw_plan(settings)
        check_room(plan, settings)
        _keep(plan, run_folder / DRAFT)
    except WkflowError as error:
        if run_folder:
            leave_note(run_folder / ENTRANCE, error)
        raise WorkflowError(str(error)) from None
    return settings, plan


def _prepare_jobs() -> None:
    """Set what the scripts of jobs inherit."""
    os.environ.update(ALLOCATOR)
    if root := import_root():
        others = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        os.environ["PYTHONPATH"] = os.pathsep.join([str(root), *filter(None, others)])


def _keep(plan: Plan, path: Path) -> None:
    """Write the draft if it is another than the last one: its time stamp means something."""
    with suppress(OSError, ConfigError):
        if Plan.read(path) == plan:
            return
    plan.write(path)
