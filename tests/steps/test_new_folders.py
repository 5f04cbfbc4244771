"""Folders of new mags: whose they are, and what is forgotten when another plan begins."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from wkflow.errors import ConfigError
from wkflow.plan import ASKED, EXTENDED, REPORT, Plan
from wkflow.steps.draw_extension import draw_extension
from wkflow.steps.new_folders import BEGUN, forget_finished, ours_of, start_anew

from .extensions import layer_of, settings_of, write_dataset


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Give a dataset of one layer with mags 1 and 2."""
    return write_dataset(tmp_path / "e2006", layer_of(1, 2))


def plan_of(dataset: Path, **options: object) -> Plan:
    return draw_extension(settings_of(dataset, **options))


def test_receipts_of_another_plan_are_forgotten(tmp_path: Path, dataset: Path) -> None:
    """Their jobs would count as done; those of the same plan stay."""
    plan, folder = plan_of(dataset), tmp_path / "run"
    receipt = folder / "receipts" / "downsample_rest" / "em.json"
    receipt.parent.mkdir(parents=True)
    receipt.touch()
    start_anew(plan, folder)
    assert not receipt.exists()
    receipt.parent.mkdir(parents=True)
    receipt.touch()
    start_anew(plan, folder)
    assert receipt.exists()
    start_anew(replace(plan, drawn_from="other"), folder)
    assert not receipt.exists()
    assert json.loads((folder / BEGUN).read_text())["plan"] == "other"


def test_what_was_carried_out_and_told_may_be_wanted_again(tmp_path: Path, dataset: Path) -> None:
    """The same plan begins anew then; before it was told, the same command only asks."""
    plan = plan_of(dataset)
    start_anew(plan, tmp_path)
    done = [tmp_path / name for name in (EXTENDED[0], REPORT)]
    for path in done:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    (tmp_path / ASKED).touch()
    forget_finished(tmp_path)
    start_anew(plan, tmp_path)
    assert all(path.exists() for path in done)
    (tmp_path / ASKED).unlink()
    forget_finished(tmp_path)
    (tmp_path / ASKED).touch()  # as the command does before Snakemake begins
    start_anew(plan, tmp_path)
    assert not any(path.exists() for path in done)
    assert ours_of(tmp_path) == {"em/4"}


def test_all_folders_that_were_ever_ours_are_remembered(tmp_path: Path, dataset: Path) -> None:
    """Those of a plan that another one followed as well."""
    start_anew(plan_of(dataset, max_mag="8"), tmp_path)
    start_anew(plan_of(dataset), tmp_path)
    assert ours_of(tmp_path) == {"em/4", "em/8"}
    assert ours_of(tmp_path / "nowhere") == frozenset()


def test_what_another_program_left_is_not_taken(dataset: Path) -> None:
    """A folder that is not listed may be somebody's; the option says that it is not."""
    (dataset / "em" / "4").mkdir()
    with pytest.raises(ConfigError, match="not in the properties"):
        plan_of(dataset)
    assert plan_of(dataset, overwrite_mags=True).layers


def test_a_mag_that_is_made_anew_gets_another_folder(dataset: Path) -> None:
    """What is listed stays as it is until the end."""
    plan = plan_of(dataset, overwrite_mags=True)
    assert [grid.name for grid in plan.layers[0].made] == ["2__2", "4"]
