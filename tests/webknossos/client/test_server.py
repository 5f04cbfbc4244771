"""What is asked of WEBKNOSSOS before and after an upload."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from wkflow.errors import ConfigError, ServerError, TransientError
from wkflow.webknossos.client.api_versions import Dialect
from wkflow.webknossos.client.server import Server, User
from wkflow.webknossos.client.upload import FinishUnsureError

from tests.webknossos.client.listener import (
    TOKEN,
    Answering,
    Asked,
    Listener,
    Reply,
    asking,
    document,
    in_turn,
    listening,
    refusal,
)


def buildinfo(current: int = 15, oldest: int = 10) -> Reply:
    versions = {"currentApiVersion": current, "oldestSupportedApiVersion": oldest}
    return document({"webknossos": {"name": "wk"}, "httpApiVersioning": versions})


@contextmanager
def serving(answer: Answering, version: int = 15) -> Iterator[tuple[Listener, Server]]:
    with asking(answer) as (listener, session):
        yield listener, Server(session, listener.url, Dialect(version))


@pytest.mark.parametrize("written", ["{}", "{}/", " {} ", "{}/?x=1#y"])
def test_a_server_is_reached(written: str) -> None:
    """However its URL is written; the token is not needed yet."""
    with asking(in_turn(buildinfo())) as (listener, session):
        server = Server.connect(session, written.format(listener.url))
        assert (server.url, server.dialect) == (listener.url, Dialect(15))
    assert [(asked.path, asked.token) for asked in listener.asked] == [("/api/buildinfo", None)]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"<html>hello</html>", {"Content-Type": "text/html"}),
        document({"version": 1}),
        document([]),
        document({"httpApiVersioning": {"currentApiVersion": None}}),
        refusal("no route", status=404),
        Reply(404, b"<html>", {"Content-Type": "text/html"}),
    ],
)
def test_others_are_no_webknossos(reply: Reply) -> None:
    """Whatever they answer; the place is the URL that was given."""
    with (
        asking(in_turn(reply)) as (listener, session),
        pytest.raises(ServerError, match="is no WEBKNOSSOS") as caught,
    ):
        Server.connect(session, listener.url + "/dashboard")
    assert caught.value.where == listener.url + "/dashboard"
    assert caught.value.remedy.endswith(f"like {listener.url}.")


def test_a_server_of_another_time_is_told() -> None:
    """With the URL."""
    with (
        asking(in_turn(buildinfo(9, 5))) as (listener, session),
        pytest.raises(ServerError, match="5 to 9") as caught,
    ):
        Server.connect(session, listener.url)
    assert caught.value.where == listener.url


@pytest.mark.parametrize("url", ["webknossos.org", "https://me:secret@wk.example"])
def test_what_is_no_url_is_refused(url: str) -> None:
    """With an example; a password is not shown."""
    with (
        asking(in_turn(buildinfo())) as (_, session),
        pytest.raises(ConfigError) as caught,
    ):
        Server.connect(session, url)
    assert "secret" not in str(caught.value)


def test_another_host_is_a_persons_choice() -> None:
    """It is told which URL to give."""
    with listening(in_turn(buildinfo())) as other:
        moved = Reply(302, headers={"Location": f"{other.url}/wk/api/buildinfo"})
        with (
            asking(in_turn(moved)) as (listener, session),
            pytest.raises(ServerError, match="another server") as caught,
        ):
            Server.connect(session, listener.url)
    assert caught.value.where == listener.url
    assert f"{other.url}/wk" in caught.value.remedy


@pytest.mark.parametrize(
    ("base", "answered", "settled"),
    [
        ("http://wk.example", "https://wk.example", "https://wk.example"),
        ("http://wk.example:80", "https://wk.example", "https://wk.example"),
        ("http://wk.example", "https://wk.example/wk", "https://wk.example/wk"),
        ("http://wk.example", "http://wk.example/wk", "http://wk.example/wk"),
        ("https://wk.example", "http://wk.example", None),
        ("https://wk.example", "https://wk.example:8443", None),
        ("http://wk.example", "https://www.wk.example", None),
    ],
)
def test_encryption_may_be_added_on_the_way(
    base: str, answered: str, settled: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the same host; it is never taken away."""
    with asking(in_turn(buildinfo())) as (listener, session):
        answer = replace(session.request("GET", listener.url), url=f"{answered}/api/buildinfo")
        monkeypatch.setattr(session, "request", lambda *_, **__: answer)
        if settled:
            assert Server.connect(session, base).url == settled
        else:
            with pytest.raises(ServerError, match=f"leads to another server, {answered}"):
                Server.connect(session, base)


