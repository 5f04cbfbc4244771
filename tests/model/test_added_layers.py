"""The note of layers that are on their way into a dataset."""

from dataclasses import replace
from pathlib import Path

from wkflow.model.added_layers import AddedLayers, added_entries, dataset_of, recipe_of
from wkflow.model.plan import Plan
from wkflow.run_folder import ADDING

ENTRY = {"name": "nuclei", "mags": [{"mag": [1, 1, 1], "path": "./nuclei/1"}]}


def note(target: Path) -> AddedLayers:
    return AddedLayers(str(target), "r", folders={"nuclei": "nuclei"}, entries=[ENTRY])


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    """Of what is damaged or not there nothing is known."""
    note(tmp_path).done().write(tmp_path)
    assert AddedLayers.read(tmp_path) == note(tmp_path).done()
    (tmp_path / ADDING).write_text("{")
    assert AddedLayers.read(tmp_path) is None
    assert AddedLayers.read(tmp_path / "nowhere") is None


def test_layers_are_listed_where_they_were_moved_to(tmp_path: Path) -> None:
    """One of the same name in another folder is another one."""
    noted = note(tmp_path)
    assert noted.is_listed({"dataLayers": [ENTRY]})
    elsewhere = {**ENTRY, "mags": [{"path": "./other/1"}]}
    assert not noted.is_listed({"dataLayers": [elsewhere]})
    assert not AddedLayers(str(tmp_path), "r").is_listed({"dataLayers": []})


def test_notes_of_a_plan_do_not_count() -> None:
    """They speak of other layers of the dataset, which come and go."""
    plan = Plan.of_nothing("/d")
    assert recipe_of(plan) == recipe_of(replace(plan, notes=("a",)))
    assert recipe_of(plan) != recipe_of(replace(plan, unit="micrometer"))


def test_added_layers_are_known_by_the_run_folders_beside(tmp_path: Path) -> None:
    """Those that are there, done, and not made by the run itself."""
    target, folder = tmp_path / "set", tmp_path / "set-1a2b.add-layer"
    (target / "nuclei/1").mkdir(parents=True)
    folder.mkdir()
    note(target).write(folder)
    assert added_entries(target, besides=()) == []
    note(target).done().write(folder)
    assert added_entries(target, besides={"em"}) == [ENTRY]
    assert added_entries(target, besides={"nuclei"}) == []
    note(tmp_path / "other").done().write(folder)
    assert added_entries(target, besides=()) == []
    note(target).done().write(folder)
    (target / "nuclei/1").rmdir()
    assert added_entries(target, besides=()) == []
    assert dataset_of(Plan.of_nothing("/d"), folder) == str(target)
    assert dataset_of(Plan.of_nothing("/d"), target) == "/d"
