"""Requests against a real socket: repeated while it may help, and silent about the token."""

import logging
import pickle
import socket
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import which

import pytest
import requests
from wkflow import __version__
from wkflow.errors import ConfigError, ServerError, TransientError, WkflowError
from wkflow.network.http_adapter import Wire
from wkflow.webknossos.client.request import Request
from wkflow.webknossos.client.session import Session

from tests.webknossos.client.listener import (
    TOKEN,
    Asked,
    Reply,
    asking,
    document,
    hasty,
    in_turn,
    listening,
    refusal,
)

FINE = document({"fine": True})
TORN = Reply(200, b'{"fine": tr', {"Content-Type": "application/json"})


def test_a_request_says_who_asks() -> None:
    """By the header of the token alone, where it is wanted; and which program it is."""
    with asking(in_turn(FINE)) as (listener, session):
        session.json("GET", f"{listener.url}/a", params={"q": "ä b"})
        session.request("POST", f"{listener.url}/b", json={"x": 1})
        session.request("POST", f"{listener.url}/c", body=b"raw", headers={"A": "b"})
        session.request("GET", f"{listener.url}/d", with_token=False)
    one, two, three, four = listener.asked
    assert (one.query, one.token, one.body) == ({"q": "ä b"}, TOKEN, b"")
    assert (two.method, two.json, two.token) == ("POST", {"x": 1}, TOKEN)
    assert (three.body, three.headers["a"]) == (b"raw", "b")
    assert four.token is None
    for asked in listener.asked:
        assert asked.headers["user-agent"] == f"wkflow/{__version__}"
        assert "authorization" not in asked.headers


