"""Keep the plan, and clear what the option allows to clear."""

from collections.abc import Mapping
from pathlib import Path

from wkflow.errors import SourceError
from wkflow.settings import Settings
from wkflow.steps.draw_plan import clear_foreign, draw_plan


def write_plan(options: Mapping[str, object], recipe: str, path: Path) -> None:
    """Draw the plan once more and keep it; from then on the target is this run folder's.

    A plan of 100 000 slices is no parameter to hand to a script, so it is drawn again; `recipe`
    says what the rules were told.

    Raises
    ------
    SourceError
        If the source changed in between.
    """
    settings = Settings.parse(options, where=str(path.with_name("config.yaml")))
    plan = draw_plan(settings)
    if plan.recipe() != recipe:
        raise SourceError(
            "files came or went while the run was starting",
            str(settings.source),
            "Wait until the source is complete, then give the same command.",
        )
    clear_foreign(plan, path.parent)
    plan.write(path)
