"""Mags that come to a dataset which is there."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.standin.conftest import Served
from tests.standin.sender import MISSING_ID, Sender, said

INVALID = "Could not validate dataset information for upload."


def reserve(sender: Sender, key: str, **changes: Any) -> requests.Response:  # noqa: ANN401 -- JSON
    """Reserve mag 2-2-1 of the layer `color`, or another."""
    resumable = {"uploadId": sender.upload, "totalFileCount": 1, "totalFileSizeInBytes": 100}
    mag = {"mag": changes.pop("mag", [2, 2, 1]), "channelIndex": 0, "axisOrder": None}
    body = {"resumableUploadInfo": resumable, "datasetId": key, "layerName": "color",
            "mag": mag, "overwritePending": True, **changes}  # fmt: skip
    url = f"{sender.data_url}/datasets/upload/mag/reserveUpload"
    return sender.ask("POST", url, json=body)


def finish(sender: Sender) -> requests.Response:
    url = f"{sender.data_url}/datasets/upload/mag/finishUpload"
    return sender.ask("POST", url, params={"uploadId": sender.upload})


@pytest.mark.parametrize("api", [14, 15, 16])
def test_mags_are_added(served: Served, api: int) -> None:
    """What was sent is a mag of the layer when the upload is finished."""
    sender = Sender(served(api), api)
    key = sender.publish()
    sender.upload += "-mag"
    assert reserve(sender, key).status_code == 200
    assert reserve(sender, key).status_code == 200
    url = f"{sender.data_url}/datasets/upload/mag"
    assert sender.send("c/0/0/0/0", url=url).status_code == 200
    assert finish(sender).json() == {"datasetId": key}
    (layer,) = sender.ask("GET", f"/datasets/{key}").json()["dataSource"]["dataLayers"]
    assert [mag["mag"] for mag in layer["mags"]] == [[1, 1, 1], [2, 2, 1]]
    assert Path(layer["mags"][1]["path"]).parent.name == "color"
    assert finish(sender).status_code == 400


def test_additional_axes_are_not_the_mags(sender: Sender) -> None:
    """The official client names them in the order of axes; the server drops what it knows not."""
    key = sender.publish()
    sender.upload += "-mag"
    order = {"c": 0, "t": 1, "x": 2, "y": 3, "z": 4}
    mag = {"mag": [2, 2, 1], "channelIndex": 0, "axisOrder": order}
    resumable = {"uploadId": sender.upload, "totalFileCount": 1}
    body = {"resumableUploadInfo": resumable, "datasetId": key, "layerName": "color", "mag": mag,
            "overwritePending": True}  # fmt: skip
    url = f"{sender.data_url}/datasets/upload/mag"
    assert sender.ask("POST", f"{url}/reserveUpload", json=body).status_code == 200
    sender.send("c/0", url=url)
    assert finish(sender).status_code == 200
    (layer,) = sender.ask("GET", f"/datasets/{key}").json()["dataSource"]["dataLayers"]
    assert layer["mags"][1]["axisOrder"] == {"c": 0, "x": 2, "y": 3, "z": 4}


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"layerName": "none"}, "Could not find layer “none” in dataset."),
        ({"mag": [1, 1, 1]}, "New mag 1 conflicts with existing mag of the layer."),
        ({"datasetId": MISSING_ID}, "could not be found or accessed"),
        ({"column": "virtual = 0"}, "only allowed for virtual datasets."),
        ({"column": "datastore = 'other'"}, "via different datastore."),
        ({"pending": True, "overwritePending": False}, "This mag is already pending."),
    ],
)
def test_mags_are_judged(sender: Sender, changes: dict[str, Any], cause: str) -> None:
    """The reason is in the chain of the refusal."""
    key = sender.publish()
    sender.upload += "-mag"
    changes = dict(changes)
    if column := changes.pop("column", None):
        database = sqlite3.connect(sender.standin.folder / "standin.sqlite")
        database.execute(f"UPDATE datasets SET {column} WHERE id = ?", (key,))  # noqa: S608 -- ours
        database.commit()
        database.close()
    if changes.pop("pending", False):
        assert reserve(sender, key).status_code == 200
        sender.upload += "-second"
    answer = reserve(sender, key, **changes)
    assert answer.status_code == 400
    assert answer.json()["messages"][0]["error"] == INVALID
    assert cause in said(answer)


def test_members_add_no_mags(sender: Sender) -> None:
    """They are denied in plain text."""
    key = sender.publish()
    sender.token = sender.standin.member_token
    sender.upload += "-mag"
    answer = reserve(sender, key)
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (403, "text/plain")


def test_pending_mags_are_not_there_yet(sender: Sender) -> None:
    """A newer reservation takes the place of an older one; the loser cannot finish twice."""
    key = sender.publish()
    first, second = (Sender(sender.standin, 16) for _ in range(2))
    assert reserve(first, key).status_code == 200
    assert reserve(second, key).status_code == 200
    (layer,) = sender.ask("GET", f"/datasets/{key}").json()["dataSource"]["dataLayers"]
    assert len(layer["mags"]) == 1
    for one in (first, second):
        one.send("a", url=f"{one.data_url}/datasets/upload/mag")
    assert finish(second).status_code == 200
    assert "is not pending" in said(finish(first))
