"""Mags come to a dataset that is there, whatever answers are lost."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from wkflow.errors import ServerError, TransientError
from wkflow.model.mag import Mag
from wkflow.webknossos.client.api_versions import Dialect
from wkflow.webknossos.client.dataset import RemoteDataset
from wkflow.webknossos.client.mag_upload import MagUpload
from wkflow.webknossos.client.new_mags import NewMags
from wkflow.webknossos.client.server import Server
from wkflow.webknossos.client.upload import UploadLostError

from tests.standin.conftest import Served
from tests.standin.sender import Sender
from tests.webknossos.client.listener import Asked, Reply, asking, document, in_turn, refusal
from tests.webknossos.client.mags import AXES, FILES, mags_there, new_mag, opened, write_mag

APIS = (13, 14, 15, 16)
SIZE = sum(map(len, FILES.values()))


def sent(new: NewMags, key: str, folder: Path, upload_id: str) -> MagUpload:
    """Send a mag, all but the finish."""
    pieces = write_mag(folder)
    upload = new.upload_of(new_mag(key), upload_id, len(FILES))
    upload.reserve(SIZE)
    for piece in pieces:
        upload.send(piece)
    return upload


@pytest.mark.parametrize("api", APIS[1:])
@pytest.mark.parametrize("status", [None, 502], ids=["cut", "502"])
def test_a_lost_finish_is_looked_for(
    served: Served, tmp_path: Path, api: int, status: int | None
) -> None:
    """The mag is there; the same again does nothing."""
    sender = Sender(served(api), api)
    key = sender.publish()
    sender.standin.clear_log()
    with opened(sender, key) as dataset:
        new = NewMags(dataset)
        upload = sent(new, key, tmp_path, f"lost-{api}-{status}")
        assert not new.lists(upload.mag)
        sender.standin.faults(lost={"times": 1, "status": status})
        new.finish(upload, wait_s=0)
        assert new.lists(upload.mag)
        new.finish(upload)
    assert sum(sender.standin.log()["requests"]["finishing.finish"].values()) == 1
    assert list(mags_there(sender, key)) == [(1, 1, 1), (2, 2, 1)]


def test_a_finish_that_did_not_come_is_asked_again(sender: Sender, tmp_path: Path) -> None:
    """Once the dataset was looked at."""
    key = sender.publish()
    with opened(sender, key) as dataset:
        new = NewMags(dataset)
        upload = sent(new, key, tmp_path, "not-come")
        sender.standin.faults(status={"status": 504, "times": 1, "routes": ["finish"]})
        new.finish(upload, wait_s=0)
    assert (2, 2, 1) in mags_there(sender, key)


def test_in_the_end_nobody_knows(sender: Sender, tmp_path: Path) -> None:
    """Later, the same command looks again."""
    key = sender.publish()
    with opened(sender, key) as dataset:
        new = NewMags(dataset)
        upload = sent(new, key, tmp_path, "nobody-knows")
        sender.standin.faults(status={"status": 504, "routes": ["finish"]})
        with pytest.raises(TransientError, match="does not say whether it did"):
            new.finish(upload, wait_s=0)
        sender.standin.faults()
        new.finish(upload)
    assert (2, 2, 1) in mags_there(sender, key)


def test_a_forgotten_upload_is_begun_anew(sender: Sender, tmp_path: Path) -> None:
    """Under another name: what was pending yields."""
    key = sender.publish()
    with opened(sender, key) as dataset:
        new = NewMags(dataset)
        upload = sent(new, key, tmp_path, "first")
        sender.standin.faults(expire={"times": 1, "upload": "first", "routes": ["test"]})
        with pytest.raises(UploadLostError, match="no longer knows the upload first"):
            new.finish(upload)
        new.finish(sent(new, key, tmp_path, "second"))
    assert (2, 2, 1) in mags_there(sender, key)


def test_a_refused_finish_is_told(sender: Sender, tmp_path: Path) -> None:
    """In the server's words; nothing is added."""
    key = sender.publish()
    with opened(sender, key) as dataset:
        new = NewMags(dataset)
        pieces = write_mag(tmp_path)
        upload = new.upload_of(new_mag(key), "incomplete", len(FILES))
        upload.reserve(SIZE)
        for piece in pieces[:-1]:
            upload.send(piece)
        with pytest.raises(ServerError, match="Chunks missing for uploaded file c/0/0/0/0"):
            new.finish(upload)
        upload.send(pieces[-1])
        new.finish(upload)
    assert (2, 2, 1) in mags_there(sender, key)


