"""Manifest and crate of ours go when the dataset changes; those of others stay."""

import json
from pathlib import Path

import pytest
from wkflow.model.self_description import CRATE, MANIFEST, OWN_ID, forget_description
from wkflow.model.write_datasource import PROPERTIES, remove_properties, write_properties

OURS = {
    MANIFEST: b"# wkflow 0.1.0: sha256sum -c\n",
    CRATE: json.dumps({"@graph": [{"@id": "./"}, {"@id": OWN_ID}]}).encode(),
}
OTHERS = {MANIFEST: b"00  a\n", CRATE: json.dumps({"@graph": [{"@id": "./"}]}).encode()}


def put(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("change", [forget_description, remove_properties])
def test_ours_go_when_the_dataset_changes(tmp_path: Path, change: object) -> None:
    """They would be true no more."""
    put(tmp_path, OURS)
    assert callable(change)
    change(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_ours_go_when_other_properties_are_published(tmp_path: Path) -> None:
    """As after a downsampling."""
    put(tmp_path, OURS)
    write_properties(tmp_path, {})
    assert [path.name for path in tmp_path.iterdir()] == [PROPERTIES]


@pytest.mark.parametrize("broken", [b"", b"[]", b"{", b'{"@graph": [{}]}'])
def test_those_of_others_stay(tmp_path: Path, broken: bytes) -> None:
    """Also what nobody understands."""
    put(tmp_path, OTHERS)
    forget_description(tmp_path)
    put(tmp_path, {CRATE: broken})
    forget_description(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [MANIFEST, CRATE]
