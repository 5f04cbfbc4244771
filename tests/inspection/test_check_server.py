"""What `wkflow doctor` says of a server and a token."""

import socket

import pytest
from wkflow.access_token import TOKEN
from wkflow.inspection.check_server import check_server

from tests.standin.conftest import Served


def test_a_good_token_is_known_by_its_user(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not shown itself."""
    standin = served(16)
    monkeypatch.setenv(TOKEN, standin.token)
    server, token = check_server(standin.url)
    assert (server.state, server.found) == ("ok", f"{standin.url} answers")
    assert token.state == "ok"
    assert "organization" in token.found
    assert standin.token not in f"{server}{token}"


def test_who_may_not_upload_is_told_so(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a conversion ends with it."""
    monkeypatch.setenv(TOKEN, served(16).member_token)
    _, token = check_server(served(16).url)
    assert (token.state, token.status) == ("fault", 4)
    assert "who may not upload" in token.found


def test_a_wrong_token_is_a_fault(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """With where to find a good one; it is not shown either."""
    monkeypatch.setenv(TOKEN, "no-such-token")
    _, token = check_server(served(16).url)
    assert (token.state, token.status) == ("fault", 4)
    assert "Copy it anew from" in token.advice
    assert "no-such-token" not in f"{token}"


def test_without_a_token_the_server_is_asked(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who converts on disk needs none."""
    monkeypatch.delenv(TOKEN, raising=False)
    server, token = check_server(served(16).url)
    assert (server.state, token.state, token.status) == ("ok", "absent", 0)


def test_a_server_that_cannot_be_reached_is_told_at_once() -> None:
    """It is asked once; nobody waits for minutes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (server,) = check_server(f"http://127.0.0.1:{port}", insecure=True)
    assert (server.state, server.status) == ("fault", 5)
    assert "refused" in server.found


def test_what_is_no_address_is_a_fault() -> None:
    """Of the options."""
    (server,) = check_server("webknossos")
    assert (server.state, server.status) == ("fault", 2)
