"""The body of a request, read in big pieces, counted, and as slowly as a fault asks for."""

import threading
import time
from typing import Protocol

PIECE = 256 * 1024
"""So much is read at once: it stays in the processor's cache until it is written."""

SHORT = 16 * 1024
"""So much is read at once of what is kept in memory."""

PIECES_PER_SECOND = 20
"""A slow body is read in so many pieces a second, that it may flow and not jump."""


class DroppedError(ConnectionError):
    """The connection is at its end, by the client's doing or by a fault's."""


class Stream(Protocol):
    """Where bytes come from."""

    def readinto(self, view: memoryview, /) -> int | None: ...


class Bucket:
    """A limit of bytes per second that all who draw from it share.

    Examples
    --------
    >>> bucket = Bucket(1e9)
    >>> bucket.draw(1000)
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._lock = threading.Lock()
        self._free_at = time.monotonic()

    @property
    def piece(self) -> int:
        return max(1, int(self.rate / PIECES_PER_SECOND))

    def draw(self, size: int) -> None:
        """Wait until so many bytes may have passed."""
        with self._lock:
            now = time.monotonic()
            self._free_at = max(self._free_at, now) + size / self.rate
            wait = self._free_at - now
        time.sleep(wait)


class Body:
    """What the client sends after its headers.

    Attributes
    ----------
    received
        Bytes read so far.
    buckets
        Limits of speed.
    ends_after
        The connection is dropped when so many bytes are there.

    Examples
    --------
    >>> import io
    >>> body = Body(io.BytesIO(b"words and more"), 5)
    >>> body.read(), body.spent, body.received
    (b'words', True, 5)
    """

    def __init__(self, stream: Stream, length: int | None) -> None:
        self.length = length
        self.received = 0
        self.buckets: list[Bucket] = []
        self.ends_after: int | None = None
        self._stream = stream
        self._ended = length == 0

    @property
    def spent(self) -> bool:
        """Whether nothing of it is left to read."""
        return self._ended

    def fill(self, view: memoryview) -> int:
        """Put the next bytes into a buffer; give how many, 0 at the end.

        Raises
        ------
        DroppedError
            If the client ends before the body does.
        """
        if self._ended:
            return 0
        wanted = min(len(view), self._wanted())
        count = self._stream.readinto(view[:wanted]) or 0
        self.received += count
        for bucket in self.buckets:
            bucket.draw(count)
        if self.ends_after is not None and self.received >= self.ends_after:
            raise DroppedError("a fault")
        self._judge(count, wanted)
        return count

    def piece(self) -> bytes:
        """Give the next bytes, none at the end."""
        view = memoryview(bytearray(SHORT))
        return bytes(view[: self.fill(view)])

    def read(self) -> bytes:
        """Give all that is left; for short bodies."""
        return b"".join(iter(self.piece, b""))

    def discard(self) -> None:
        """Read what is left, and keep nothing."""
        view = memoryview(bytearray(PIECE))
        while self.fill(view):
            pass

    def _wanted(self) -> int:
        wanted = min([PIECE, *(bucket.piece for bucket in self.buckets)])
        if self.ends_after is not None:
            wanted = min(wanted, max(1, self.ends_after - self.received))
        return wanted if self.length is None else min(wanted, self.length - self.received)

    def _judge(self, count: int, wanted: int) -> None:
        if self.length is None:
            self._ended = count == 0
        elif count < wanted:
            raise DroppedError("the body broke off")
        else:
            self._ended = self.received == self.length
