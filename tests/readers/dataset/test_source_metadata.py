"""Attributes of folders of arrays, written by zarr-python and by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from wkflow.readers import read_metadata
from wkflow.readers.dataset import source_metadata

SAID = {"omero": {"channels": [{"label": "DAPI"}]}, "gain": 1.5, "lab": {"day": "2026-11-30"}}


def told(path: Path) -> tuple[str, Any]:
    found = read_metadata(str(path))
    assert found is not None
    return found.kind, json.loads(found.content)


@pytest.mark.parametrize("version", [2, 3])
def test_attributes_of_groups_and_arrays(tmp_path: Path, version: int) -> None:
    """And nothing of how arrays are stored; a folder that says nothing leaves none."""
    group = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=version)  # type: ignore[arg-type] -- 2 or 3
    group.create_array("0", data=np.ones((4, 4), "uint8"))
    assert read_metadata(str(tmp_path / "a.zarr" / "0")) is None
    group.attrs.update(SAID)
    group["0"].attrs["one"] = 1
    assert told(tmp_path / "a.zarr") == ("zarr.json", SAID)
    assert told(tmp_path / "a.zarr" / "0") == ("zarr.json", {"one": 1})


def test_ome_xml_beside_images(tmp_path: Path) -> None:
    """As bioformats2raw lays it out: for the whole, and for an image of it; not of neighbours."""
    top = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=2)
    top.create_group("0").create_array("0", data=np.ones((4, 4), "uint8"))
    (tmp_path / "a.zarr/OME").mkdir()
    (tmp_path / "a.zarr/OME/METADATA.ome.xml").write_text("<OME>é</OME>")
    for place in ("a.zarr", "a.zarr/0", "a.zarr/0/0"):
        found = read_metadata(str(tmp_path / place))
        assert found is not None
        assert (found.kind, found.content.decode()) == ("ome.xml", "<OME>é</OME>")
    (tmp_path / "OME").mkdir()
    (tmp_path / "OME/METADATA.ome.xml").write_text("<OME>of others</OME>")
    zarr.create_array(tmp_path / "b.zarr", data=np.ones((4, 4), "uint8"))
    assert read_metadata(str(tmp_path / "b.zarr")) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("attributes.json", "n5.json"),
        ("info", "precomputed.json"),
        ("datasource-properties.json", "webknossos.json"),
    ],
)
def test_documents_of_other_stores(tmp_path: Path, name: str, kind: str) -> None:
    """All that they say; one that is no JSON, or endless, is left out without an error."""
    (tmp_path / name).write_text(json.dumps(SAID))
    assert told(tmp_path) == (kind, SAID)
    (tmp_path / name).write_text("[1, 2")
    assert read_metadata(str(tmp_path)) is None


def test_what_is_endless_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It describes arrays."""
    (tmp_path / "info").write_text(json.dumps(SAID))
    monkeypatch.setattr(source_metadata, "MOST_BYTES", 10)
    assert read_metadata(str(tmp_path)) is None
    assert read_metadata(str(tmp_path / "nothing")) is None
