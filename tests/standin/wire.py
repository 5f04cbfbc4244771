"""HTTP/1.1 on the wire: connections are kept, and dropped when the application says so."""

import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from werkzeug.serving import WSGIRequestHandler

from tests.standin.body import PIECE, Body, DroppedError

LINGER = 1.0
"""Seconds without a byte after which an early answer's connection is closed."""

MOST_LINGERING = 2**28


class Handler(WSGIRequestHandler):
    """Serves requests one after the other on a connection.

    Werkzeug's own handler closes it after each, because an application may leave a body unread;
    this one knows whether a body was read.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def make_environ(self) -> dict[str, Any]:
        environ = super().make_environ()
        length: int | None = int(self.headers.get("Content-Length") or 0)
        if environ.get("wsgi.input_terminated"):
            length = None
        environ["wsgi.input"] = Body(environ["wsgi.input"], length)
        return environ

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        said: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> None:
            said[:] = [status, headers]

        try:
            pieces = self.server.app(environ, start_response)  # type: ignore[arg-type]
            self._answer(*said, pieces, environ["wsgi.input"])
            if hasattr(pieces, "close"):
                pieces.close()
        except (DroppedError, ConnectionError):
            self.close_connection = True

    def _answer(
        self, status: str, headers: list[tuple[str, str]], pieces: Iterable[bytes], body: Body
    ) -> None:
        code, reason = status.split(" ", 1)
        self.send_response(int(code), reason)
        for key, value in headers:
            self.send_header(key, value)
        if not body.spent:
            self.send_header("Connection", "close")
        self.end_headers()
        for piece in pieces:
            self.wfile.write(piece)
        if not body.spent:
            self._linger()

    def _linger(self) -> None:
        """Swallow what the client still sends: a reset would hide the answer from it."""
        left = MOST_LINGERING
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(LINGER)
            while left > 0 and (data := self.connection.recv(PIECE)):
                left -= len(data)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the log is asked for."""
