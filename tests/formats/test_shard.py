"""Shard files, judged by the specification, by tensorstore and by zarr-python."""

import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import google_crc32c
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow import atomic_files
from wkflow.atomic_files import PARTIAL, Handles, PartialFile
from wkflow.formats.chunk_files import DamagedFileError
from wkflow.formats.contract import Row
from wkflow.formats.dataset_files import LocalFiles
from wkflow.formats.shard import EMPTY, IndexedShard, SingleChunk
from wkflow.formats.zarr_array import zarr3_array

CHUNKS = (3, 2, 2)
ZEROS = b"\0" * 6

ARRAY = {
    "shape": CHUNKS,
    "data_type": "uint8",
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": CHUNKS}},
    "chunk_key_encoding": {"name": "v2", "configuration": {"separator": "."}},
    "codecs": [
        {
            "name": "sharding_indexed",
            "configuration": {
                "chunk_shape": (1, 1, 1),
                "codecs": [{"name": "bytes"}],
                "index_codecs": [
                    {"name": "bytes", "configuration": {"endian": "little"}},
                    {"name": "crc32c"},
                ],
                "index_location": "end",
            },
        }
    ],
}
"""Metadata of an array of one shard, `0.0.0`."""

KILLED_WRITER = """
import os, signal, sys
from pathlib import Path
from wkflow.atomic_files import PartialFile, Handles
from wkflow.formats.shard import IndexedShard
shard = IndexedShard(PartialFile(Path(sys.argv[1]), Handles()), (1, 2, 1), b"")
shard.append([b"x" * 100000], 0, 0)
os.kill(os.getpid(), signal.SIGKILL)
"""

chunk = st.none() | st.binary(min_size=1, max_size=40)
shards = st.lists(st.lists(chunk, min_size=3, max_size=3), min_size=4, max_size=4)


def write_shard(path: Path, rows: list[Row]) -> tuple[int, str]:
    """Write a shard, row by row."""
    shard = IndexedShard(PartialFile(path, Handles()), CHUNKS, ZEROS)
    for number, row in enumerate(rows):
        shard.append(row, number % CHUNKS[1], number // CHUNKS[1])
    return shard.finish()


def sample_shard(path: Path) -> bytes:
    """Write a shard of three chunks, one of them between gaps; give its bytes."""
    write_shard(path, [[b"first", None, b"second"], [], [None, b"third"], []])
    return path.read_bytes()


def contents(path: Path) -> list[Row]:
    """Read all chunks of a shard, in the order in which rows are written."""
    array = zarr3_array(LocalFiles(path.parent), ".", ARRAY, tuple("xyz"))
    chunks = array.chunk_files.chunks([range(count) for count in CHUNKS])
    found = {chunk.position: bytes(chunk.content or b"") for chunk in chunks}
    return [[found.get((x, y, z)) for x in range(3)] for z in range(2) for y in range(2)]


@given(rows=shards)
def test_chunks_are_where_they_were_put(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row]
) -> None:
    """At x within the row; rows come with y fastest, then z. Size and sum are those on disk."""
    path = tmp_path_factory.getbasetemp() / "0.0.0"
    size, crc = write_shard(path, rows)
    content = path.read_bytes()
    assert (size, crc) == (len(content), f"{google_crc32c.value(content):08x}")
    if any(any(one is not None for one in row) for row in rows):
        assert contents(path) == rows
    else:
        assert contents(path) == [[ZEROS, None, None], *[[None] * 3] * 3]


def test_the_index_is_that_of_the_specification(tmp_path: Path) -> None:
    """Pairs of offset and size in C order of (x, y, z), little-endian, then their crc32c."""
    content = sample_shard(tmp_path / "0.0.0")
    assert content.startswith(b"firstsecondthird")
    index, checksum = content[16:-4], content[-4:]
    assert struct.unpack("<I", checksum) == (google_crc32c.value(index),)
    numbers = struct.unpack("<24Q", index)
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    held = {(0, 0, 0): (0, 5), (2, 0, 0): (5, 6), (1, 0, 1): (11, 5)}
    positions = [(x, y, z) for x in range(3) for y in range(2) for z in range(2)]
    assert pairs == [held.get(position, (EMPTY, EMPTY)) for position in positions]


