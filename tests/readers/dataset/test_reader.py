"""Folders told apart; what each of them holds is tested with its kind."""

import json
from pathlib import Path

import pytest
from wkflow.errors import SourceError
from wkflow.readers.dataset.reader import StoreReader


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (None, None, "holds no array"),
        ("attributes.json", {}, "holds no array"),
        (".zgroup", {"zarr_format": 2}, "holds no array"),
        ("zarr.json", {"zarr_format": 3, "node_type": "group"}, "holds no array"),
        ("info", {"@type": "neuroglancer_legacy_mesh"}, "holds no array"),
        ("info", [1], "holds no array"),
        ("datasource-properties.json", {"dataLayers": [], "scale": {}}, "holds no array"),
    ],
)
def test_a_folder_without_an_array_is_refused(
    tmp_path: Path, name: str | None, content: object, words: str
) -> None:
    """Whatever its documents are called."""
    if name:
        (tmp_path / name).write_text(json.dumps(content))
    with pytest.raises(SourceError, match=words) as failure:
        StoreReader().probe(str(tmp_path))
    assert failure.value.where == str(tmp_path)


def test_a_folder_that_is_gone_is_refused(tmp_path: Path) -> None:
    """As any other file."""
    with pytest.raises(SourceError, match="is not there"):
        StoreReader().probe(str(tmp_path / "gone"))


@pytest.mark.parametrize("name", ["zarr.json", ".zarray", "attributes.json", "info"])
@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe"])
def test_a_document_that_is_no_json_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    """An error of JSON never comes through."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError) as failure:
        StoreReader().probe(str(tmp_path))
    assert failure.value.where == str(tmp_path)
