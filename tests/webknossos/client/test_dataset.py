"""What a server tells of a dataset, and where its files are read."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from wkflow.errors import ConfigError, ServerError
from wkflow.webknossos.client.api_versions import Dialect
from wkflow.webknossos.client.dataset import RemoteDataset
from wkflow.webknossos.client.dataset_files import RemoteFiles
from wkflow.webknossos.client.server import Server

from tests.standin.conftest import Served
from tests.standin.sender import BODY, LAYER, SOURCE, Sender
from tests.webknossos.client.listener import Asked, Listener, Reply, asking, document
from tests.webknossos.client.mags import opened

APIS = (13, 14, 15, 16)
ID = "5" * 24


@pytest.mark.parametrize("api", APIS)
def test_a_dataset_is_described(served: Served, api: int) -> None:
    """As the server has it, with absolute paths."""
    sender = Sender(served(api), api)
    key = sender.publish()
    with opened(sender, key) as dataset:
        assert (dataset.id, dataset.name) == (key, "some_name")
        assert dataset.url == f"{sender.standin.url}/datasets/{key}"
        assert dataset.organization == "sample_organization"
        assert dataset.datastore == sender.standin.url
        assert dataset.mags_of("color") == [(1, 1, 1)]
        assert dataset.mags_of("none") == []
        (layer,) = dataset.document["dataLayers"]
        assert Path(layer["mags"][0]["path"]).is_absolute()


@pytest.mark.parametrize("api", APIS)
def test_files_are_read_through_the_proxy(served: Served, api: int) -> None:
    """Below the root, where the document says."""
    sender = Sender(served(api), api)
    with opened(sender, sender.publish()) as dataset:
        found = dataset.served("proxy_path")
        (layer,) = found.document["dataLayers"]
        assert (layer["dataFormat"], found.notes) == ("zarr3", ())
        files = RemoteFiles(dataset.reader, found.root)
        assert files.whole(f"{layer['mags'][0]['path']}/c/0/0/0/0") == BODY


@pytest.mark.parametrize("api", APIS)
def test_arrays_are_streamed(served: Served, api: int) -> None:
    """As Zarr of version 2, whatever the files are."""
    sender = Sender(served(api), api)
    with opened(sender, sender.publish()) as dataset:
        found = dataset.served("zarr_streaming")
        (layer,) = found.document["dataLayers"]
        assert (layer["dataFormat"], layer["mags"][0]["axisOrder"]) == (
            "zarr",
            {"c": 0, "x": 1, "y": 2, "z": 3},
        )
        files = RemoteFiles(dataset.reader, found.root)
        array = files.whole(f"{layer['mags'][0]['path']}/.zarray")
        assert array is not None
        assert json.loads(array)["shape"] == [1, 8, 8, 8]


@pytest.mark.parametrize("api", APIS)
def test_folders_are_opened_where_they_are(served: Served, api: int) -> None:
    """By those who have the storage mounted."""
    sender = Sender(served(api), api)
    with opened(sender, sender.publish()) as dataset:
        found = dataset.served("direct_path")
        (layer,) = found.document["dataLayers"]
        assert (found.root, layer["dataFormat"]) == ("/", "zarr3")
        assert Path(found.root, layer["mags"][0]["path"], "c/0/0/0/0").read_bytes() == BODY


@contextmanager
def altered(sender: Sender, key: str, path: str) -> Iterator[RemoteDataset]:
    """Open a dataset whose mag is said to be elsewhere."""
    with closing(sqlite3.connect(sender.standin.folder / "standin.sqlite")) as database:
        ((text,),) = database.execute("SELECT source FROM datasets WHERE id = ?", (key,))
        source = json.loads(text)
        source["dataLayers"][0]["mags"][0]["path"] = path
        sql = "UPDATE datasets SET source = ? WHERE id = ?"
        database.execute(sql, (json.dumps(source), key))
        database.commit()
    with opened(sender, key) as dataset:
        yield dataset


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("s3://host/bucket/color/1", "on no disk"),
        ("https://host/color/1", "on no disk"),
        ("color/1", "on no disk"),
        ("/there/is/no/such/folder", "not on this machine"),
        ("file:///there/is/none", "not on this machine"),
    ],
)
def test_folders_that_are_not_here_are_refused(sender: Sender, path: str, said: str) -> None:
    """With the ways that work; other layers do not matter."""
    with altered(sender, sender.publish(), path) as dataset:
        with pytest.raises(ConfigError, match=said) as caught:
            dataset.served("direct_path")
        assert "--access-mode proxy_path or zarr_streaming" in caught.value.remedy
        assert dataset.served("direct_path", frozenset({"other"})).document["dataLayers"] == []


def test_folders_may_be_spelled_as_urls(sender: Sender, tmp_path: Path) -> None:
    """With the scheme of files, and what it escapes."""
    folder = tmp_path / "a b"
    folder.mkdir()
    with altered(sender, sender.publish(), folder.as_uri()) as dataset:
        (layer,) = dataset.served("direct_path").document["dataLayers"]
        assert layer["mags"][0]["path"] == str(folder)


def test_what_is_not_finished_is_told(sender: Sender) -> None:
    """In the server's words."""
    sender.reserve()
    upload = next(one for one in sender.standin.uploads() if one["id"] == sender.upload)
    with opened(sender, upload["dataset"]) as dataset:
        for ask in (lambda: dataset.document, lambda: dataset.served("proxy_path")):
            with pytest.raises(ServerError, match="Not yet fully uploaded") as caught:
                ask()
            assert caught.value.where == dataset.url