def test_rows_beyond_the_array_may_be_missing(tmp_path: Path) -> None:
    """They are as empty as rows of None."""
    sample_shard(tmp_path / "0.0.0")
    assert contents(tmp_path / "0.0.0")[1] == contents(tmp_path / "0.0.0")[3] == [None] * 3


def test_an_empty_shard_holds_one_chunk(tmp_path: Path) -> None:
    """A planned file always exists, and readers find a chunk in it."""
    write_shard(tmp_path / "0.0.0", [[None] * 3, []])
    assert contents(tmp_path / "0.0.0")[0] == [ZEROS, None, None]


def test_an_index_cut_short_is_noticed(tmp_path: Path) -> None:
    """However many bytes are left, none included."""
    path = tmp_path / "0.0.0"
    content = sample_shard(path)
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(DamagedFileError) as caught:
            contents(path)
        assert caught.value.is_index
        assert Path(caught.value.where) == path


def test_zeros_are_no_index(tmp_path: Path) -> None:
    """A power cut may leave a file of zeros, of any length."""
    path = tmp_path / "0.0.0"
    for length in (3, 4, 5, 8, 100, 196, 400):
        path.write_bytes(bytes(length))
        with pytest.raises(DamagedFileError):
            contents(path)


def test_a_flipped_bit_of_the_index_is_noticed(tmp_path: Path) -> None:
    """Whichever it is."""
    path = tmp_path / "0.0.0"
    content = sample_shard(path)
    for position in range(16, len(content)):
        damaged = bytearray(content)
        damaged[position] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(DamagedFileError):
            contents(path)


def test_a_killed_writer_leaves_no_shard(tmp_path: Path) -> None:
    """A shard is whole or it is not there."""
    path = tmp_path / "c" / "0"
    command = [sys.executable, "-c", KILLED_WRITER, str(path)]
    environment = os.environ | {"PYTHONPATH": str(Path(atomic_files.__file__).parents[1])}
    done = subprocess.run(command, env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    assert [one.name.endswith(PARTIAL) for one in path.parent.iterdir()] == [True]


def test_an_abandoned_shard_leaves_nothing(tmp_path: Path) -> None:
    """Nor does it take away one that is finished."""
    shard = IndexedShard(PartialFile(tmp_path / "0.0.0", Handles()), CHUNKS, ZEROS)
    shard.append([b"x"], 0, 0)
    shard.abandon()
    assert not list(tmp_path.iterdir())
    whole = IndexedShard(PartialFile(tmp_path / "0.0.0", Handles()), CHUNKS, ZEROS)
    whole.finish()
    whole.abandon()
    assert contents(tmp_path / "0.0.0")[0] == [ZEROS, None, None]


def test_the_file_is_the_chunk(tmp_path: Path) -> None:
    """Or that of zeros, if none came; receipts have its size and sum."""
    for row, expected in (([b"chunk"], b"chunk"), ([None], b"zeros")):
        single = SingleChunk(PartialFile(tmp_path / "0", Handles()), b"zeros")
        single.append(list(row), 0, 0)
        assert single.finish() == (5, f"{google_crc32c.value(expected):08x}")
        assert (tmp_path / "0").read_bytes() == expected


def test_an_abandoned_chunk_leaves_nothing(tmp_path: Path) -> None:
    """Nobody will miss it."""
    single = SingleChunk(PartialFile(tmp_path / "0", Handles()))
    single.append([b"chunk"], 0, 0)
    single.abandon()
    assert not list(tmp_path.iterdir())
