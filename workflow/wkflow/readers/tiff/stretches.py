"""Bytes of an open file, read where they are wanted; its position is neither used nor moved."""

import os
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

NATIVE = "<" if sys.byteorder == "little" else ">"

GAP_BYTES = 2**14
"""Reading over such a gap costs what a call of its own costs."""

Bytes = NDArray[np.uint8]


def read_bytes(descriptor: int, offset: int, target: NDArray[Any]) -> None:
    """Fill C-contiguous `target` from the file; many threads may do so at once."""
    rest = target.reshape(-1).view(np.uint8).data
    while rest:
        count = os.preadv(descriptor, [rest], offset)
        if count == 0:
            raise EOFError("the file ended while it was read")
        rest, offset = rest[count:], offset + count


def read_runs(
    descriptor: int, runs: Sequence[tuple[int, int]], room: int = 0
) -> tuple[Bytes, list[int]]:
    """Read stretches of the file (offset, bytes) into one buffer: at once where they lie together.

    Gives the buffer, which begins with `room` bytes for the caller, and where each stretch begins
    in it.
    """
    begin = min(offset for offset, _ in runs)
    end = max(offset + size for offset, size in runs)
    total = sum(size for _, size in runs)
    if end - begin <= total + GAP_BYTES:
        buffer = np.empty(room + end - begin, np.uint8)
        read_bytes(descriptor, begin, buffer[room:])
        return buffer, [room + offset - begin for offset, _ in runs]
    buffer = np.empty(room + total, np.uint8)
    places = [room]
    for offset, size in runs:
        read_bytes(descriptor, offset, buffer[places[-1] : places[-1] + size])
        places.append(places[-1] + size)
    return buffer, places[:-1]
