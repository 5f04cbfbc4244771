"""A web server on loopback over a folder: Python's own, which also knows ranges and faults."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar
from urllib.parse import urlsplit

STALL_S = 0.6


class Loopback(ThreadingHTTPServer):
    """Hangs up on all clients at its end, instead of waiting until they do."""

    daemon_threads = False
    request_queue_size = 64

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self._clients = list[socket.socket]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Remember the line."""
        self._clients.append(request)
        super().process_request(request, client_address)

    def encrypt(self, certificate: str, key: str) -> None:
        """Speak TLS from now on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )

    def hang_up(self) -> None:
        for client in self._clients:
            with suppress(OSError):  # it hung up itself
                client.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up."""


class Website(Loopback):
    """Serves a folder, and misbehaves as it is told.

    `faults` are those of the next GETs of files, one each: a status of HTTP; "cut" ends the line in
    the middle of the body, "close" before the answer, "stall" says nothing for a while, "swap"
    replaces the file in the middle, "short" sends half of it and says that is all.
    `asked` lists method, path with query, and range of each request; `pages` are pages by path,
    `headers` go with every answer.
    """

    def __init__(self, folder: Path, *, has_ranges: bool = True, has_head: bool = True) -> None:
        super().__init__(_Handler)
        self.folder, self.has_ranges, self.has_head = folder, has_ranges, has_head
        self.faults = list[int | str]()
        self.asked = list[tuple[str, str, str]]()
        self.pages = dict[str, str]()
        self.authorised = list[str]()
        self.headers = dict[str, str]()


Server = TypeVar("Server", bound=Loopback)


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Serve during the block."""
    with server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            server.hang_up()
            thread.join()


class _Handler(SimpleHTTPRequestHandler):
    server: Website
    protocol_version = "HTTP/1.1"
    timeout = 3

    def do_HEAD(self) -> None:
        self._note()
        if not self.server.has_head:
            self._say(403)
            return
        if not self._page():
            super().do_HEAD()

    def do_GET(self) -> None:
        self._note()
        path = Path(self.translate_path(self.path))
        if self._page():
            return
        if not path.is_file():
            super().do_GET()
            return
        fault = self.server.faults.pop(0) if self.server.faults else None
        if isinstance(fault, int):
            self._say(fault)
        elif fault == "close":
            self._hang_up()
        else:
            self._send(path, fault)

    def translate_path(self, path: str) -> str:
        self.directory = str(self.server.folder)
        return super().translate_path(path)

    def end_headers(self) -> None:
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        super().end_headers()

    def _page(self) -> bool:
        page = self.server.pages.get(urlsplit(self.path).path)
        if page is None:
            return False
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(page.encode())
        return True

    def _send(self, path: Path, fault: str | None) -> None:
        body, tag = path.read_bytes(), f'"{path.stat().st_mtime_ns}"'
        begin = self._begin(tag)
        part = body[begin:]
        if fault == "stall":
            time.sleep(STALL_S)
        if fault == "short":
            part = part[: len(part) // 2]
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(part)))
        self.send_header("ETag", tag)
        self.end_headers()
        if fault not in {"cut", "swap"}:
            self.wfile.write(part)
            return
        self.wfile.write(part[: len(part) // 2])
        if fault == "swap":
            path.write_bytes(body[::-1])
        self._hang_up()

    def _begin(self, tag: str) -> int:
        wanted = self.headers.get("Range", "")
        is_same = self.headers.get("If-Range", tag) == tag
        if not (self.server.has_ranges and wanted.startswith("bytes=") and is_same):
            return 0
        return int(wanted.removeprefix("bytes=").partition("-")[0])

    def _note(self) -> None:
        self.server.asked.append((self.command, self.path, self.headers.get("Range", "")))
        if authorised := self.headers.get("Authorization"):
            self.server.authorised.append(authorised)

    def _say(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _hang_up(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