def test_sharing_is_enough_to_read(sender: Sender) -> None:
    """For somebody without an account."""
    key = sender.publish()
    shared = sender.ask("GET", f"/datasets/{key}/sharingToken").json()["sharingToken"]
    sender.token = None
    with opened(sender, key, shared) as dataset:
        for mode, name in (("proxy_path", "zarr.json"), ("zarr_streaming", ".zarray")):
            found = dataset.served(mode)
            path = found.document["dataLayers"][0]["mags"][0]["path"]
            assert RemoteFiles(dataset.reader, found.root).whole(f"{path}/{name}")
        assert dataset.again().id == key


def layer(name: str, *mags: object) -> dict[str, Any]:
    return LAYER | {"name": name, "mags": [{"mag": one, "path": f"./{name}"} for one in mags]}


def test_what_is_not_served_is_left_out() -> None:
    """Mags and layers, with a note for each mag; what nobody knows is none of ours."""
    known = [layer("a", [1, 1, 1], [3, 3, 1]), layer("b", [1, 1, 1]), layer("c", [1, 1, 1])]
    offered = [layer("a", 1, [8, 8, 8]), layer("d", 1), layer("c", 1)]
    with serving(known, offered) as (_, dataset):
        found = dataset.served("proxy_path", frozenset({"a", "b"}))
    (only,) = found.document["dataLayers"]
    assert [mag["mag"] for mag in only["mags"]] == [1]
    assert [note.partition(" is ")[0] for note in found.notes] == [
        "mag 3-3-1 of layer a",
        "mag 1 of layer b",
    ]


@contextmanager
def serving(known: object, offered: object) -> Iterator[tuple[Listener, RemoteDataset]]:
    """Run a server that says one thing of a dataset, and serves another."""

    def answer(asked: Asked) -> Reply:
        if asked.path.startswith("/api"):
            source = SOURCE | {"dataLayers": known}
            where = {"url": f"http://{asked.headers['host']}"}
            return document({"id": ID, "dataSource": source, "dataStore": where})
        return document(SOURCE | {"dataLayers": offered})

    with asking(answer) as (listener, session):
        yield listener, RemoteDataset.read(Server(session, listener.url, Dialect(16)), ID)


@pytest.mark.parametrize("offered", [None, 5, [{}], [{"name": "a"}], [{"name": "a", "mags": [5]}]])
def test_other_answers_are_no_bugs(offered: object) -> None:
    """Errors of the server."""
    with (
        serving([layer("a", [1, 1, 1])], offered) as (_, dataset),
        pytest.raises(ServerError, match="makes no sense"),
    ):
        dataset.served("proxy_path")


@pytest.mark.parametrize("info", [[], None, {}, {"id": ID}, {"id": ID, "dataSource": 5}])
def test_other_datasets_are_no_bugs(info: object) -> None:
    """Whatever they lack."""
    with asking(lambda _: document(info)) as (listener, session):
        server = Server(session, listener.url, Dialect(16))
        with pytest.raises(ServerError):  # noqa: PT012 -- either will do
            dataset = RemoteDataset.read(server, ID)
            dataset.served("direct_path")
