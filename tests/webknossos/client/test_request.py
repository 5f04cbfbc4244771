"""Requests are shown without secrets; answers are what they say to be, or an error."""

import pytest
from wkflow.errors import ConfigError, ServerError
from wkflow.network.urls import shown
from wkflow.webknossos.client.request import Request, Response, origin


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://me:secret@wk.example/a?token=secret#secret", "https://wk.example/a"),
        ("https://secret@wk.example", "https://wk.example"),
        ("me:secret@wk.example/a", "wk.example/a"),
        ("https://me:s@cret@wk.example/http://a", "https://wk.example/http://a"),
        ("https://wk.example/a@b", "https://wk.example/a@b"),
        ("", ""),
    ],
)
def test_urls_are_shown_without_secrets(url: str, plain: str) -> None:
    """Neither query nor password; an @ of the path stays."""
    assert shown(url) == plain
    assert Request("GET", url).where == f"GET {plain}"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://WK.example/a", ("http", "wk.example", 80)),
        ("https://wk.example", ("https", "wk.example", 443)),
        ("https://wk.example:8443/a", ("https", "wk.example", 8443)),
        ("http://[::1]:9000", ("http", "::1", 9000)),
    ],
)
def test_servers_are_told_apart(url: str, found: tuple[str, str, int]) -> None:
    """By scheme, host and port, the usual port included."""
    assert origin(url) == found


@pytest.mark.parametrize(
    "url",
    [
        *("", "wk.example", "wk.example:9000", "ftp://wk.example", "https://", "file:///a"),
        *("http://[::1", "https://wk.example:http", "https://wk.example:99999"),
        "https://me:secret@wk.example",
    ],
)  # fmt: skip
def test_what_is_no_url_is_refused(url: str) -> None:
    """So is one with a password, which is not shown again."""
    with pytest.raises(ConfigError) as caught:
        origin(url)
    assert "secret" not in str(caught.value)


def answer(content: bytes, content_type: str = "application/json", status: int = 200) -> Response:
    headers = {"Content-Type": content_type} if content_type else {}
    return Response("GET https://wk", "https://wk", status, headers, content)


@pytest.mark.parametrize(
    ("found", "is_torn"),
    [
        (answer(b'{"a": [1, 2'), True),
        (answer(b'{"a": [1, 2]}'), False),
        (answer(b""), False),
        (answer(b"<html>", "text/html"), False),
        (answer(b'{"a": [1', status=206), False),
        (answer(b'{"a": [1', ""), False),
    ],
)
def test_a_torn_document_is_noticed(found: Response, is_torn: object) -> None:
    """A part of a file that was asked for is none."""
    assert found.is_torn is is_torn


def test_a_document_is_read() -> None:
    """What is none is an error of the server."""
    assert answer(b'{"a": 1}').json() == {"a": 1}
    with pytest.raises(ServerError, match="text/html where JSON was due"):
        answer(b"<html>", "text/html").json()
