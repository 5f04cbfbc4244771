"""What a server has, listed and deleted, in each version of the interface."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from wkflow.errors import ConfigError, ServerError
from wkflow.webknossos.client.api_versions import Dialect
from wkflow.webknossos.client.catalog import (
    USABLE,
    check_deletable,
    delete_dataset,
    list_datasets,
    require_failed,
    state_of,
)
from wkflow.webknossos.client.dataset import RemoteDataset
from wkflow.webknossos.client.server import Server
from wkflow.webknossos.client.session import Session

from tests.standin.sender import Sender, source
from tests.standin.server import Standin, standin_in
from tests.webknossos.client.listener import asking, document, in_turn

LAB_RAW = "f" * 23 + "2"


@pytest.fixture(params=[13, 16])
def standin(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Standin]:
    """Run a server with a finished dataset in its root, and a begun upload in a folder of it."""
    with standin_in(tmp_path / "server", api=request.param) as running:
        done = Sender(running, request.param)
        done.reserve(1, size=None)
        assert done.send("datasource-properties.json", source(mags=[])).status_code == 200
        assert done.finish().status_code == 200
        Sender(running, request.param).reserve(1, size=None, folderId=LAB_RAW)
        yield running


@pytest.fixture
def server(standin: Standin) -> Iterator[Server]:
    with Session(standin.token) as session:
        yield Server.connect(session, standin.url)


def test_each_dataset_is_listed_with_its_folder_and_state(server: Server) -> None:
    """Those of uploads that go on or failed as well, in the server's words."""
    done, begun = list_datasets(server)
    assert (done.folder, begun.folder) == ("", "lab/raw")
    assert (done.state, begun.state) == (USABLE, "Not yet fully uploaded.")
    assert done.url == f"{server.url}/datasets/{done.id}"
    assert (done.layers, done.bytes) == (("color",), None)
    assert done.created.endswith("+00:00")
    assert list_datasets(server, sizes=True)[0].bytes == 0


@pytest.mark.parametrize(
    ("folder", "count"),
    [("lab", 1), ("lab/raw", 1), ("sample_organization", 2), ("archive", 0)],
)
def test_a_folder_holds_those_below_it(server: Server, folder: str, count: int) -> None:
    """The root holds all; one that is read-only is listed as well."""
    assert len(list_datasets(server, folder)) == count


def test_a_folder_that_does_not_exist_is_told(server: Server) -> None:
    """With the nearest names."""
    with pytest.raises(ServerError, match="has no folder 'lap'") as caught:
        list_datasets(server, "lap")
    assert "lab" in caught.value.remedy


def test_what_failed_is_deleted_and_what_is_whole_is_not(server: Server) -> None:
    """Unless somebody insists."""
    done, begun = (RemoteDataset.read(server, one.id) for one in list_datasets(server))
    assert state_of(begun) == "Not yet fully uploaded."
    with pytest.raises(ConfigError, match=f"{done.name} is complete and usable"):
        require_failed(done, remedy="no")
    require_failed(begun, remedy="no")
    check_deletable(begun)
    delete_dataset(begun)
    assert [one.id for one in list_datasets(server)] == [done.id]
    delete_dataset(done)
    assert list_datasets(server) == []


def test_a_server_that_deletes_nothing_is_told_before(tmp_path: Path) -> None:
    """And nobody is asked whether they are sure."""
    with standin_in(tmp_path / "server", no_delete=True) as standin:
        Sender(standin, 16).reserve(1, size=None)
        with Session(standin.token) as session:
            server = Server.connect(session, standin.url)
            (one,) = list_datasets(server)
            dataset = RemoteDataset.read(server, one.id)
            with pytest.raises(ServerError, match="lets nobody delete"):
                check_deletable(dataset)
            with pytest.raises(ServerError, match="not enabled"):
                delete_dataset(dataset)


def test_a_server_that_only_says_so_is_told() -> None:
    """It is asked afterwards: 404 is the proof."""
    with asking(in_turn(document({}), document({}))) as (listener, session):
        server = Server(session, listener.url, Dialect(16))
        with pytest.raises(ServerError, match="said that it deleted it"):
            delete_dataset(RemoteDataset(server, "a" * 24, {}))
    assert [asked.method for asked in listener.asked] == ["DELETE", "GET"]
