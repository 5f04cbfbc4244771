"""Keep the plan, and clear what the option allows to clear."""

import os
import shutil
from pathlib import Path

from wkflow.errors import SourceError
from wkflow.plan import DRAFT, Plan


def write_plan(recipe: str, path: Path) -> None:
    """Keep the draft beside `path` as the plan; from then on the target is this run folder's.

    A plan of 100 000 slices is no parameter to hand to a script: the draft is, and `recipe` says
    which one the rules were told.

    Raises
    ------
    SourceError
        If another evaluation of the rules has drawn another plan since.
    """
    plan = Plan.read(path.with_name(DRAFT))
    if plan.recipe() != recipe:
        raise SourceError(
            "files came or went while the run was starting",
            ", ".join(one.source.files[0] for one in plan.layers),
            "Wait until the source is complete, then give the same command.",
        )
    if plan.overwrite and not path.exists():
        _clear(Path(plan.dataset))
    plan.write(path)


def _clear(target: Path) -> None:
    """Remove what no run of this folder made; a link is removed, not what it points to."""
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    elif os.path.lexists(target):
        target.unlink()
