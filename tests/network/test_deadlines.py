"""Answers that come a byte at a time, by a server of sockets."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest
from wkflow.errors import TransientError
from wkflow.network import deadlines
from wkflow.network.retry import RetryPolicy
from wkflow.sources.http import Web
from wkflow.webknossos.client.session import Session

from tests.webknossos.client.listener import hasty

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n"


@contextmanager
def dripping(before: bytes) -> Iterator[str]:
    """Answer each request with `before`, then a byte every 20 ms, for ever; give the URL."""
    stop = Event()
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[Thread] = []

    def answer(connection: socket.socket) -> None:
        with connection:
            connection.recv(65536)
            try:
                connection.sendall(before)
                while not stop.wait(0.02):
                    connection.sendall(b"x")
            except OSError:  # the client hung up
                return

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # it was closed
                return
            threads.append(Thread(target=answer, args=(connection,)))
            threads[-1].start()

    server = Thread(target=serve)
    server.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        server.join()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("before", [HEAD, b"HTTP/1.1 200 OK\r\nX-Long: "])
def test_an_answer_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch, before: bytes) -> None:
    """In its body or in its headers, after three tries, though it is never silent."""
    monkeypatch.setattr(deadlines, "GRACE_S", 0.2)
    with dripping(before) as url, Session(None, budget=hasty()) as session:
        with pytest.raises(TransientError, match="too slowly") as failure:
            session.json("GET", f"{url}/api/user")
        assert session.retries == 3
    assert failure.value.where == f"GET {url}/api/user"


def test_an_index_page_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """As silence is."""
    monkeypatch.setattr(deadlines, "GRACE_S", 0.2)
    policy = RetryPolicy(tries=2, sleep=lambda _: None)
    with dripping(HEAD) as url, Web(policy, 1) as web, pytest.raises(TransientError):
        web.list(f"{url}/folder/")


def test_an_answer_that_goes_on_is_not_hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may take as long as its size at the least rate."""
    now = [5.0]
    monkeypatch.setattr(deadlines, "monotonic", lambda: now[0])
    one = deadlines.Pace()
    for _ in range(100):
        one.passed(20_000)
        now[0] += 15
    one.passed(0)
    now[0] += 3000
    with pytest.raises(deadlines.TooSlowError, match="2000001 bytes came in 4500 s"):
        one.passed(1)
