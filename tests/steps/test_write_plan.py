"""Whose the target is, and what is cleared of it."""

from dataclasses import replace
from pathlib import Path

from wkflow.plan import CLAIM, PLAN, Plan
from wkflow.steps.write_plan import claim, write_plan

from .stacks import grains, plan_of, write_tiffs


def test_the_draft_becomes_the_plan(tmp_path: Path) -> None:
    """The record is what the rules were told."""
    plan = plan_of(write_tiffs(tmp_path / "em", grains(2)))
    plan.write(tmp_path / "draft.json")
    write_plan(tmp_path / "draft.json", tmp_path / PLAN)
    assert Plan.read(tmp_path / PLAN) == plan


def test_only_an_option_clears_what_others_made(tmp_path: Path) -> None:
    """And only once: what the run itself wrote is kept when it resumes."""
    plan = plan_of(write_tiffs(tmp_path / "em", grains(2)))
    target = Path(plan.dataset)
    target.mkdir()
    (target / "foreign").touch()
    run = tmp_path / "run"
    run.mkdir()
    claim(plan, run)
    assert (target / "foreign").exists()
    (run / CLAIM).unlink()
    claim(replace(plan, overwrite=True), run)
    assert not target.exists()
    target.mkdir()
    (target / "ours").touch()
    claim(replace(plan, overwrite=True), run)
    assert (target / "ours").exists()


def test_a_link_is_removed_and_not_what_it_points_to(tmp_path: Path) -> None:
    """Clearing never leaves the target."""
    plan = replace(plan_of(write_tiffs(tmp_path / "em", grains(2))), overwrite=True)
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "data").touch()
    Path(plan.dataset).symlink_to(tmp_path / "precious")
    claim(plan, tmp_path)
    assert not Path(plan.dataset).exists()
    assert (tmp_path / "precious" / "data").exists()


def test_a_layer_that_is_gone_from_the_source_goes(tmp_path: Path) -> None:
    """The dataset holds what the plan holds."""
    source = tmp_path / "source"
    for name in ("em", "other"):
        write_tiffs(source / name, grains(2))
    both = plan_of(source)
    claim(both, tmp_path)
    both.write(tmp_path / PLAN)
    for one in both.layers:
        (Path(both.dataset) / one.layer.name).mkdir(parents=True)
    claim(replace(both, layers=both.layers[:1]), tmp_path)
    assert [path.name for path in Path(both.dataset).iterdir()] == ["em"]
