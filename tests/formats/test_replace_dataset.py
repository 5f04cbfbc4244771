"""A new dataset takes the place of an old one; planning/test_claim_target.py kills in between."""

from dataclasses import replace
from pathlib import Path

import pytest
from wkflow.errors import ConfigError
from wkflow.formats.replace_dataset import finish_replacing, settle
from wkflow.model.claim import Claim, new_of, old_of
from wkflow.model.plan import Plan
from wkflow.model.write_datasource import PROPERTIES


def dataset(folder: Path, name: str) -> Path:
    """Make what passes for a dataset, with its name in it."""
    folder.mkdir(parents=True)
    (folder / PROPERTIES).write_text(f'{{"id": {{"name": "{name}"}}, "dataLayers": []}}')
    return folder


def name_in(folder: Path) -> str:
    return "old" if "old" in (folder / PROPERTIES).read_text() else "new"


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Give the plan of a run that has built a dataset beside an old one."""
    target = dataset(tmp_path / "target", "old")
    dataset(new_of(target), "new")
    Claim(str(target), "/source", beside=True, before="/first").write(tmp_path / "run")
    return Plan.of_nothing(str(target))


def test_the_new_one_takes_the_place(plan: Plan, tmp_path: Path) -> None:
    """Nothing stays beside it; the claim says so, and a second time nothing is left to do."""
    for _ in range(2):
        finish_replacing(plan, tmp_path / "run")
        assert name_in(tmp_path / "target") == "new"
        assert {path.name for path in tmp_path.iterdir()} == {"target", "run"}
        assert Claim.read(tmp_path / "run") == Claim(plan.dataset, "/source")


def test_one_that_is_not_whole_waits(plan: Plan, tmp_path: Path) -> None:
    """Where planning ends only what was begun, and where nothing is replaced."""
    finish_replacing(plan, tmp_path / "run", is_whole=False)
    assert name_in(tmp_path / "target") == "old"
    Claim(plan.dataset, "/source").write(tmp_path / "run")
    finish_replacing(plan, tmp_path / "run")
    finish_replacing(replace(plan, dataset=str(tmp_path / "other")), tmp_path / "nobody")
    assert name_in(tmp_path / "target") == "old"
    assert name_in(new_of(tmp_path / "target")) == "new"


def test_a_foreign_file_stops_it(plan: Plan, tmp_path: Path) -> None:
    """Before anything is renamed."""
    (tmp_path / "target" / "thesis.doc").write_text("mine")
    with pytest.raises(ConfigError, match=r"thesis\.doc"):
        finish_replacing(plan, tmp_path / "run")
    assert name_in(tmp_path / "target") == "old"


@pytest.mark.parametrize("is_whole", [True, False])
def test_between_two_renames_there_is_a_target_again(plan: Plan, is_whole: bool) -> None:  # noqa: FBT001
    """The new one where it is published, else the old one; settled again, it stays."""
    target = Path(plan.dataset)
    target.rename(old_of(target))
    if not is_whole:
        (new_of(target) / PROPERTIES).unlink()
    for _ in range(2):
        settle(target)
        assert name_in(target) == ("new" if is_whole else "old")