def test_the_user_is_known_by_the_token() -> None:
    """And whether the datastore will take datasets of that account."""
    found = {"id": "u", "email": "a@b.c", "organization": "org", "isAdmin": False, "teams": []}
    manager = {**found, "teams": [{"id": "t", "name": "T", "isTeamManager": True}]}
    with serving(in_turn(document(found), document(manager))) as (listener, server):
        assert server.user() == User("u", "a@b.c", "org", False, False, False)  # noqa: FBT003
        assert server.user().may_upload
    assert (listener.asked[0].path, listener.asked[0].token) == ("/api/v15/user", TOKEN)
    assert not User("u", "a@b.c", "org", False, False, False).may_upload  # noqa: FBT003


def test_a_wrong_token_is_told() -> None:
    """In the server's words, if it has any."""
    with (
        serving(in_turn(Reply(401))) as (_, server),
        pytest.raises(ServerError, match="401 Unauthorized") as caught,
    ):
        server.user()
    assert "token is wrong" in caught.value.remedy


STORES = [
    {"name": "old", "url": "https://old.example", "allowsUpload": False},
    {"name": "new", "url": "https://new.example/", "allowsUpload": True},
    {"name": "third", "url": "https://third.example", "allowsUpload": True},
]


def test_the_first_datastore_for_uploads_is_taken() -> None:
    """Without the slash at its end."""
    with serving(in_turn(document(STORES))) as (_, server):
        assert server.upload_datastore() == "https://new.example"


@pytest.mark.parametrize("stores", [STORES[:1], []])
def test_no_datastore_is_an_error(stores: list[object]) -> None:
    """An administrator must help."""
    with (
        serving(in_turn(document(stores))) as (_, server),
        pytest.raises(ServerError, match="no datastore"),
    ):
        server.upload_datastore()


def test_the_token_is_not_sent_in_the_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A datastore without encryption beside a server with it is a mistake of the server's."""
    stores = [{"url": "http://ds.example", "allowsUpload": True}]
    with serving(in_turn(document(stores))) as (_, server):
        assert server.upload_datastore() == "http://ds.example"
        monkeypatch.setattr(server.session, "json", lambda *_: stores)
        secret = replace(server, url="https://wk.example")
        with pytest.raises(ServerError, match="not encrypted"):
            secret.upload_datastore()


@pytest.mark.parametrize("errors", ["Too short.", ["Too", "short."]])
def test_a_bad_name_is_told(errors: object) -> None:
    """One string or a list of them, with what the caller proposes."""
    reply = document({"isValid": False, "errors": errors})
    with serving(in_turn(document({"isValid": True}), reply)) as (listener, server):
        server.check_name("a b/c?")
        with pytest.raises(ServerError, match=r"Too short\.") as caught:
            server.check_name("x", "x_1")
    assert caught.value.remedy == "Try x_1."
    assert listener.asked[0].path == "/api/v15/datasets/a%20b%2Fc%3F/isValidNewName"


