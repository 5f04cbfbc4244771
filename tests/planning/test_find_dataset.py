"""The dataset that gets more mags: found, read, and where its mags are."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from wkflow.errors import ConfigError, SourceError
from wkflow.model.stored_mag import StoredMag
from wkflow.planning.find_dataset import Target, find_target

from tests.steps.extensions import change, document_of, layer_of, settings_of, write_dataset


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Write two layers of which one has two mags."""
    return write_dataset(tmp_path / "e2006", layer_of(1, 2), layer_of(1, name="membranes"))


def target_of(dataset: Path, **options: object) -> Target:
    return find_target(settings_of(dataset, **options))


def given_of(target: Target, layer: str = "em", place: int = 0) -> StoredMag:
    (one,) = target.chosen(layer)
    return target.given(one, one.mags[place])


def test_a_dataset_says_what_it_is(dataset: Path) -> None:
    """Its folder is where its files are; on disk it is served as it is described."""
    target = target_of(dataset)
    assert target.name == target.root == str(dataset)
    assert target.existing is target.served
    assert target.existing.name == "by hand"
    assert [one.layer.name for one in target.existing.layers] == ["em", "membranes"]
    assert target.notes == ()


def test_a_dataset_without_a_name_is_called_like_its_folder(tmp_path: Path) -> None:
    """Of old, it need not have one."""
    assert target_of(write_dataset(tmp_path / "e2006", layer_of(1), id={})).existing.name == "e2006"


def test_what_a_dataset_says_has_a_state(dataset: Path) -> None:
    """Another one when it says something else, if only in its blanks; and no other before."""
    state = target_of(dataset).state
    assert target_of(dataset).state == state
    change(dataset, lambda layer: layer.update(category="segmentation"))
    assert target_of(dataset).state != state


def test_all_layers_are_chosen_or_one(dataset: Path) -> None:
    """By name, in their order."""
    target = target_of(dataset)
    assert [one.layer.name for one in target.chosen(None)] == ["em", "membranes"]
    assert [one.layer.name for one in target.chosen("membranes")] == ["membranes"]


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("membrane", "Did you mean --layer-name membranes?"),
        ("zzz", "Leave --layer-name out for all."),
    ],
)
def test_a_layer_that_is_not_there_is_told(dataset: Path, name: str, remedy: str) -> None:
    """With all that are, and the nearest one if there is any near."""
    with pytest.raises(ConfigError, match=f"has no layer {name}; it has em, membranes") as caught:
        target_of(dataset).chosen(name)
    assert caught.value.where == str(dataset)
    assert caught.value.remedy == remedy


def test_a_dataset_without_layers_has_none(tmp_path: Path) -> None:
    """Nothing is chosen by name then."""
    target = target_of(write_dataset(tmp_path))
    with pytest.raises(ConfigError, match="it has none"):
        target.chosen("em")


def test_mags_are_where_their_paths_say(dataset: Path) -> None:
    """Relative to the dataset, with format and axes of the array."""
    target = target_of(dataset)
    expected = StoredMag(str(dataset), "em/1", "zarr3", ("c", "x", "y", "z"))
    assert given_of(target) == expected
    assert given_of(target, place=1) == replace(expected, path="em/2")


def test_a_mag_may_lie_elsewhere(tmp_path: Path, dataset: Path) -> None:
    """By an absolute path, if it is asked for, or behind a link of the file system."""
    (dataset / "em" / "1").rename(tmp_path / "moved")
    change(dataset, lambda layer: layer["mags"][0].update(path=f"file://{tmp_path}/moved"))
    with pytest.raises(SourceError, match=r"moved .*lies outside of") as caught:
        given_of(target_of(dataset))
    assert "--follow-links" in caught.value.remedy
    assert given_of(target_of(dataset, follow_links=True)).path == str(tmp_path / "moved")
    (dataset / "em" / "1").symlink_to(tmp_path / "moved")
    change(dataset, lambda layer: layer["mags"][0].update(path="./em/1"))
    assert given_of(target_of(dataset)).path == "em/1"


def test_an_old_mag_is_found_by_either_name(dataset: Path) -> None:
    """`1` or `1-1-1`: of old, no path said it."""
    change(dataset, lambda layer: [mag.pop("path") for mag in layer["mags"]])
    assert given_of(target_of(dataset)).path == "em/1"
    (dataset / "em" / "2").rename(dataset / "em" / "2-2-2")
    assert given_of(target_of(dataset), place=1).path == "em/2-2-2"


def test_a_mag_that_is_nowhere_is_told(dataset: Path) -> None:
    """It is listed, but its folder is not there."""
    (dataset / "em" / "2").rename(dataset / "em" / "x")
    with pytest.raises(SourceError, match="mag 2 of layer em is not there: em/2") as caught:
        given_of(target_of(dataset), place=1)
    assert caught.value.where == str(dataset)


def test_a_mag_in_a_bucket_is_told(dataset: Path) -> None:
    """Only what is on the disk is read."""
    change(dataset, lambda layer: layer["mags"][0].update(path="s3://bucket/em/1"))
    with pytest.raises(SourceError, match=r"mag 1 of layer em lies elsewhere, at s3://bucket/em/1"):
        given_of(target_of(dataset))


def test_what_a_server_does_not_show_is_told(dataset: Path) -> None:
    """What it serves may be less than what the dataset has."""
    target = target_of(dataset)
    em, membranes = target.existing.layers
    partly = replace(target.served, layers=(replace(em, mags=em.mags[:1]), membranes))
    shown = replace(target, root="https://h/d", served=partly)
    assert given_of(shown) == StoredMag("https://h/d", "em/1", "zarr3", ("c", "x", "y", "z"))
    with pytest.raises(SourceError, match="mag 2 of layer em is not shown by the server") as caught:
        given_of(shown, place=1)
    assert "--access-mode" in caught.value.remedy


def test_what_a_server_shows_may_look_different(dataset: Path) -> None:
    """Another format, other paths and axes: files are read as they are served."""
    target = target_of(dataset)
    em, _ = target.existing.layers
    mag = replace(em.mags[0], paths=("em/1-1-1",), axes=("x", "y", "z"))
    layer = replace(em.layer, data_format="zarr")
    served = replace(target.served, layers=(replace(em, layer=layer, mags=(mag,)),))
    shown = replace(target, root="https://h/d", served=served)
    assert given_of(shown) == StoredMag("https://h/d", "em/1-1-1", "zarr", ("x", "y", "z"))


def test_nothing_there_is_told(tmp_path: Path) -> None:
    """A folder that is none, and one that is no dataset, are two things."""
    with pytest.raises(SourceError, match="is not there") as caught:
        target_of(tmp_path / "e2006")
    assert caught.value.where == str(tmp_path / "e2006")
    with pytest.raises(SourceError, match=r"is no dataset: it has no datasource-properties\.json"):
        target_of(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[1]", "3", '"text"', "null", "\xff"])
def test_properties_that_are_no_json_are_told(dataset: Path, content: str) -> None:
    """As those that a disk damaged."""
    path = dataset / "datasource-properties.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(SourceError) as caught:
        target_of(dataset)
    assert caught.value.where == str(path)


def test_properties_that_describe_no_dataset_are_told(dataset: Path) -> None:
    """By the file that they stand in."""
    path = dataset / "datasource-properties.json"
    path.write_text(json.dumps({"version": 1}))
    with pytest.raises(SourceError, match="describes no dataset") as caught:
        target_of(dataset)
    assert caught.value.where == str(path)
    assert "dataLayers" not in document_of(dataset)
