"""What is checked of chunks, version by version, and where their bytes go."""

from pathlib import Path
from typing import Any

import pytest

from tests.standin.sender import BODY, Sender, said
from tests.standin.server import Standin

PLAIN = "Token may be expired, consider reloading. "


@pytest.mark.parametrize(
    ("changes", "status", "text"),
    [
        ({"resumableChunkNumber": None}, 400, "error.required"),
        ({"resumableTotalChunks": "many"}, 400, "error.number"),
        ({"resumableChunkSize": 2**31}, 400, "error.number"),
        ({"resumableIdentifier": ""}, 400, "error.required"),
        ({"resumableIdentifier": "unknown/a"}, 400,
         "Could not find running upload with upload id “unknown”."),
        ({"part": "content"}, 400, "Could not extract zipped data from upload request."),
        ({"content": b""}, 400, "Could not extract zipped data from upload request."),
        ({"path": "../../a"}, 400, "Invalid file path: ../../a"),
        ({"path": "a/../../b"}, 400, "Invalid file path: a/../../b"),
        ({"resumableCurrentChunkSize": 11}, 400, "doesn’t match passed file length 12"),  # noqa: RUF001 -- its text
        ({"resumableChunkNumber": 0}, 400, "Error receiving chunk 0"),
        ({"resumableCurrentChunkSize": 13}, 200, ""),
        ({"resumableTotalChunks": 1, "resumableChunkNumber": 9}, 200, ""),
        ({"totalFileCount": None, "resumableTotalSize": 1, "resumableType": None}, 200, ""),
    ],
)  # fmt: skip
def test_chunks_are_judged(
    any_sender: Sender, changes: dict[str, Any], status: int, text: str
) -> None:
    """One by one, and not by what was announced; a refused one has not come."""
    any_sender.reserve()
    path = changes.get("path", "a/b")
    answer = any_sender.send(**{"path": path, **changes})
    assert answer.status_code == status
    assert text in said(answer)
    if status != 200 and "path" not in changes:
        assert any_sender.test(path).status_code == 204


@pytest.mark.parametrize(
    ("token", "status", "text"),
    [
        ("token-of-member", 403, PLAIN + "Token authentication failed."),
        ("", 400, "Failed to check data access, token may be expired, consider reloading."),
    ],
)
def test_writers_are_checked(any_sender: Sender, token: str, status: int, text: str) -> None:
    """At each chunk, at each test of one, and at the end."""
    any_sender.reserve()
    any_sender.token = token
    for answer in (any_sender.send("a"), any_sender.test("a"), any_sender.finish()):
        assert (answer.status_code, said(answer)) == (status, text)


def test_chunks_are_remembered(any_sender: Sender) -> None:
    """The first of two equal numbers is kept, and a test tells which have come."""
    any_sender.reserve()
    assert any_sender.test("a").status_code == 204
    assert any_sender.send("a").status_code == 200
    assert any_sender.send("a", b"another one").status_code == 200
    assert any_sender.test("a").status_code == 200
    (upload,) = (one for one in any_sender.standin.uploads() if one["id"] == any_sender.upload)
    assert Path(upload["path"], "a").read_bytes() == BODY
    any_sender.upload = "unknown"
    assert any_sender.test("a").status_code == 400


def test_chunks_come_in_any_order(any_sender: Sender) -> None:
    """Each is written where its number and the nominal size say."""
    any_sender.reserve()
    fields = {"resumableChunkSize": 4, "resumableTotalChunks": 3}
    for number, content in ((3, b"i"), (1, b"abcd"), (2, b"efgh")):
        any_sender.send("a", content, **fields, resumableChunkNumber=number)
    (upload,) = (one for one in any_sender.standin.uploads() if one["id"] == any_sender.upload)
    assert Path(upload["path"], "a").read_bytes() == b"abcdefghi"
    assert any_sender.standin.log()["chunks"][any_sender.upload] == [["a", 3], ["a", 1], ["a", 2]]


def test_bytes_are_kept_as_they_are(sender: Sender) -> None:
    """Line breaks and dashes in a file are no end of it, however the pieces fall."""
    content = (b"\r\n--" * 70_000)[:262_144] + b"\r\n--\r\n-"
    sender.reserve()
    assert sender.send("a", content).status_code == 200
    (upload,) = (one for one in sender.standin.uploads() if one["id"] == sender.upload)
    assert Path(upload["path"], "a").read_bytes() == content


def test_bodies_may_be_too_long(tmp_path: Path) -> None:
    """A longer request than allowed is 413."""
    with Standin.start(tmp_path, max_body=1000) as standin:
        sender = Sender(standin, 16)
        sender.reserve()
        assert sender.send("a", b"1" * 1000).status_code == 413