PASSING = {
    **{str(status): Reply(status) for status in (408, 425, 429, 500, 502, 503, 504, 524)},
    "nothing": Reply(cut=0),
    "half a body": Reply(200, b"x" * 100, cut=10),
    "half a document": TORN,
    "garbled": Reply(200, b"no gzip", {"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("reply", PASSING.values(), ids=PASSING)
def test_what_passes_is_asked_again(reply: Reply) -> None:
    """Status or broken line: until it is fine, each time after a longer pause."""
    pauses: list[float] = []
    with asking(in_turn(reply, reply, FINE), budget=hasty(pauses)) as (listener, session):
        assert session.json("GET", f"{listener.url}/a") == {"fine": True}
        assert session.retries == 2
    assert pauses == [0.5, 1.0]


LASTING = [400, 401, 403, 404, 405, 409, 413, 415, 418, 422, 501, 505]


@pytest.mark.parametrize("status", LASTING)
def test_what_lasts_is_said_at_once(status: int) -> None:
    """In the server's words, with the place and a remedy."""
    with asking(in_turn(refusal("No such luck.", "cause", status))) as (listener, session):
        with pytest.raises(ServerError, match=r"No such luck: cause") as caught:
            session.request("POST", f"{listener.url}/a", params={"secret": "1"}, json={})
        assert (len(listener.asked), session.retries) == (1, 0)
    assert caught.value.where == f"POST {listener.url}/a"
    assert caught.value.detail == "cause"
    assert caught.value.remedy


def test_who_asks_as_nobody_is_told() -> None:
    """A missing token is another mistake than a wrong one."""
    for token, remedy in ((None, "Give a token"), (TOKEN, "wrong or expired")):
        with (
            asking(in_turn(Reply(401)), token) as (listener, session),
            pytest.raises(ServerError) as caught,
        ):
            session.request("GET", listener.url)
        assert remedy in caught.value.remedy


@pytest.mark.parametrize(("header", "pause"), [("7", 7.0), ("86400", 600.0), ("soon", 0.5)])
def test_the_server_says_when(header: str, pause: float) -> None:
    """With Retry-After."""
    pauses: list[float] = []
    busy = Reply(429, headers={"Retry-After": header})
    with asking(in_turn(busy, FINE), budget=hasty(pauses)) as (listener, session):
        session.request("GET", listener.url)
    assert pauses == [pause]


def test_in_the_end_it_is_given_up() -> None:
    """With the last cause, the tries, and that the same command resumes."""
    reply = refusal("Too busy.", status=503)
    with asking(in_turn(reply), budget=hasty(per_request=3)) as (listener, session):
        with pytest.raises(TransientError, match=r"Too busy.*status 503.*4 tries") as caught:
            session.request("GET", f"{listener.url}/a")
        assert len(listener.asked) == 4
    assert "resumes" in caught.value.remedy


def test_nobody_there_is_given_up_too() -> None:
    """Refused connections and unknown names may pass."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with Session(TOKEN, budget=hasty(per_request=2), insecure=True) as session:
        with pytest.raises(TransientError, match=r"refused .*3 tries"):
            session.request("GET", f"http://127.0.0.1:{port}/")
        with pytest.raises(TransientError, match="name of the host is unknown"):
            session.request("GET", "http://wk.invalid/")


@pytest.mark.parametrize("url", ["wk.example", "ftp://wk.example", "https://me:pw@wk.example"])
def test_urls_are_judged_before_they_are_asked(url: str) -> None:
    """And shown without password."""
    with Session(TOKEN) as session, pytest.raises(ConfigError) as caught:
        session.request("GET", url)
    assert "pw" not in str(caught.value)


def elsewhere(url: str, status: int = 302) -> Reply:
    return Reply(status, headers={"Location": url})


def test_the_token_is_not_redirected_to_others() -> None:
    """Neither to another name of the same machine, nor to another port; within it is."""
    with listening(in_turn(FINE)) as other:
        targets = {
            "/name": f"http://localhost:{other.server_port}/there",
            "/port": f"{other.url}/there",
        }
        with asking(lambda asked: elsewhere(targets[asked.path])) as (_, session):
            for path in targets:
                assert session.json("GET", f"{_.url}{path}") == {"fine": True}
    assert [asked.token for asked in other.asked] == [None, None]
    assert TOKEN not in str(other.asked)

    def within(asked: Asked) -> Reply:
        return elsewhere("/b") if asked.path == "/a" else FINE

    with asking(within) as (listener, session):
        answer = session.request("GET", f"{listener.url}/a")
        assert answer.url == f"{listener.url}/b"
    assert [asked.token for asked in listener.asked] == [TOKEN, TOKEN]


def test_circles_are_left() -> None:
    """At once: the server will not change its mind."""
    with asking(lambda _: elsewhere("/again")) as (listener, session):
        with pytest.raises(ServerError, match="circles"):
            session.request("GET", f"{listener.url}/a")
        assert session.retries == 0


@pytest.mark.parametrize("target", ["ftp://wk.example/a", "http://[::1/a", "http://"])
def test_redirects_to_nowhere_are_errors(target: str) -> None:
    """Of the server, since it gave them."""
    with (
        asking(lambda _: elsewhere(target), budget=hasty(per_request=1)) as (listener, session),
        pytest.raises((ServerError, TransientError)),
    ):
        session.request("GET", f"{listener.url}/a")


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_bodies_are_not_redirected(method: str, status: int) -> None:
    """It is said which URL to give instead."""
    reply = elsewhere("https://new.example/wk/data/a?x=1", status)
    with asking(in_turn(reply)) as (listener, session):
        with pytest.raises(ServerError, match="is redirected to") as found:
            session.request(method, f"{listener.url}/data/a", json={})
        assert len(listener.asked) == 1
    assert found.value.what == "is redirected to https://new.example/wk/data/a"
    assert "https://new.example/wk as" in found.value.remedy


def test_answers_have_a_limit() -> None:
    """A page that never ends does not fill the memory; a refusal is read for its beginning."""
    with asking(in_turn(Reply(200, b"x" * 1000))) as (listener, session):
        with pytest.raises(ServerError, match="more than 999 bytes"):
            session.request("GET", listener.url, limit=999)
        assert len(session.request("GET", listener.url, limit=1000).content) == 1000
    with (
        asking(in_turn(Reply(400, b"x" * 10**6))) as (listener, session),
        pytest.raises(ServerError, match="xxx…"),
    ):
        session.request("GET", listener.url)


def test_timeouts_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice as long after each silence, up to what the server itself allows."""
    seen: list[tuple[float, float]] = []

    def silent(*_: object, timeout: tuple[float, float], **__: object) -> None:
        seen.append(timeout)
        raise requests.ReadTimeout

    monkeypatch.setattr(Wire, "send", silent)
    with Session(TOKEN, budget=hasty(per_request=7), insecure=True) as session:
        for timeout in (None, 7200):
            with pytest.raises(TransientError, match="no answer came in time"):
                session.request("POST", "http://wk.example/", timeout=timeout)
    reads = [read for _, read in seen]
    assert reads == [120, 240, 480, 960, 1920, 3840, 7200, 7200, *[7200] * 8]
    assert [connect for connect, _ in seen[:3]] == [30, 60, 120]


def test_a_silent_server_is_left() -> None:
    """After the timeout of the session."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/"
        budget = hasty(per_request=0)
        with (
            Session(TOKEN, timeout=0.05, budget=budget) as session,
            pytest.raises(TransientError, match="no answer came in time"),
        ):
            session.request("GET", url)


def test_the_environment_sets_the_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the official client has it; nonsense is named."""
    monkeypatch.setenv("WK_TIMEOUT", "0.05")
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/"
        with (
            Session(TOKEN, budget=hasty(per_request=0)) as session,
            pytest.raises(TransientError, match="no answer came in time"),
        ):
            session.request("GET", url)
    for nonsense in ("soon", "-1", "nan", "inf", "0"):
        monkeypatch.setenv("WK_TIMEOUT", nonsense)
        with pytest.raises(ConfigError, match=nonsense):
            Session(TOKEN)


@pytest.mark.parametrize("token", ["with space", "line\nbreak", "schlüssel", "nul\0"])
def test_what_is_no_token_is_refused(token: str) -> None:
    """Without being repeated; around it there may be blanks."""
    with pytest.raises(ConfigError) as caught:
        Session(token)
    assert token not in str(caught.value)
    with asking(in_turn(FINE), f" {TOKEN}\n") as (listener, session):
        session.request("GET", listener.url)
        assert session.has_token
    assert listener.asked[0].token == TOKEN


def echo(asked: Asked) -> Reply:
    """Answer as an indiscreet server would."""
    return refusal(f"Bad token {asked.token}", f"<~ {asked.token}", int(asked.path[1:]))


MISHAPS: dict[str, Callable[[Asked], Reply]] = {
    "refused": echo,
    "torn": in_turn(TORN),
    "broken": in_turn(Reply(cut=0)),
    "moved": lambda asked: elsewhere(f"https://wk.example/?token={asked.token}", 308),
    "page": lambda asked: Reply(404, f"<title>{asked.token}</title>".encode()),
}


@pytest.mark.parametrize("mishap", MISHAPS.values(), ids=MISHAPS)
@pytest.mark.parametrize("status", [401, 500])
def test_the_token_is_never_shown(
    mishap: Callable[[Asked], Reply], status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in errors, their pickles and details, nor in logs, nor in the session's own looks."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "urllib3")  # the client of Kubernetes makes it silent
    with asking(mishap, budget=hasty(per_request=1)) as (listener, session):
        with pytest.raises(WkflowError) as caught:
            session.request("POST", f"{listener.url}/{status}", json={})
        assert TOKEN not in repr(session) + str(session)
    error = caught.value
    assert TOKEN not in f"{error} {error!r} {error.detail} {pickle.dumps(error)!r} {caplog.text}"
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    assert "127.0.0.1" in caplog.text


def test_threads_share_a_session() -> None:
    """Each gets its own answers, over few connections."""

    def own(asked: Asked) -> Reply:
        return document(asked.query["n"])

    with asking(own) as (listener, session), ThreadPoolExecutor(4) as pool:
        found = pool.map(
            lambda n: session.json("GET", listener.url, params={"n": str(n)}), range(100)
        )
        assert list(found) == [str(n) for n in range(100)]


def test_proxies_of_the_environment_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """As by every other program."""
    with asking(in_turn(FINE), token=None) as (listener, session):
        monkeypatch.setenv("HTTP_PROXY", listener.url)
        assert session.json("GET", "http://wk.example/a") == {"fine": True}
    assert listener.asked[0].headers["host"] == "wk.example"


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    """Make a certificate for loopback that nobody signed, and its key."""
    openssl = which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate")
    made, key = str(tmp_path / "made.pem"), str(tmp_path / "key.pem")
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-out", made, "-keyout", key], check=True, capture_output=True)
    return made, key


def test_certificates_are_verified(
    certificate: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that nobody signed is refused at once, and taken where a bundle vouches for it."""
    with listening(in_turn(FINE)) as listener:
        listener.encrypt(*certificate)
        with Session(TOKEN, budget=hasty()) as session:
            with pytest.raises(ServerError, match="certificate cannot be trusted") as caught:
                session.request("GET", listener.url)
            assert session.retries == 0
            assert "--ca-bundle" in caught.value.remedy
            assert not listener.asked
        with Session(TOKEN, ca_bundle=certificate[0], budget=hasty()) as session:
            assert session.json("GET", listener.url) == {"fine": True}
            plain = listener.url.replace("127.0.0.1", "localhost")
            with pytest.raises(ServerError, match="certificate cannot be trusted"):
                session.request("GET", plain)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate[0])
        with Session(TOKEN, budget=hasty()) as session:
            assert session.json("GET", listener.url) == {"fine": True}


def test_a_plain_server_speaks_no_tls() -> None:
    """The scheme is the mistake, and no repetition mends it."""
    with asking(in_turn(FINE)) as (listener, session):
        with pytest.raises(ServerError, match="speaks no TLS") as caught:
            session.request("GET", listener.url.replace("http:", "https:"))
        assert session.retries == 0
    assert "http://" in caught.value.remedy


def test_a_missing_bundle_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever named it."""
    missing = str(tmp_path / "none.pem")
    with pytest.raises(ConfigError, match="is missing") as caught:
        Session(TOKEN, ca_bundle=missing)
    assert caught.value.where == missing
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", missing)
    with Session(TOKEN) as session, pytest.raises(ConfigError, match="is missing"):
        session.request("GET", "https://127.0.0.1:9/")


def test_the_token_does_not_travel_in_the_open() -> None:
    """Wherever a request goes, such as to a datastore that the server names: nothing is sent."""
    call = Request("GET", "http://192.0.2.1/data")
    with Session(TOKEN, timeout=0.1) as session:
        with pytest.raises(ConfigError, match="would get the token over plain http") as caught:
            session.attempt(call)
        assert (caught.value.where, caught.value.exit_status) == ("http://192.0.2.1/data", 2)
        session.require_private("https://192.0.2.1/data")
    with Session(TOKEN, insecure=True) as session:
        session.require_private(call.url)
