"""What the Snakefile does before its rules: options in, plan out, whichever door was taken."""

from collections.abc import Mapping
from pathlib import Path

from snakemake.exceptions import WorkflowError

from wkflow.errors import WkflowError
from wkflow.job import NOTE, leave_note
from wkflow.plan import Plan
from wkflow.settings import Settings
from wkflow.steps.check_room import check_room
from wkflow.steps.draw_plan import draw_plan
from wkflow.steps.make_sample import make_sample, sample_options

ENTRANCE = f"logs/entrance{NOTE}"
"""The failure note for what goes wrong before there are jobs, in the run folder."""


def enter(config: Mapping[str, object]) -> tuple[Settings, Plan]:
    """Read the options and draw the plan; without any source make a small sample.

    Raises
    ------
    WorkflowError
        In place of our own errors: Snakemake shows it without a traceback.
    """
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
    except WkflowError as error:
        if run_folder:
            leave_note(run_folder / ENTRANCE, error)
        raise WorkflowError(str(error)) from None
    return settings, plan
