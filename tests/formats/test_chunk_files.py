"""Chunks of one file are read in few and large pieces."""

from pathlib import Path

import numpy as np
import pytest
from wkflow.errors import SourceError
from wkflow.formats.chunk_files import GAP_BYTES, RUN_BYTES, Loose, Sharded, read_runs
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
    shelf = Loose(LocalFiles(tmp_path), lambda at: ("-".join(map(str, at)),))
    found = list(shelf.chunks([range(1), range(2)]))
    assert found == [("0-0", (0, 0), None), ("0-1", (0, 1), b"x")]
    assert list(shelf.names([range(1), range(2)])) == [("0-0",), ("0-1",)]
    assert not shelf.has_gaps([range(1), range(2)])


def test_shards_hold_several_chunks(tmp_path: Path) -> None:
    """Those never written are left out, and a shard that is not there is told once."""
    (tmp_path / "0").write_bytes(b"ab")
    index = np.array([(0, 1), (2**64 - 1, 2**64 - 1), (1, 1)], np.uint64)
    shelf = Sharded(
        LocalFiles(tmp_path),
        (3,),
        lambda at: str(at[0]),
        lambda name, within: index[within[0].start : within[0].stop] if name == "0" else None,
        1,
    )
    found = list(shelf.chunks([range(1, 8)]))
    assert found == [("0", (2,), b"b"), ("1", (3,), None), ("2", (6,), None)]
    assert list(shelf.names([range(2, 7)])) == [("0",), ("1",), ("2",)]
    assert shelf.has_gaps([range(1, 8)])
    assert not shelf.has_gaps([range(2, 8)])
