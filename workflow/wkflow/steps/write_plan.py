"""Keep the plan, and clear what the option allows to clear."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from wkflow import durable
from wkflow.datasource import retract
from wkflow.errors import ConfigError
from wkflow.plan import CLAIM, PLAN, Plan


def write_plan(draft: Path, path: Path) -> None:
    """Keep the draft as the plan."""
    Plan.read(draft).write(path)


def claim(plan: Plan, run_folder: Path) -> None:
    """Make the target this run folder's; what others made is cleared, if the option allows it.

    Called once, before the first job starts. Where nothing is converted, nothing is touched, and a
    dataset that is extended stays its owner's.
    """
    if not plan.layers or plan.extends:
        return
    if (run_folder / CLAIM).exists():
        _drop_layers(plan, run_folder / PLAN)
        return
    if plan.overwrite:
        _clear(Path(plan.dataset))
    durable.write_json(run_folder / CLAIM, plan.dataset)


def _drop_layers(plan: Plan, path: Path) -> None:
    """Remove the layers that the last plan had and this one has not."""
    with suppress(OSError, ConfigError):
        kept = {one.layer.name for one in plan.layers}
        for name in {one.layer.name for one in Plan.read(path).layers} - kept:
            retract(Path(plan.dataset))
            shutil.rmtree(Path(plan.dataset) / name)


def _clear(target: Path) -> None:
    """Remove what is there; a link is removed, not what it points to."""
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    elif os.path.lexists(target):
        target.unlink()
