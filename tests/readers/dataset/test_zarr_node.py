"""Documents of Zarr folders."""

import json
from pathlib import Path

from wkflow.readers.dataset.zarr_node import node_at


def test_a_group_of_v3_and_one_of_v2(tmp_path: Path) -> None:
    """OME-Zarr moved its attributes below a key."""
    (tmp_path / "new").mkdir()
    (tmp_path / "old").mkdir()
    v3 = {"node_type": "group", "attributes": {"ome": {"labels": ["a"]}}}
    (tmp_path / "new" / "zarr.json").write_text(json.dumps(v3))
    (tmp_path / "old" / ".zattrs").write_text(json.dumps({"labels": ["a"]}))
    new, old = node_at(tmp_path / "new"), node_at(tmp_path / "old")
    assert new.ome == old.ome == {"labels": ["a"]}
    assert (new.version, old.version) == (3, 2)
    assert not new.is_array
    assert not old.is_array
    assert old.files == (str(tmp_path / "old" / ".zattrs"),)


def test_children_are_in_natural_order(tmp_path: Path) -> None:
    """What is hidden is none, nor is a file."""
    for name in ("10", "9", ".git", "__pycache__"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").touch()
    assert [child.folder.name for child in node_at(tmp_path).children()] == ["9", "10"]


def test_attributes_that_are_none_are_empty(tmp_path: Path) -> None:
    """A list is none."""
    (tmp_path / "zarr.json").write_text('{"node_type": "array", "attributes": [1]}')
    assert node_at(tmp_path).attributes == {}
    assert node_at(tmp_path).is_array
