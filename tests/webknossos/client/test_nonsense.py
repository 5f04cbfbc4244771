"""Answers that make no sense, on every route that is asked: errors of the server, by name."""

from collections.abc import Callable
from typing import Any

import pytest
from wkflow.errors import ServerError, TransientError, WkflowError
from wkflow.webknossos.client.api_versions import Dialect, NewMag
from wkflow.webknossos.client.dataset import RemoteDataset, Sharing
from wkflow.webknossos.client.new_mags import NewMags
from wkflow.webknossos.client.proxy import Proxy
from wkflow.webknossos.client.server import Server
from wkflow.webknossos.client.session import Session
from wkflow.webknossos.client.upload import Upload

from tests.webknossos.client.listener import Listener, Reply, asking, document, hasty

PAGE = Reply(200, b"<html>Please log in</html>", {"Content-Type": "text/html"})


def raw(body: bytes, status: int = 200) -> Reply:
    return Reply(status, body, {"Content-Type": "application/json; charset=utf-8"})


NONSENSE: dict[str, Reply] = {
    "page": PAGE,
    "empty": raw(b""),
    "no content": Reply(204),
    "cut": raw(b'{"id": "5f'),
    "deep": raw(b"[" * 100_000 + b"]" * 100_000),
    "latin": raw('{"id": "Zürich"}'.encode("latin-1")),
    "huge number": raw(b'{"id": ' + b"9" * 5000 + b"}"),
    "endless number": raw(b'[{"id": 1e400}]'),
    "no number": raw(b'{"id": NaN}'),
    **{f"a {type(value).__name__} {value}": document(value) for value in (
        None, True, 7, "word", [], {}, [None], [[1]], {"id": None}, [{"id": {}}], ["id"], [7],
    )},
}  # fmt: skip

MAG = NewMag("5f", "em", (2, 2, 2), {"c": 0, "x": 1, "y": 2, "z": 3})

Ask = Callable[[Server, Session], object]


def server_of(listener: Listener, session: Session) -> Server:
    return Server(session, listener.url, Dialect(15))


def dataset_of(server: Server, info: dict[str, Any] | None = None) -> RemoteDataset:
    return RemoteDataset(server, "5f", info or {"id": "5f"})


def upload_of(server: Server, session: Session) -> Upload:
    return Upload(session, server.url, server.dialect, "up", "em", "org", 3)


ROUTES: dict[str, Ask] = {
    "buildinfo": lambda server, session: Server.connect(session, server.url),
    "user": lambda server, _: server.user(),
    "datastores": lambda server, _: server.upload_datastore(),
    "name": lambda server, _: server.check_name("em"),
    "folders": lambda server, _: server.folder_id("a/b"),
    "datasets": lambda server, _: sorted(server.dataset_ids("em", "org")) or _nothing(),
    "dataset": lambda server, _: RemoteDataset.read(server, "5f"),
    "shared": lambda server, session: RemoteDataset.read(server, "5f", Sharing(session, "share")),
    "short link": lambda server, _: server.long_link("key"),
    "reserve paths": lambda server, _: server.reserve_paths({}),
    "reserve path": lambda server, _: NewMags(dataset_of(server)).reserve_path(MAG),
    "layers": lambda server, session: Proxy(session, server.url, server.dialect, "5f").mag_paths(),
    "finish": lambda server, session: upload_of(server, session).finish(),
}
"""What is asked for a document, and how."""

IS_ALLOWED = {("datasets", "a list []"), ("dataset", "[]"), ("reserve path", "a str word")}
"""An empty list is a list, and a word is a path."""


def _nothing() -> None:
    raise ServerError("the server's answer makes no sense: it is empty", "there", "")


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_nonsense_is_the_servers(route: str) -> None:
    """Status 4, or 5 where a repetition may help: never a fault of the program."""
    for name, reply in NONSENSE.items():
        with asking(lambda _, reply=reply: reply, budget=hasty()) as (listener, session):  # type: ignore[misc]
            server = server_of(listener, session)
            if (route, name) in IS_ALLOWED:
                continue
            with pytest.raises(WkflowError) as failure:
                ROUTES[route](server, session)
            kinds = (ServerError, TransientError) if route == "finish" else (ServerError,)
            assert isinstance(failure.value, kinds), (name, failure.value)
            assert len(listener.asked) <= 3, name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("page", "it is text/html where JSON was due"),
        ("empty", "where JSON was due"),
        ("no content", "it is status 204 No Content"),
        ("cut", "its JSON breaks off"),
        ("deep", "nested too deeply"),
        ("huge number", "the number 9{20}... is out of range"),
        ("endless number", "the number 1e400 is out of range"),
        ("a list []", "not the form of the protocol"),
    ],
)
def test_it_is_said_what_makes_no_sense(name: str, words: str) -> None:
    """With the request, and a remedy."""
    with asking(lambda _: NONSENSE[name]) as (listener, session):
        with pytest.raises(ServerError, match="answer makes no sense: .*" + words) as failure:
            server_of(listener, session).user()
        assert failure.value.where == f"GET {listener.url}/api/v15/user"


@pytest.mark.parametrize("url", [None, 7, "", "no url", "http://", "ftp://host", {}])
def test_a_datastore_must_have_an_address(url: object) -> None:
    """Of the web."""
    stores = document([{"url": url, "allowsUpload": True}])
    with (
        asking(lambda _: stores) as (listener, session),
        pytest.raises(ServerError, match="makes no sense"),
    ):
        server_of(listener, session).upload_datastore()


def test_mags_of_odd_layers_are_the_servers() -> None:
    """Of whatever type."""
    for layers in (None, 7, [7], [{"name": "em"}], [{"name": "em", "mags": [{"mag": 1e300}]}]):
        with asking(lambda _: PAGE) as (listener, session):
            info = {"id": "5f", "dataSource": {"dataLayers": layers}}
            with pytest.raises(ServerError):
                dataset_of(server_of(listener, session), info).mags_of("em")
