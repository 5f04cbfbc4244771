"""The plan that is carried out is kept."""

from pathlib import Path

from wkflow.model.plan import Plan
from wkflow.run_folder import PLAN
from wkflow.steps.write_plan import write_plan

from tests.steps.stacks import grains, plan_of, write_tiffs


def test_the_draft_becomes_the_plan(tmp_path: Path) -> None:
    """The record is what the rules were told."""
    plan = plan_of(write_tiffs(tmp_path / "em", grains(2)))
    plan.write(tmp_path / "draft.json")
    write_plan(tmp_path / "draft.json", tmp_path / PLAN)
    assert Plan.read(tmp_path / PLAN) == plan
