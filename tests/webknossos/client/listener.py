"""A server on loopback whose answers are a function, and the sessions that ask it."""

import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from wkflow.network.retry import SERVER_RETRIES, RetryBudget
from wkflow.webknossos.client.session import Session

TOKEN = "sEcReT-tOkEn-0815"  # noqa: S105 -- recognisable, and nobody's


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def token(self) -> str | None:
        return self.headers.get("x-auth-token")

    @property
    def json(self) -> Any:  # noqa: ANN401
        return json.loads(self.body)


@dataclass
class Reply:
    """One answer; `cut` ends the connection after so many bytes of its body, 0 before all."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None


def document(value: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


def refusal(error: str, chain: str = "", status: int = 400) -> Reply:
    messages = [{"error": error}, *([{"chain": chain}] if chain else [])]
    return document({"messages": messages}, status)


Answering = Callable[[Asked], Reply]


def in_turn(*replies: Reply) -> Answering:
    """Give one reply after the other, and the last one ever after."""
    left = list(replies)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


class Listener(ThreadingHTTPServer):
    """Answers what it is told to, and remembers what it was asked.

    `greed` holds for each of the next bodies how many bytes are taken before the line is cut.
    """

    daemon_threads = False

    def __init__(self, answer: Answering) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer, self.asked, self.greed = answer, list[Asked](), list[int]()
        self.scheme = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}"

    def encrypt(self, certificate: str, key: str) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )
        self.scheme = "https"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up."""


class _Handler(BaseHTTPRequestHandler):
    server: Listener
    protocol_version = "HTTP/1.1"
    timeout = 3

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        if length and self.server.greed:
            self.rfile.read(self.server.greed.pop(0))
            self._hang_up()
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        body = self.rfile.read(length)
        if len(body) < length:  # the client hung up
            self.close_connection = True
            return
        asked = Asked(self.command, url.path, query, headers, body)
        self.server.asked.append(asked)
        self._reply(self.server.answer(asked))

    do_POST = do_HEAD = do_PATCH = do_DELETE = do_GET  # noqa: N815 -- as the base wants them

    def _reply(self, reply: Reply) -> None:
        if reply.cut == 0:
            self._hang_up()
            return
        self.send_response(reply.status)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body[: reply.cut])
        if reply.cut is not None:
            self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def listening(answer: Answering) -> Iterator[Listener]:
    """Serve while the block runs; sessions are closed before it ends."""
    with Listener(answer) as listener:
        thread = Thread(target=listener.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield listener
        finally:
            listener.shutdown()
            thread.join()


@contextmanager
def asking(
    answer: Answering, token: str | None = TOKEN, budget: RetryBudget | None = None
) -> Iterator[tuple[Listener, Session]]:
    """Give a listener and a session that never really waits."""
    with listening(answer) as listener, Session(token, budget=budget or hasty()) as session:
        yield listener, session


def hasty(
    pauses: list[float] | None = None, per_request: int = 10, in_all: int = 200
) -> RetryBudget:
    """Make a budget whose pauses are noted, not made, and are as long as they may be."""
    noted = [] if pauses is None else pauses
    policy = replace(SERVER_RETRIES, tries=per_request + 1, in_all=in_all)
    return RetryBudget(replace(policy, sleep=noted.append, chance=lambda: 1.0))
