"""What the stand-in has seen since it was started, or since its log was cleared."""

import threading
from collections import defaultdict
from typing import Any

LONGEST = 20_000
"""So many requests are kept one by one; the rest is only counted."""


class Log:
    """Counts of requests, and what the chunk requests held.

    Examples
    --------
    >>> log = Log()
    >>> log.answered("user", "200")
    >>> log.as_dict()["requests"]
    {'user': {'200': 1}}
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        with self._lock:
            self._requests: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
            self._sequence: list[tuple[str, str]] = []
            self._tokens: dict[str, set[str]] = defaultdict(set)
            self._chunks: dict[str, list[tuple[str, int]]] = defaultdict(list)
            self._faults: dict[str, int] = defaultdict(int)
            self._chunk_bytes = self._chunk_requests = self._at_once = self._most_at_once = 0

    def answered(self, route: str, status: str) -> None:
        """Note how a request ended: with a status, or `dropped`."""
        with self._lock:
            self._requests[route][status] += 1
            if len(self._sequence) < LONGEST:
                self._sequence.append((route, status))

    def saw_token(self, host: str, token: str) -> None:
        with self._lock:
            self._tokens[host].add(token)

    def fired(self, kind: str) -> None:
        with self._lock:
            self._faults[kind] += 1

    def chunk_began(self) -> None:
        with self._lock:
            self._chunk_requests += 1
            self._at_once += 1
            self._most_at_once = max(self._most_at_once, self._at_once)

    def chunk_ended(self, received: int) -> None:
        """Note how many bytes of a body came, whatever became of them."""
        with self._lock:
            self._chunk_bytes += received
            self._at_once -= 1

    def chunk_came(self, upload: str, path: str, number: int) -> None:
        """Note a chunk whose body came as a whole."""
        with self._lock:
            self._chunks[upload].append((path, number))

    def as_dict(self) -> dict[str, Any]:
        with self._lock:
            return {
                "requests": {route: dict(counts) for route, counts in self._requests.items()},
                "sequence": list(self._sequence),
                "chunk_requests": self._chunk_requests,
                "chunk_bytes": self._chunk_bytes,
                "most_chunks_at_once": self._most_at_once,
                "chunks": {upload: list(seen) for upload, seen in self._chunks.items()},
                "tokens": {host: sorted(seen) for host, seen in self._tokens.items()},
                "faults": dict(self._faults),
            }
