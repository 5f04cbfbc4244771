"""Mags that another command made are not dropped without a word."""

from dataclasses import replace
from pathlib import Path

from wkflow.model.plan import Plan
from wkflow.planning.dropped_mags import dropped_notes

from tests.datasets import HandLayer, write_dataset
from tests.runs import noise
from tests.steps.stacks import grains, plan_of, write_tiffs


def plan_with(tmp_path: Path, *mags: str) -> Plan:
    """Draw a plan of mags 1 and 2-2-1 for a dataset that has others."""
    source = write_tiffs(tmp_path / "em", grains(8))
    plan = plan_of(source, max_mag="2", voxel_size="4,4,40")
    sizes = {"1": (45, 37, 8), "2-2-1": (23, 19, 8), "4-4-1": (12, 10, 8), "8-8-2": (6, 5, 4)}
    layer = HandLayer("em", {mag: noise(1, 1, *sizes[mag]) for mag in mags})
    write_dataset(Path(plan.dataset), layer)
    return plan


def test_what_the_plan_has_not_is_named(tmp_path: Path) -> None:
    """If something is written anew, and only then; notes are no reason."""
    plan = plan_with(tmp_path, "1", "2-2-1", "4-4-1", "8-8-2")
    other = replace(plan, name="other")
    (note,) = dropped_notes(plan, other)
    assert note.startswith("layer em: mag 4-4-1, 8-8-2 goes")
    assert dropped_notes(plan, None) == []
    assert dropped_notes(plan, replace(plan, notes=("a gap",))) == []


def test_nothing_is_said_of_what_stays(tmp_path: Path) -> None:
    """All mags are the plan's; or no dataset is there, or one that cannot be read."""
    plan = plan_with(tmp_path, "1", "2-2-1")
    other = replace(plan, name="other")
    assert dropped_notes(plan, other) == []
    (Path(plan.dataset) / "datasource-properties.json").write_text("{")
    assert dropped_notes(plan, other) == []
    assert dropped_notes(replace(plan, dataset=str(tmp_path / "none")), other) == []