@pytest.mark.parametrize("api", APIS)
def test_mags_are_laid_into_the_storage(served: Served, tmp_path: Path, api: int) -> None:
    """Where the server says; a second reservation takes the place of the first."""
    sender = Sender(served(api), api)
    key, mag = sender.publish(), None
    write_mag(tmp_path / "mag")
    with opened(sender, key) as dataset:
        new, mag = NewMags(dataset), new_mag(key)
        first, path = Path(new.reserve_path(mag)), Path(new.reserve_path(mag))
        assert path.is_absolute()
        assert first != path
        assert not path.exists()
        shutil.copytree(tmp_path / "mag", path)
        assert not new.lists(mag)
        new.finish_path(mag)
        assert new.lists(mag)
        new.finish_path(mag)
    assert mags_there(sender, key)[2, 2, 1] == path


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("status", [None, 500, 503], ids=str)
def test_lost_answers_of_paths_do_no_harm(served: Served, api: int, status: int | None) -> None:
    """Neither to the reservation nor to the end."""
    sender = Sender(served(api), api)
    key = sender.publish()
    with opened(sender, key) as dataset:
        new, mag = NewMags(dataset), new_mag(key)
        lost: dict[str, Any] = {"times": 1, "status": status, "routes": ["reserve", "finish"]}
        sender.standin.faults(lost=[lost, lost])
        Path(new.reserve_path(mag)).mkdir(parents=True)
        new.finish_path(mag)
        assert new.lists(mag)
    assert sender.standin.log()["faults"]["lost"] == 2


def test_refused_paths_are_told(sender: Sender) -> None:
    """In the server's words."""
    key = sender.publish()
    with opened(sender, key) as dataset:
        new = NewMags(dataset)
        with pytest.raises(ServerError, match="conflicts with existing mag"):
            new.reserve_path(new_mag(key, (1, 1, 1)))
        with pytest.raises(ServerError, match="is not pending"):
            new.finish_path(new_mag(key))


def test_a_path_is_a_text() -> None:
    """Whatever else it is, is an error of the server."""
    info = {"id": "5", "dataSource": {"dataLayers": []}}
    with asking(in_turn(document(info), document({"path": "/x"}))) as (listener, session):
        dataset = RemoteDataset.read(Server(session, listener.url, Dialect(16)), "5")
        with pytest.raises(ServerError, match="makes no sense: it is no path"):
            NewMags(dataset).reserve_path(new_mag("5"))
    assert listener.asked[1].json == {
        "layerName": "color", "mag": [2, 2, 1], "axisOrder": AXES, "channelIndex": 0,
        "pathPrefix": None, "overwritePending": True,
    }  # fmt: skip


def test_a_second_finish_may_be_refused() -> None:
    """After a lost answer: what counts is whether the mag is listed."""
    layers = [{"name": "color", "mags": []}]
    before = {"id": "5", "dataSource": {"dataLayers": layers}}
    after = json.loads(json.dumps(before))
    after["dataSource"]["dataLayers"][0]["mags"] = [{"mag": [2, 2, 1]}]
    replies = (document(before), Reply(cut=0), document(before), refusal("not pending"))
    with asking(in_turn(*replies, document(after))) as (listener, session):
        dataset = RemoteDataset.read(Server(session, listener.url, Dialect(16)), "5")
        NewMags(dataset).finish_path(new_mag("5"))
        assert len(listener.asked) == 5


