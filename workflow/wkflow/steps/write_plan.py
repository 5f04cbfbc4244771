"""Keep the plan that is carried out."""

from pathlib import Path

from wkflow.model.plan import Plan


def write_plan(draft: Path, path: Path) -> None:
    """Keep the draft as the plan."""
    Plan.read(draft).write(path)
