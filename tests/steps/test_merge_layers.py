"""Layers go into a dataset that exists: all at once, whenever the run is killed."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import zarr
from wkflow.errors import ConfigError, IncompleteError
from wkflow.model.added_layers import AddedLayers
from wkflow.model.plan import Plan
from wkflow.model.write_datasource import PROPERTIES
from wkflow.run_folder import ADDING
from wkflow.steps.merge_layers import merge_layers

from tests.datasets import HandLayer, write_dataset
from tests.runs import noise

BOX = (1, 1, 20, 20, 20)


def layer(name: str, seed: int) -> HandLayer:
    return HandLayer(name, {"1": noise(*BOX, seed=seed), "2": noise(1, 1, 10, 10, 10, seed=seed)})


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Give a dataset with layers em and labels, and new layers nuclei and em beside it."""
    write_dataset(tmp_path / "set", layer("em", 1), layer("labels", 2))
    staged = write_dataset(tmp_path / "run/dataset", layer("nuclei", 3), layer("em", 4))
    AddedLayers(str(tmp_path / "set"), "recipe", replaces=True).write(tmp_path / "run")
    return Plan.of_nothing(str(staged))


def listed(dataset: Path) -> dict[str, list[str]]:
    document = json.loads((dataset / PROPERTIES).read_bytes())
    return {one["name"]: [mag["path"] for mag in one["mags"]] for one in document["dataLayers"]}


def seed_of(dataset: Path, path: str) -> int:
    """Tell which layer lies in a folder of a mag."""
    found = np.asarray(zarr.open_array(dataset / path, mode="r")[:])
    (seed,) = (one for one in range(1, 6) if np.array_equal(found, noise(*BOX, seed=one)[0]))
    return seed


def seeds(dataset: Path) -> dict[str, int]:
    return {name: seed_of(dataset, paths[0]) for name, paths in listed(dataset).items()}


def test_new_layers_are_moved_and_listed(plan: Plan, tmp_path: Path) -> None:
    """A new one behind the others, one that replaces another in its place; nothing else is left."""
    target = tmp_path / "set"
    (target / "em" / "notes.txt").write_text("mine")
    for _ in range(2):
        merge_layers(plan, tmp_path / "run")
        assert list(listed(target)) == ["em", "labels", "nuclei"]
        assert seeds(target) == {"em": 4, "labels": 2, "nuclei": 3}
        assert listed(target)["em"] == ["./em__2/1", "./em__2/2"]
        files = [path for path in (target / "em").rglob("*") if path.is_file()]
        assert files == [target / "em" / "notes.txt"]
        assert not (tmp_path / "run/dataset").exists()
        noted = AddedLayers.read(tmp_path / "run")
        assert noted
        assert noted.is_done


@contextmanager
def killed_at(number: int) -> Iterator[Callable[[], int]]:
    """Let the process be as if it were killed before its nth change of a folder."""
    count = 0

    def counted(change: Any) -> Any:  # noqa: ANN401 -- any method of a path
        def changed(*arguments: Any, **keywords: Any) -> Any:  # noqa: ANN401 -- as above
            nonlocal count
            count += 1
            if count == number:
                raise KeyboardInterrupt
            return change(*arguments, **keywords)

        return changed

    with (
        patch.object(Path, "rename", counted(Path.rename)),
        patch.object(Path, "replace", counted(Path.replace)),
        patch.object(Path, "unlink", counted(Path.unlink)),
        patch.object(Path, "rmdir", counted(Path.rmdir)),
    ):
        yield lambda: count


def test_it_is_the_old_dataset_or_the_new_one_at_any_instant(plan: Plan, tmp_path: Path) -> None:
    """Every listed mag is there, and the same step again ends well."""
    target, number, ends = tmp_path / "set", 0, False
    shutil.copytree(tmp_path, tmp_path.with_name("before"))
    while not ends:
        number += 1
        with killed_at(number):
            try:
                merge_layers(plan, tmp_path / "run")
                ends = True
            except KeyboardInterrupt:
                old, new = {"em": 1, "labels": 2}, {"em": 4, "labels": 2, "nuclei": 3}
                assert seeds(target) in (old, new)
        merge_layers(plan, tmp_path / "run")
        assert seeds(target) == {"em": 4, "labels": 2, "nuclei": 3}
        assert not (target / "em").exists()
        shutil.rmtree(tmp_path)
        shutil.copytree(tmp_path.with_name("before"), tmp_path)
    assert number > 20


def test_a_name_that_was_taken_meanwhile_is_refused(plan: Plan, tmp_path: Path) -> None:
    """The dataset stays as it is, and so do the new layers."""
    AddedLayers(str(tmp_path / "set"), "recipe").write(tmp_path / "run")
    before = (tmp_path / "set" / PROPERTIES).read_bytes()
    with pytest.raises(ConfigError, match="has got a layer em meanwhile"):
        merge_layers(plan, tmp_path / "run")
    assert (tmp_path / "set" / PROPERTIES).read_bytes() == before
    assert seeds(tmp_path / "run/dataset") == {"nuclei": 3, "em": 4}


def test_what_others_keep_there_stays(plan: Plan, tmp_path: Path) -> None:
    """A mag of another layer in the folder of one that is replaced; links, but not their ends."""
    target = tmp_path / "set"
    document = json.loads((target / PROPERTIES).read_bytes())
    (target / "labels" / "1").rename(target / "em" / "labels-1")
    document["dataLayers"][1]["mags"][0]["path"] = "./em/labels-1"
    (target / "em" / "2").rename(tmp_path / "elsewhere")
    (target / "em" / "2").symlink_to(tmp_path / "elsewhere")
    (target / PROPERTIES).write_text(json.dumps(document))
    merge_layers(plan, tmp_path / "run")
    assert (target / "em" / "labels-1" / "zarr.json").exists()
    assert not (target / "em" / "1").exists()
    assert not (target / "em" / "2").is_symlink()
    assert (tmp_path / "elsewhere" / "zarr.json").exists()


def test_a_layer_that_was_taken_away_is_told(plan: Plan, tmp_path: Path) -> None:
    """Then the note goes, so that the same command makes it anew."""
    noted = AddedLayers(str(tmp_path / "set"), "r", folders={"lost": "lost"}, entries=[{}])
    noted.write(tmp_path / "run")
    with pytest.raises(IncompleteError, match="not in the run folder"):
        merge_layers(plan, tmp_path / "run")
    assert not (tmp_path / "run" / ADDING).exists()
    with pytest.raises(IncompleteError, match="which dataset"):
        merge_layers(plan, tmp_path / "run")
