"""What is checked when uploads end, version by version."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.standin.conftest import Served
from tests.standin.sender import Sender, first_error, said, source
from tests.standin.server import Standin

PROPERTIES = "datasource-properties.json"


def test_a_finished_upload_is_a_dataset(any_sender: Sender) -> None:
    """The key of the answer is the version's own; what nothing refers to is gone."""
    key = any_sender.publish()
    (ours,) = (one for one in any_sender.standin.datasets() if one["id"] == key)
    files = {str(one.relative_to(ours["path"])) for one in Path(ours["path"]).rglob("*")}
    assert "color/1/c/0/0/0/0" in files
    assert not files & {PROPERTIES, "zarr.json"}
    again = any_sender.finish()
    assert again.status_code == 400
    assert "Could not find running upload" in said(again)


def test_the_answer_names_the_id(served: Served) -> None:
    """`newDatasetId` to old clients, also by new servers, and `datasetId` to others."""
    for server, spoken, name in (
        (13, 13, "newDatasetId"),
        (16, 13, "newDatasetId"),
        (16, 16, "datasetId"),
    ):
        sender = Sender(served(server), spoken)
        sender.reserve(2)
        sender.send(PROPERTIES, source())
        sender.send("color/1/a")
        assert list(sender.finish().json()) == [name]


def test_incomplete_uploads_stay_open(any_sender: Sender) -> None:
    """A wrong count of files or chunks costs nothing: the rest may follow."""
    any_sender.reserve(2)
    nothing = any_sender.finish()
    assert first_error(nothing).startswith("Could not finalize upload for dataset “")
    any_sender.send(PROPERTIES, source())
    answer = any_sender.finish()
    assert answer.status_code == 400
    assert "Could not verify that all chunks have been uploaded." in said(answer)
    assert "Reserved file count does not match file names length." in said(answer)
    fields = {"resumableChunkSize": 12, "resumableTotalChunks": 2}
    any_sender.send("color/1/a", **fields)
    missing = any_sender.finish()
    text = "Chunks missing for uploaded file color/1/a: expected 2, got 1."
    assert text in said(missing)
    any_sender.send("color/1/a", **fields, resumableChunkNumber=2)
    assert any_sender.finish().status_code == 200


def test_too_many_bytes_are_the_end(any_sender: Sender) -> None:
    """An upload that exceeds what was reserved is deleted, with its dataset."""
    any_sender.reserve(1, size=11)
    any_sender.send("a")
    (upload,) = (one for one in any_sender.standin.uploads() if one["id"] == any_sender.upload)
    answer = any_sender.finish()
    assert answer.status_code == 400
    assert "File size check failed during dataset upload." in said(answer)
    assert "exceeds the reserved size of 11 bytes, got 12 bytes." in said(answer)
    assert "Could not find running upload" in said(any_sender.finish())
    assert any_sender.ask("GET", f"/datasets/{upload['dataset']}").status_code == 404


LAYER_FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"elementClass": "float", "category": "segmentation"},
     "Invalid element class for a segmentation layer."),
    ({"category": "segmentation", "largestSegmentId": 256}, "Largest segment id exceeds range"),
    ({"name": "a/b"}, "Layer names must not contain forward slash."),
    ({"name": ".a"}, "Layer names must not start with dot."),
    ({"mags": [{"mag": [1, 1, 1]}, {"mag": [1, 1, 1]}]}, "There are duplicate mags in a layer."),
    ({"mags": [{"mag": [2, 1, 1]}, {"mag": [1, 4, 4]}]}, "Mags do not monotonically increase"),
    ({"boundingBox": {"topLeft": [0, 0, 0], "width": 0, "height": 1, "depth": 1}},
     "Empty bounding box in a layer."),
    ({"mags": [{"mag": [1, 1, 1], "path": "../other"}]}, "local paths that leave the dataset"),
    ({"mags": [{"mag": [1, 1, 1], "path": "/etc"}]}, "local paths that leave the dataset"),
    ({"dataFormat": "jpeg"}, "Invalid json format"),
    ({"mags": "none"}, "Invalid json format"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "text"),
    [
        *((source(**changes), text) for changes, text in LAYER_FAULTS),
        (source().replace(b"[1.0, 1.0, 1.0]", b"[1.0, -1.0, 1.0]"), "Voxel size (scale) is neg"),
        (b'{"id": {}, "scale": [1, 1, 1], "dataLayers": []}', "No layers."),
        (b"{", "Invalid json format"),
    ],
)
def test_bad_documents_are_the_end(sender: Sender, content: bytes, text: str) -> None:
    """A data source that is no good is refused when it is too late to send another."""
    sender.reserve(2, size=None)
    sender.send("root/color/1/a")
    sender.send(f"root/{PROPERTIES}", content)
    answer = sender.finish()
    assert answer.status_code == 400
    assert text in said(answer)
    assert "Could not find running upload" in said(sender.finish())


