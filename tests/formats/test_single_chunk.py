"""Files of one chunk."""

from pathlib import Path

import google_crc32c
import pytest
from wkflow.atomic_files import Handles, PartialFile
from wkflow.formats.single_chunk import ChunkFile, SingleChunk


def test_the_file_is_the_chunk(tmp_path: Path) -> None:
    """Or that of zeros, if none came; receipts have its size and sum."""
    for row, expected in (([b"chunk"], b"chunk"), ([None], b"zeros")):
        single = SingleChunk(PartialFile(tmp_path / "0", Handles()), b"zeros")
        single.append(list(row), 0, 0)
        assert single.finish() == (5, f"{google_crc32c.value(expected):08x}")
        assert ChunkFile(tmp_path / "0").row(range(1), 0, 0) == [memoryview(expected)]


def test_an_abandoned_chunk_leaves_nothing(tmp_path: Path) -> None:
    """Nobody will miss it."""
    single = SingleChunk(PartialFile(tmp_path / "0", Handles()))
    single.append([b"chunk"], 0, 0)
    single.abandon()
    assert not list(tmp_path.iterdir())


def test_a_missing_chunk_is_noticed_when_it_is_opened(tmp_path: Path) -> None:
    """As with every shard; open files there are none."""
    with pytest.raises(FileNotFoundError):
        ChunkFile(tmp_path / "0")
