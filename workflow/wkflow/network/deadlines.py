"""Answers that come too slowly are given up: silence is not the only way to hold a client.

A server that sends a byte every two seconds is never silent. So from its first byte on, an answer,
headers included, has half a minute, and after that must go on at a least rate.
"""

import io
import socket
from http.client import HTTPResponse
from time import monotonic
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

GRACE_S = 30.0
"""From the first byte of an answer on, whatever comes."""

LEAST_RATE = 1000.0
"""Bytes per second behind it: a tenth of the slowest modem that is still in use."""


class TooSlowError(TimeoutError):
    """An answer comes, and would take for ever."""


def paced(manager: urllib3.PoolManager) -> None:
    """Let all connections of a manager give up answers that come too slowly."""
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}


class Pace:
    """The bytes of one answer, and the time since the first of them."""

    def __init__(self) -> None:
        self._begun, self._count = 0.0, 0

    def passed(self, count: int) -> None:
        """Count bytes that came.

        Raises
        ------
        TooSlowError
            If they are too few for the time that they took.
        """
        now = monotonic()
        self._begun = self._begun or now
        self._count += count
        if count and now - self._begun > GRACE_S + self._count / LEAST_RATE:
            raise TooSlowError(f"{self._count} bytes came in {now - self._begun:.0f} s")


class _PacedReading(io.RawIOBase):
    def __init__(self, raw: io.RawIOBase) -> None:
        super().__init__()
        self._raw, self._pace = raw, Pace()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:  # noqa: ANN401 -- as the base has it
        count: int | None = self._raw.readinto(buffer)
        self._pace.passed(count or 0)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _PacedSocket:
    """What `HTTPResponse` asks of a socket."""

    def __init__(self, wrapped: socket.socket) -> None:
        self._wrapped = wrapped

    def makefile(self, *_: object, **__: object) -> io.BufferedReader:
        raw: Any = self._wrapped.makefile("rb", buffering=0)
        return io.BufferedReader(_PacedReading(raw))


class _PacedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(_PacedSocket(sock), *arguments, **options)  # type: ignore[arg-type]


class _Plain(HTTPConnection):
    response_class = _PacedResponse


class _Tls(HTTPSConnection):
    response_class = _PacedResponse


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Tls