def test_roots_are_found(sender: Sender) -> None:
    """The folder that all files have in common is the root; so it is in an archive."""
    sender.reserve(2)
    sender.send("one/two/color/1/a")
    sender.send(f"one/two/{PROPERTIES}", source())
    assert sender.finish().status_code == 200
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in (f"one/{PROPERTIES}", "one/color/1/.zarray", "one/color/1/.secret"):
            archive.writestr(name, source())
    other = Sender(sender.standin, 16)
    other.reserve(1)
    other.send("all.ZIP", packed.getvalue())
    key = other.finish().json()["datasetId"]
    (ours,) = (one for one in sender.standin.datasets() if one["id"] == key)
    assert [one.name for one in Path(ours["path"], "color", "1").iterdir()] == [".zarray"]


def test_layers_are_linked(sender: Sender) -> None:
    """A dataset borrows a layer of another, under a new name."""
    key = sender.publish()
    other = Sender(sender.standin, 16)
    link = {"datasetId": key, "layerName": "color", "newLayerName": "borrowed"}
    other.reserve(2, layersToLink=[link])
    other.send(PROPERTIES, source())
    other.send("color/1/a")
    described = sender.ask("GET", f"/datasets/{other.finish().json()['datasetId']}").json()
    layers = {one["name"]: one for one in described["dataSource"]["dataLayers"]}
    assert set(layers) == {"color", "borrowed"}
    assert key in layers["borrowed"]["mags"][0]["path"]


def cancelled(sender: Sender) -> requests.Response:
    """Cancel as each version does."""
    if sender.api < 14:
        url = f"{sender.standin.url}/data/datasets/cancelUpload"
    else:
        url = f"{sender.data_url}/datasets/upload/dataset/cancelUpload?uploadId={sender.upload}"
    return sender.ask("POST", url, json={"uploadId": sender.upload})


def test_cancelling_is_for_admins(any_sender: Sender) -> None:
    """A dataset manager is denied; for an admin all is gone."""
    any_sender.reserve()
    manager = Sender(any_sender.standin, any_sender.api, "token-of-manager", any_sender.upload)
    assert cancelled(manager).status_code == 403
    assert (cancelled(any_sender).status_code, cancelled(any_sender).status_code) == (200, 400)
    assert "Could not find running upload" in said(any_sender.send("a"))


def test_unfinished_uploads_are_listed(any_sender: Sender) -> None:
    """Only the caller's own, and of datasets alone."""
    changes = {} if any_sender.api < 14 else {"folderId": "f" * 23 + "1"}
    any_sender.reserve(**changes)
    old = any_sender.api < 14
    path = "/datasets/unfinishedUploads" if old else "/datasets/upload/dataset/unfinishedUploads"
    query = {"organizationName": "sample_organization"}
    listed = any_sender.ask("GET", any_sender.data_url + path, params=query).json()
    (ours,) = (one for one in listed if one["uploadId"] == any_sender.upload)
    assert {"uploadId", "datasetName", "folderId", "created", "filePaths", "allowedTeams"} <= set(
        ours
    )
    manager = Sender(any_sender.standin, any_sender.api, any_sender.standin.manager_token)
    theirs = manager.ask("GET", any_sender.data_url + path, params=query).json()
    assert any_sender.upload not in [one["uploadId"] for one in theirs]
    if not old:
        mags = any_sender.data_url + path.replace("/dataset/", "/mag/")
        assert "only supported for datasets" in said(any_sender.ask("GET", mags, params=query))


def test_idle_uploads_expire(tmp_path: Path) -> None:
    """After the time without a chunk the upload is unknown."""
    with Standin.start(tmp_path, expiry=0) as standin:
        sender = Sender(standin, 16)
        sender.reserve()
        assert "Could not find running upload" in said(sender.send("a"))
