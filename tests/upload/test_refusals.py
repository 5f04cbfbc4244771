"""What the server will not take is said in seconds, before any voxel is read."""

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.standin.server import Standin, standin_in
from tests.upload.runs import CONVERSION, Run, arrived, converted, lines, url_of, wkflow

pytestmark = pytest.mark.long(but=["test_the_token_does_not_follow", "test_another_web_server"])

SOON_S = 20
ANY = "any-token"


class Stranger(BaseHTTPRequestHandler):
    """A web server that is no WEBKNOSSOS; it remembers what it was told."""

    told: list[str]
    status: int

    def do_GET(self) -> None:
        """Answer with a page, whatever is asked."""
        self.told.append(str(self.headers))
        page = b"<html><head><title>Welcome</title></head><body>Of mice and men.</body></html>"
        self.send_response(self.status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def stranger(status: int) -> Iterator[tuple[str, list[str]]]:
    """Run such a server; give its address, and the headers of all requests."""
    kind = type("Its", (Stranger,), {"told": [], "status": status})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", kind.told
        finally:
            server.shutdown()


def refused(
    stack: Path, here: Path, standin: Standin | None, *options: str, **variables: str | None
) -> Run:
    """Convert and expect a refusal: soon, in few words, and before any voxel is read."""
    began = time.monotonic()
    run = wkflow(
        "remote-convert", *CONVERSION, *options, stack, standin=standin, cwd=here, **variables
    )
    assert time.monotonic() - began < SOON_S
    assert run.returncode != 0
    assert run.stdout == ""
    assert lines(run)
    assert converted(here / "stack.upload") == []
    assert not list(here.glob("stack.upload/dataset/stack/*/c"))
    if standin is not None and standin.verify is True:
        assert standin.log()["chunk_requests"] == 0
        assert standin.datasets() == []
    return run


UNREADABLE = {"html": {"routes": ["instance.current_user"]}}


@pytest.mark.parametrize(
    ("server", "options", "variables", "told"),
    [
        ({}, (), {"WK_TOKEN": None}, ["WK_TOKEN", "--token"]),
        ({}, (), {"WK_TOKEN": "a-wrong-token"}, ["Please log in", "WK_TOKEN"]),
        ({}, (), {"WK_TOKEN": "token-of-member"}, ["Token authentication failed", "administrator"]),
        ({}, ("--folder", "lab/rwa"), {}, ["'lab/rwa'", "sample_organization/lab/raw"]),
        ({}, ("--folder", "archive"), {}, ["'archive'", "read-only"]),
        ({"quota": 1000}, (), {}, ["the storage quota of the organization is exceeded"]),
        ({"no_datastore": True}, (), {}, ["no datastore that takes uploads"]),
        ({"api": 12}, (), {}, ["5 to 12", "13 to 16", "server is too old"]),
        ({"api": 19, "oldest": 17}, (), {}, ["17 to 19", "13 to 16", "newer wkflow"]),
        ({"faults": UNREADABLE}, (), {}, ["JSON", "proxy"]),
    ],
    ids=[
        "no token",
        "wrong token",
        "a member's",
        "unknown folder",
        "read-only folder",
        "quota",
        "no datastore",
        "too old",
        "too new",
        "html",
    ],
)
def test_a_refusal_is_told_in_the_servers_words(
    tmp_path: Path,
    stack: Path,
    here: Path,
    server: dict[str, Any],
    options: tuple[str, ...],
    variables: dict[str, str | None],
    told: list[str],
) -> None:
    """Exit 4, what is wrong, and what a person can do."""
    with standin_in(tmp_path / "server", **server) as standin:
        run = refused(stack, here, standin, *options, **variables)
        assert run.returncode == 4, run.stderr
        for words in told:
            assert words in run.stderr
        assert standin.uploads() == []


def test_the_chain_of_causes_is_shown_when_asked_for(
    tmp_path: Path, stack: Path, here: Path
) -> None:
    """--verbose prints all that the server said; without it one sentence is enough."""
    with standin_in(tmp_path / "server", quota=1000) as standin:
        short = refused(stack, here, standin)
        long = refused(stack, here, standin, "--verbose")
    assert "<~" not in short.stderr
    assert "<~ " in long.stderr
    assert long.returncode == short.returncode == 4


def test_an_upload_is_refused_the_same_way(standin: Standin, local: Path, here: Path) -> None:
    """A dataset that exists meets the same questions."""
    run = wkflow(*("upload", "--folder", "lab/rwa", local), standin=standin, cwd=here)
    assert run.returncode == 4
    assert "sample_organization/lab/raw" in "".join(lines(run))
    assert standin.log()["chunk_requests"] == 0


def test_a_name_that_servers_refuse_is_told(standin: Standin, stack: Path, here: Path) -> None:
    """With a name that would do; nobody has to be asked for that."""
    run = refused(stack, here, standin, "--name", "a b")
    assert run.returncode == 2
    assert "'a_b'" in run.stderr


@pytest.mark.parametrize("status", [200, 404])
def test_another_web_server_is_no_webknossos(stack: Path, here: Path, status: int) -> None:
    """Whatever its page says; the token is not told to it."""
    with stranger(status) as (url, told):
        run = refused(stack, here, None, WK_URL=url, WK_TOKEN=ANY)
    assert run.returncode == 4
    assert "is no WEBKNOSSOS" in run.stderr
    assert told
    assert ANY not in "".join(told)


@pytest.mark.parametrize("route", ["instance.build_info", "instance.current_user"])
def test_the_token_does_not_follow_to_another_host(
    standin: Standin, stack: Path, here: Path, route: str
) -> None:
    """A redirect to another server ends the run, and that one never hears the token."""
    with stranger(200) as (url, told):
        standin.faults(redirect={"to": url, "routes": [route]})
        run = refused(stack, here, standin)
    assert run.returncode == 4
    assert standin.token not in "".join(told)


def test_a_server_that_is_not_there_may_be_later(stack: Path, here: Path) -> None:
    """A refused connection exits 5."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    run = refused(stack, here, None, WK_URL=f"http://127.0.0.1:{port}", WK_TOKEN=ANY)
    assert run.returncode == 5
    assert "refused" in run.stderr


def test_an_unknown_host_may_be_known_later(stack: Path, here: Path) -> None:
    """No address for a name exits 5, and the name is told."""
    run = refused(stack, here, None, WK_URL="https://nowhere.invalid", WK_TOKEN=ANY)
    assert run.returncode == 5
    assert "nowhere.invalid" in run.stderr


@pytest.mark.skipif(shutil.which("openssl") is None, reason="nothing makes certificates here")
def test_a_certificate_is_verified(tmp_path: Path, local: Path, stack: Path, here: Path) -> None:
    """One that nobody vouches for exits 4; with --ca-bundle or REQUESTS_CA_BUNDLE it is trusted."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out",
         certificate, "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    with standin_in(tmp_path / "server", tls=(certificate, key)) as standin:
        run = refused(stack, here, standin)
        assert run.returncode == 4
        assert "certificate" in run.stderr
        assert "--ca-bundle" in run.stderr
        run = wkflow("upload", "--ca-bundle", certificate, local, standin=standin, cwd=here)
        assert arrived(standin, url_of(run))
        trusting = {"REQUESTS_CA_BUNDLE": str(certificate)}
        options = ("upload", "--name", "again", local)
        run = wkflow(*options, standin=standin, cwd=here, **trusting)
        assert arrived(standin, url_of(run))["name"] == "again"