def test_a_slow_finish_is_not_begun_anew() -> None:
    """Servers forget an upload before its files are in their place: a second would disturb."""
    info = {"id": "5", "dataSource": {"dataLayers": []}, "dataStore": {}}
    is_known = True

    def answer(asked: Asked) -> Reply:
        nonlocal is_known
        if asked.path.endswith("finishUpload"):
            is_known = False
            return Reply(cut=0)
        if asked.path.endswith("/upload/mag"):
            return Reply(204) if is_known else refusal("No such upload.")
        where = {"url": f"http://{asked.headers['host']}"}
        return document(info | {"dataStore": where})

    with asking(answer) as (listener, session):
        dataset = RemoteDataset.read(Server(session, listener.url, Dialect(16)), "5")
        upload = NewMags(dataset).upload_of(new_mag("5"), "up", 1)
        with pytest.raises(TransientError, match="does not say whether it did") as caught:
            NewMags(dataset).finish(upload, wait_s=0)
        assert not isinstance(caught.value, UploadLostError)
        with pytest.raises(UploadLostError):
            NewMags(dataset).finish(upload, wait_s=0)
    assert [asked.method for asked in listener.asked].count("POST") == 1


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("mode", ["http", "copy", "move+symlink", "symlink"])
def test_what_is_allowed_is_known_before(served: Served, api: int, mode: str) -> None:
    """All but http on servers of API 13."""
    sender = Sender(served(api), api)
    key = sender.publish()
    planned = [("color", Mag(2, 2, 1)), ("color", Mag(4, 4, 2))]
    for token in (sender.standin.token, sender.standin.manager_token):
        sender.token = token
        with opened(sender, key) as dataset:
            if (api, mode) == (13, "http"):
                with pytest.raises(ServerError, match="this one speaks 13"):
                    NewMags(dataset).check_allowed(mode, planned)
            else:
                NewMags(dataset).check_allowed(mode, planned)
    assert not sender.standin.log()["requests"].keys() & {"reserving.reserve_mag"}


def test_who_may_not_is_told_before(sender: Sender) -> None:
    """Without a token, with a wrong one, with that of a mere reader."""
    key = sender.publish()
    shared = sender.ask("GET", f"/datasets/{key}/sharingToken").json()["sharingToken"]
    sender.ask("PATCH", f"/datasets/{key}/updatePartial", json={"isPublic": True})
    for token, said in (
        (None, "no token was given"),
        ("a-wrong-token", "Please log in"),
        (sender.standin.member_token, "may not change the dataset"),
    ):
        sender.token = token
        with opened(sender, key, shared) as dataset, pytest.raises(ServerError, match=said):
            NewMags(dataset).check_allowed("http")


def test_sharing_reads_and_the_user_writes(sender: Sender, tmp_path: Path) -> None:
    """The official client sends the sharing token for both, and is refused."""
    key = sender.publish()
    shared = sender.ask("GET", f"/datasets/{key}/sharingToken").json()["sharingToken"]
    with opened(sender, key, shared) as dataset:
        new = NewMags(dataset)
        new.check_allowed("http")
        new.finish(sent(new, key, tmp_path, "shared"))
        assert new.dataset.again().mags_of("color") == [(1, 1, 1), (2, 2, 1)]


def test_folders_of_the_server_get_no_mags(sender: Sender) -> None:
    """Those that it found and does not keep itself."""
    key = sender.publish()
    with closing(sqlite3.connect(sender.standin.folder / "standin.sqlite")) as database:
        database.execute("UPDATE datasets SET virtual = 0 WHERE id = ?", (key,))
        database.commit()
    with (
        opened(sender, key) as dataset,
        pytest.raises(ServerError, match="not to folders it found") as caught,
    ):
        NewMags(dataset).check_allowed("copy")
    assert "wkflow downsample" in caught.value.remedy


@pytest.mark.parametrize("mag", [Mag(1, 1, 1), Mag(2, 1, 1)])
def test_mags_in_the_way_are_told_before(sender: Sender, mag: Mag) -> None:
    """Servers tell them apart by their largest factor."""
    key = sender.publish()
    with opened(sender, key) as dataset:
        new = NewMags(dataset)
        Path(new.reserve_path(new_mag(key, (2, 2, 1)))).mkdir(parents=True)
        new.finish_path(new_mag(key, (2, 2, 1)))
        with pytest.raises(ServerError, match=f"has mag .*, and so cannot get mag {mag}"):
            NewMags(dataset.again()).check_allowed(
                "http", [("color", Mag(4, 4, 4)), ("color", mag)]
            )
