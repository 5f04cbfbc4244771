"""Work that is done by several threads and comes back in order, a few pieces at a time."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, wait
from typing import TypeVar

UploadPart = TypeVar("UploadPart")
Done = TypeVar("Done")

AHEAD = 2
"""Pieces per thread that are under way or waiting: one in work, one to go on with."""


def in_order(
    pool: Executor, work: Callable[[UploadPart], Done], pieces: Iterable[UploadPart]
) -> Iterator[Done]:
    """Do what `Executor.map` does without beginning everything at once.

    When the caller stops, nothing is begun any more, and what is under way has ended: the memory
    that it reads may be used again.
    """
    most = AHEAD * getattr(pool, "_max_workers", 1)
    ahead: deque[Future[Done]] = deque()
    try:
        for piece in pieces:
            if len(ahead) >= most:
                yield ahead.popleft().result()
            ahead.append(pool.submit(work, piece))
        while ahead:
            yield ahead.popleft().result()
    finally:
        for future in ahead:
            future.cancel()
        wait(ahead)
