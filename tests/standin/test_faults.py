"""Faults strike as they are told to, and the log shows what came of them."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.standin.sender import BODY, Sender, said, source
from tests.standin.server import Standin, standin_in

PROPERTIES = "datasource-properties.json"
MEBIBYTE = b"1" * 2**20


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    """Run one stand-in for this file."""
    with standin_in(tmp_path_factory.mktemp("faults"), api=16) as running:
        yield running


@pytest.fixture
def sender(standin: Standin) -> Sender:
    """Give a client with a reserved upload of two files, when no fault is set."""
    standin.faults()
    standin.set_tokens(admin="token-of-admin")
    sender = Sender(standin, 16)
    assert sender.reserve(2, size=None).status_code == 200
    standin.clear_log()
    return sender


def uploaded(sender: Sender) -> Path:
    """Give the folder of the sender's upload."""
    (upload,) = (one for one in sender.standin.uploads() if one["id"] == sender.upload)
    return Path(upload["path"])


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("when", ["before", "after"])
def test_statuses_are_given(sender: Sender, status: int, when: str) -> None:
    """Before the body is read or after it; the chunk has not come."""
    fault = {"status": status, "when": when, "retry_after": 2, "routes": ["chunk"], "times": 1}
    sender.standin.faults(status=fault)
    answer = sender.send("a", MEBIBYTE)
    assert (answer.status_code, answer.headers["Retry-After"]) == (status, "2")
    seen = sender.standin.log()
    assert seen["requests"] == {"chunk": {str(status): 1}}
    assert (seen["chunk_bytes"] > len(MEBIBYTE)) == (when == "after")
    assert seen["faults"] == {"status": 1}
    assert sender.test("a").status_code == 204
    assert sender.send("a", MEBIBYTE).status_code == 200


def test_rates_are_repeatable(sender: Sender) -> None:
    """A seed strikes the same requests each time; `skip` lets the first ones pass."""
    outcomes = []
    for _ in range(2):
        sender.standin.faults(status={"rate": 0.5, "seed": 4, "routes": ["test"], "skip": 1})
        outcomes.append([sender.test("a").status_code for _ in range(12)])
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0] == 204
    assert set(outcomes[0]) == {204, 503}


def test_chunks_break_off(sender: Sender) -> None:
    """A share of the body is read and counted; nothing is recorded."""
    sender.standin.faults(drop={"share": 0.5, "times": 1})
    with pytest.raises(requests.ConnectionError):
        sender.send("a", MEBIBYTE)
    seen = sender.standin.log()
    assert seen["requests"] == {"chunk": {"dropped": 1}}
    assert 0.4 < seen["chunk_bytes"] / len(MEBIBYTE) < 0.6
    assert sender.test("a").status_code == 204


def test_answers_may_never_come(sender: Sender) -> None:
    """The client waits, and then has no connection."""
    sender.standin.faults(hang={"seconds": 0.2, "times": 1})
    began = time.monotonic()
    with pytest.raises(requests.ConnectionError):
        sender.test("a")
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("kind", ["slow", "limit"])
def test_chunks_may_be_slow(sender: Sender, kind: str) -> None:
    """A limit holds for one connection, or for all together."""
    sender.standin.faults(**{kind: {"bytes_per_second": 4 * 2**20}})
    began = time.monotonic()
    assert sender.send("a", MEBIBYTE).status_code == 200
    assert 0.2 < time.monotonic() - began < 2


@pytest.mark.parametrize("status", [None, 504])
def test_finished_answers_are_lost(sender: Sender, status: int | None) -> None:
    """The dataset is there; the client hears nothing, or of a timeout, and then of no upload."""
    sender.send(PROPERTIES, source())
    sender.send("color/1/a")
    before = len(sender.standin.datasets())
    sender.standin.faults(lost={"status": status, "times": 1}, delay={"seconds": 0.1})
    if status is None:
        with pytest.raises(requests.ConnectionError):
            sender.finish()
    else:
        assert sender.finish().status_code == status
    assert len(sender.standin.datasets()) == before + 1
    assert "Could not find running upload" in said(sender.finish())
    assert sender.standin.log()["faults"]["delay"] == 2


