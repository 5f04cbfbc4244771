"""Folders of new mags: whose they are, and what is forgotten when another plan begins."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from wkflow.errors import ConfigError
from wkflow.model.plan import Plan
from wkflow.planning.mag_folders import ours_of, start_anew
from wkflow.planning.plan_downsampling import plan_downsampling
from wkflow.run_folder import ASKED, BEGUN, EXTENDED, REPORT, forget_finished

from tests.steps.extensions import extend, layer_of, settings_of, write_dataset


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Give a dataset of one layer with mags 1 and 2."""
    return write_dataset(tmp_path / "e2006", layer_of(1, 2))


def plan_of(dataset: Path, **options: object) -> Plan:
    return plan_downsampling(settings_of(dataset, **options))


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


@pytest.mark.parametrize("mag", ["2", "4", "2-2-1"])
def test_a_file_of_somebody_in_a_mag_that_is_replaced_is_named(dataset: Path, mag: str) -> None:
    """Beforehand: it would stay in a folder that no dataset has any more, and nobody would know.

    Also in a mag that an earlier program left, and in one that has the same largest factor.
    """
    (dataset / "em" / mag / "notes").mkdir(parents=True)
    (dataset / "em" / mag / "notes/thesis.doc").touch()
    with pytest.raises(ConfigError, match=rf"no dataset is made of: em/{mag}/notes/thesis.doc"):
        plan_of(dataset, overwrite_mags=True)
    (dataset / "em" / mag / "notes/thesis.doc").unlink()
    assert plan_of(dataset, overwrite_mags=True).layers


def test_a_mag_that_stays_may_hold_anything(dataset: Path) -> None:
    """Nothing is removed there."""
    (dataset / "em/2/thesis.doc").touch()
    (dataset / "em/1/thesis.doc").touch()
    assert plan_of(dataset).layers
    (dataset / "em/2/thesis.doc").unlink()
    assert plan_of(dataset, overwrite_mags=True).layers


@pytest.mark.parametrize("data_format", ["zarr", "zarr3", "n5", "wkw", "neuroglancerPrecomputed"])
def test_files_of_every_format_are_the_datasets(tmp_path: Path, data_format: str) -> None:
    """Whatever the folder of a listed mag is called."""
    is_precomputed = data_format == "neuroglancerPrecomputed"
    folders = {} if is_precomputed else {"2": "./em/half"}
    dataset = write_dataset(
        tmp_path / "a", layer_of(1, 2, data_format=data_format, folders=folders)
    )
    assert plan_of(dataset, overwrite_mags=True).layers
    extend(dataset, overwrite_mags=True)
    assert not (dataset / "em/half").exists()


def test_what_a_mag_that_is_a_link_leads_to_is_not_looked_at(dataset: Path) -> None:
    """Only the link goes."""
    (dataset / "em/2").rename(dataset.parent / "2")
    (dataset.parent / "2/thesis.doc").touch()
    (dataset / "em/2").symlink_to(dataset.parent / "2")
    assert plan_of(dataset, overwrite_mags=True, follow_links=True).layers
