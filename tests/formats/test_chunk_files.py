"""Chunks of one file are read in few and large pieces."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.formats.chunk_files import (
    GAP_BYTES,
    RUN_BYTES,
    ChunkPerFile,
    IndexCache,
    ShardedFiles,
    document_at,
    read_runs,
)
from wkflow.formats.dataset_files import LocalFiles


class Counting(LocalFiles):
    """Notes the parts that are asked for."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.asked: list[tuple[int, int]] = []

    def part(self, name: str, begin: int, end: int) -> bytes | None:
        self.asked.append((begin, end))
        return super().part(name, begin, end)


def test_neighbours_are_read_at_once(tmp_path: Path) -> None:
    """In whatever order they are asked for; a wide gap is left out."""
    content = np.random.default_rng(1).bytes(4 * GAP_BYTES)
    (tmp_path / "a").write_bytes(content)
    files = Counting(tmp_path)
    far = 3 * GAP_BYTES
    places = [(far, 10), (0, 100), (GAP_BYTES + 100, 7), (50, 60), (100, 0)]
    positions = [(number,) for number in range(5)]
    found = read_runs(files, "a", positions, np.array(places, np.uint64), 100)
    by_position = {one.position: one.content for one in found}
    assert by_position == {
        (number,): content[offset : offset + size] for number, (offset, size) in enumerate(places)
    }
    assert files.asked == [(0, GAP_BYTES + 107), (far, far + 10)]


def test_pieces_are_bounded(tmp_path: Path) -> None:
    """By what is read at once, or by a single chunk."""
    with (tmp_path / "a").open("wb") as file:
        file.truncate(4 * RUN_BYTES)
    files, size = Counting(tmp_path), RUN_BYTES // 2
    places = np.array([(at * size, size) for at in range(5)] + [(5 * size, 3 * size)], np.uint64)
    found = read_runs(files, "a", [(at,) for at in range(6)], places, 3 * size)
    assert [len(one.content or b"") for one in found] == [size] * 5 + [3 * size]
    assert all(end - begin <= RUN_BYTES for begin, end in files.asked[:-1])
    assert len(files.asked) == 4


def test_places_that_cannot_be_are_refused(tmp_path: Path) -> None:
    """Behind the end, or longer than any chunk."""
    (tmp_path / "a").write_bytes(bytes(100))
    for place in ((90, 20), (2**63, 20), (0, 21)):
        places = np.array([place], np.uint64)
        with pytest.raises(SourceError, match="is damaged") as failure:
            list(read_runs(LocalFiles(tmp_path), "a", [(0,)], places, 20))
        assert failure.value.where == str(tmp_path / "a")


def test_loose_chunks_have_a_file_each(tmp_path: Path) -> None:
    """One that is not there has no content."""
    (tmp_path / "0-1").write_bytes(b"x")
    array_files = ChunkPerFile(LocalFiles(tmp_path), lambda at: ("-".join(map(str, at)),))
    found = list(array_files.chunks([range(1), range(2)]))
    assert found == [("0-0", (0, 0), None), ("0-1", (0, 1), b"x")]
    assert list(array_files.names([range(1), range(2)])) == [("0-0",), ("0-1",)]
    assert not array_files.has_gaps([range(1), range(2)])


def test_shards_hold_several_chunks(tmp_path: Path) -> None:
    """Those never written are left out, and a shard that is not there is told once."""
    (tmp_path / "0").write_bytes(b"ab")
    index = np.array([(0, 1), (2**64 - 1, 2**64 - 1), (1, 1)], np.uint64)
    array_files = ShardedFiles(
        LocalFiles(tmp_path),
        (3,),
        lambda at: str(at[0]),
        lambda name, within: index[within[0].start : within[0].stop] if name == "0" else None,
        1,
    )
    found = list(array_files.chunks([range(1, 8)]))
    assert found == [("0", (2,), b"b"), ("1", (3,), None), ("2", (6,), None)]
    assert list(array_files.names([range(2, 7)])) == [("0",), ("1",), ("2",)]
    assert array_files.has_gaps([range(1, 8)])
    assert not array_files.has_gaps([range(2, 8)])


def test_what_is_used_is_kept() -> None:
    """The one that nobody wanted for longest goes first; a None is kept like an array."""
    made: list[int] = []

    def make(key: int) -> NDArray[np.uint8] | None:
        made.append(key)
        return None if key == 0 else np.full(1000, key, np.uint8)

    recent = IndexCache(make, most=4000)
    for key in (0, 1, 2, 1, 0, 3, 1, 4, 1):
        found = recent.get(key)
        assert found is None if key == 0 else found is not None and found[0] == key
    assert made == [0, 1, 2, 3, 4]
    recent.get(2)
    assert made == [0, 1, 2, 3, 4, 2]


def test_one_that_is_too_large_is_kept_alone() -> None:
    """Else it would be made again and again."""
    made: list[int] = []

    def make(key: int) -> NDArray[np.uint8]:
        made.append(key)
        return np.zeros(1000, np.uint8)

    recent = IndexCache(make, most=10)
    for key in (1, 1, 2, 2, 1):
        recent.get(key)
    assert made == [1, 2, 1]


def test_a_document_is_read(tmp_path: Path) -> None:
    """It is an object of JSON."""
    (tmp_path / "a").write_text('{"b": 1}')
    assert document_at(LocalFiles(tmp_path), "a") == {"b": 1}


@pytest.mark.parametrize("content", [None, b"", b"[1]", b'{"b"', b"\xff\xfe\x00"])
def test_what_is_none_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """Its file is named, and what to do."""
    if content is not None:
        (tmp_path / "a").write_bytes(content)
    with pytest.raises(SourceError) as failure:
        document_at(LocalFiles(tmp_path), "a")
    assert failure.value.where == str(tmp_path / "a")
    assert "backup" in failure.value.remedy