def test_holes_are_left(sender: Sender) -> None:
    """The chunk counts as received, and is not there."""
    sender.standin.faults(hole={"times": 1})
    assert sender.send("a").status_code == 200
    assert sender.test("a").status_code == 200
    assert sender.send("a").status_code == 200
    assert not (uploaded(sender) / "a").exists()


def test_bytes_are_altered(sender: Sender) -> None:
    """One of a chunk, when it is stored; or one of a file, when it is read."""
    sender.standin.faults(flip={"times": 1})
    sender.send("color/1/a")
    stored = (uploaded(sender) / "color" / "1" / "a").read_bytes()
    assert sum(one != other for one, other in zip(stored, BODY, strict=True)) == 1
    sender.send(PROPERTIES, source())
    key = sender.finish().json()["datasetId"]
    url = f"{sender.data_url}/datasets/{key}/proxy/layers/color/mags/1/a"
    sender.standin.faults(flip={"times": 1, "routes": ["read"]})
    first, second = (sender.ask("GET", url).content for _ in range(2))
    assert second == stored
    assert sum(one != other for one, other in zip(first, second, strict=True)) == 1


def test_uploads_are_forgotten(sender: Sender) -> None:
    """From a request on, as if the upload had expired."""
    assert sender.send("a").status_code == 200
    sender.standin.faults(expire={"times": 1})
    assert "Could not find running upload" in said(sender.send("b"))
    assert sender.standin.uploads() == []


def test_tokens_are_revoked(sender: Sender) -> None:
    """After some chunks the token is nobody's, until there is another."""
    sender.standin.faults(revoke={"skip": 2, "times": 1})
    answers = [sender.send(f"{number}").status_code for number in range(3)]
    assert answers == [200, 200, 400]
    assert sender.ask("GET", "/user").status_code == 401
    sender.standin.set_tokens(admin="a-newer-one")
    sender.token = "a-newer-one"  # noqa: S105 -- of no use elsewhere
    assert sender.send("2").status_code == 200


@pytest.mark.parametrize(("given", "status"), [({}, 302), ({"status": 307}, 307)])
def test_requests_are_sent_elsewhere(sender: Sender, given: dict[str, Any], status: int) -> None:
    """To the same path of another origin."""
    sender.standin.faults(redirect={"to": "http://other.example/", **given})
    answer = sender.ask("GET", "/user")
    assert answer.status_code == status
    assert answer.headers["Location"] == "http://other.example/api/v16/user"
    assert sender.send("a").status_code == 200


def test_pages_come_instead(sender: Sender) -> None:
    """A page of HTML where JSON is expected, with status 200."""
    sender.standin.faults(html={"routes": ["instance.current_user"]})
    answer = sender.ask("GET", "/user")
    assert answer.status_code == 200
    assert answer.text.startswith("<html>")
    assert sender.ask("GET", "/folders/tree").json()


def test_several_faults_of_a_kind_take_turns(sender: Sender) -> None:
    """The first that is not over strikes."""
    faults = [{"status": 502, "times": 1, "routes": ["test"]}, {"status": 504, "routes": ["test"]}]
    sender.standin.faults(status=faults)
    assert [sender.test("a").status_code for _ in range(3)] == [502, 504, 504]


@pytest.mark.parametrize("faults", [{"nonsense": {}}, {"hole": {"chance": 1}}])
def test_unknown_faults_are_refused(sender: Sender, faults: dict[str, Any]) -> None:
    """A misspelt fault would be a test of nothing."""
    url = f"{sender.standin.url}/standin/faults"
    assert "no such fault" in said(sender.ask("PUT", url, json=faults))


def test_the_log_tells_what_came(sender: Sender) -> None:
    """Counts, bytes, chunks in their order, and tokens by host."""
    for path in ("b", "a", "b"):
        sender.send(path)
    sender.test("a")
    seen = sender.standin.log()
    assert seen["requests"] == {"chunk": {"200": 3}, "test": {"200": 1}}
    assert seen["chunk_requests"] == 3
    assert seen["chunks"] == {sender.upload: [["b", 1], ["a", 1], ["b", 1]]}
    assert seen["tokens"] == {sender.standin.url.removeprefix("http://"): [sender.token]}
    assert seen["sequence"][-1] == ["test", "200"]
    sender.standin.clear_log()
    assert sender.standin.log()["requests"] == {}
