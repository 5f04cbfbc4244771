"""Bytes read from where they are, in a file of known bytes."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from wkflow.readers.tiff.stretches import GAP_BYTES, read_bytes, read_runs

CONTENT = np.random.default_rng(1).integers(0, 256, 5 * GAP_BYTES, np.uint8).tobytes()


@pytest.fixture
def descriptor(tmp_path: Path) -> Iterator[int]:
    path = tmp_path / "bytes"
    path.write_bytes(CONTENT)
    opened = os.open(path, os.O_RDONLY)
    yield opened
    os.close(opened)


@pytest.mark.parametrize(
    "runs",
    [
        [(0, 10)],
        [(7, 10), (17, 1), (18, 30)],
        [(40, 10), (5, 3)],
        [(0, 10), (4 * GAP_BYTES, 10)],
        [(4 * GAP_BYTES, 10), (3, 4), (2 * GAP_BYTES, 9)],
        [(5, 0), (9, 1)],
    ],
)
def test_stretches_are_read_near_and_far(descriptor: int, runs: list[tuple[int, int]]) -> None:
    """In any order, with room in front of them that is the caller's."""
    for room in (0, 13):
        buffer, places = read_runs(descriptor, runs, room)
        assert min(places) >= room
        found = [bytes(buffer[p : p + n]) for p, (_, n) in zip(places, runs, strict=True)]
        assert found == [CONTENT[offset : offset + size] for offset, size in runs]


def test_gaps_are_not_read(descriptor: int) -> None:
    """Two tiles of a large image must not bring what lies between them."""
    buffer, _ = read_runs(descriptor, [(0, 10), (4 * GAP_BYTES, 10)])
    assert buffer.nbytes == 20


def test_a_file_that_ends_is_an_error(descriptor: int) -> None:
    """Someone else may cut it while it is read."""
    with pytest.raises(EOFError):
        read_bytes(descriptor, len(CONTENT) - 5, np.empty(6, np.uint8))