def test_a_folder_is_asked_for_by_its_path() -> None:
    """None is the server's own choice, and asks nothing."""
    tree = [{"id": "r", "name": "Root", "parent": None, "isEditable": True}]
    with serving(in_turn(document(tree))) as (listener, server):
        assert server.folder_id(None) is None
        assert server.folder_id("/") is None
        assert not listener.asked
        assert server.folder_id("Root/") == "r"
        with pytest.raises(ServerError, match="no folder 'Rot'") as caught:
            server.folder_id("Rot")
    assert caught.value.remedy == "Did you mean Root?"


def test_datasets_are_found_by_their_exact_name() -> None:
    """Finished ones of the organization; the search itself is looser."""
    found = [
        {"id": "1", "name": "brain", "isActive": True, "owningOrganization": "org"},
        {"id": "2", "name": "brain_2", "isActive": True, "owningOrganization": "org"},
        {"id": "3", "name": "brain", "isActive": False, "owningOrganization": "org"},
        {"id": "4", "name": "brain", "isActive": True, "owningOrganization": "other"},
        {"id": "5", "name": "brain"},
    ]
    for version, compact in ((13, "true"), (16, None)):
        with serving(in_turn(document(found)), version) as (listener, server):
            assert server.dataset_ids("brain", "org") == {"1", "5"}
        assert listener.asked[0].path == f"/api/v{version}/datasets"
        assert listener.asked[0].query.get("compact") == compact
        assert listener.asked[0].query["searchQuery"] == "brain"


def test_a_dataset_has_an_address() -> None:
    """For programs and for people."""
    with serving(in_turn(document({"id": "5", "isActive": True}))) as (listener, server):
        assert server.dataset("5")["isActive"] is True
        assert server.url_of("5") == f"{listener.url}/datasets/5"
    assert listener.asked[0].path == "/api/v15/datasets/5"


def test_paths_are_reserved_and_finished() -> None:
    """For those who reach the storage."""
    answers = in_turn(document({"newDatasetId": "5", "dataSource": {"id": {}}}), Reply(200))
    with serving(answers) as (listener, server):
        assert server.reserve_paths({"datasetName": "n"}) == ("5", {"id": {}})
        server.finish_paths("5")
    assert [(asked.method, asked.path) for asked in listener.asked] == [
        ("POST", "/api/v15/datasets/reserveUploadToPaths"),
        ("POST", "/api/v15/datasets/5/finishUploadToPaths"),
    ]
    assert listener.asked[0].json == {"datasetName": "n"}


def test_a_lost_answer_to_a_finish_is_told() -> None:
    """It is not asked twice, since the second would be refused; a busy server is."""
    with serving(in_turn(Reply(503), Reply(cut=0))) as (listener, server):
        with pytest.raises(FinishUnsureError):
            server.finish_paths("5")
        assert len(listener.asked) == 2
    with (
        serving(in_turn(refusal("Not in uploading."))) as (_, server),
        pytest.raises(ServerError, match="Not in uploading"),
    ):
        server.finish_paths("5")


CALLS = {
    "user": lambda server: server.user(),
    "datastores": lambda server: server.upload_datastore(),
    "name": lambda server: server.check_name("n"),
    "folder": lambda server: server.folder_id("f"),
    "list": lambda server: server.dataset_ids("n", "org"),
    "dataset": lambda server: server.dataset("5"),
    "paths": lambda server: server.reserve_paths({}),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("shape", [3, None, [3], [{}], "text", {"teams": 3}], ids=str)
def test_answers_of_another_shape_are_no_bugs(call: object, shape: object) -> None:
    """An error of the server or an answer, never a crash."""
    assert callable(call)
    with serving(in_turn(document(shape))) as (_, server):
        try:
            call(server)
        except (ServerError, TransientError) as error:
            assert error.where  # noqa: PT017 -- an answer is as good


def test_the_version_is_in_every_path() -> None:
    """That of the dialect."""

    def only_13(asked: Asked) -> Reply:
        return document([]) if asked.path.startswith("/api/v13/") else Reply(404)

    with serving(only_13, 13) as (_, server):
        assert server.dataset_ids("n", "org") == frozenset()
