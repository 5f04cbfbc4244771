"""Shards side by side: boxes of any order that the port allows, and no more than is needed open.

What a sink writes is asked of each format by `contract.py`.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from wkflow.formats.contract import Band, ReadBox, Voxels
from wkflow.formats.shard_writer import AHEAD, in_order
from wkflow.model.box import Box
from wkflow.model.data_formats import DATA_FORMATS
from wkflow.model.layer import Layer

from tests.formats.stored import SIZE, bands, noise, of, partial_files, read, stored


@pytest.mark.parametrize("data_format", sorted(DATA_FORMATS))
def test_whole_shards_come_in_any_order(tmp_path: Path, data_format: str) -> None:
    """As one stream, so that no thread waits for the end of a shard."""
    layer = Layer("em", "color", "uint8", 1, SIZE, data_format=data_format)
    voxels = stored(tmp_path, layer, "none")
    block = noise((1, *SIZE), "uint8")
    grid = voxels.grid
    boxes = [grid.shard_box(at) for at in reversed(grid.box.cells(grid.shard))]
    with ThreadPoolExecutor(3) as pool, voxels.writing() as sink:
        whole = list(sink.stream(iter(boxes), of(block), pool))
    assert [box for box, _ in whole] == boxes
    assert_array_equal(read(voxels), block, strict=True)


@pytest.mark.parametrize("rows", [1, 2, 50])
def test_a_band_is_released_when_its_last_row_was_read(tmp_path: Path, rows: int) -> None:
    """Once, not before, and while others go on: its memory is another band's then."""
    voxels = stored(tmp_path, Layer("em", "color", "uint8", 1, SIZE), "zstd:3")
    block, lock = noise((1, *SIZE), "uint8"), threading.Lock()
    at_work, released = [0] * 1000, list[int]()

    def reading(number: int) -> ReadBox:
        def region(box: Box) -> Voxels:
            assert number not in released
            with lock:
                at_work[number] += 1
            found = of(block)(box).copy()
            with lock:
                at_work[number] -= 1
            return found

        return region

    def release(number: int) -> None:
        assert not at_work[number]
        released.append(number)

    boxes = list(bands(voxels.grid, rows))
    given = [(box, reading(n), partial(release, n)) for n, box in enumerate(boxes)]
    with ThreadPoolExecutor(3) as pool, voxels.writing() as sink:
        written = list(sink.pipe(iter(given), pool))
    assert sum(row.voxels for row, _ in written) == sum(box.voxels for box in boxes)
    assert sorted(released) == list(range(len(boxes)))
    assert_array_equal(read(voxels), block, strict=True)


def test_a_row_that_fails_releases_its_band_too(tmp_path: Path) -> None:
    """Who waits for the memory goes on, and the failure arrives."""
    voxels = stored(tmp_path, Layer("em", "color", "uint8", 1, SIZE), "zstd:3")
    released = threading.Event()

    def fail(_: Box) -> Voxels:
        raise KeyError("no voxels")

    def given() -> Iterator[Band]:
        first, *_ = bands(voxels.grid, 1)
        yield first, fail, released.set
        assert released.wait(20)

    with ThreadPoolExecutor(2) as pool, voxels.writing() as sink, pytest.raises(KeyError):
        list(sink.pipe(given(), pool))


def test_a_box_may_be_as_deep_as_the_array(tmp_path: Path) -> None:
    """All y, several chunks along z: rows come with y fastest all the same."""
    voxels = stored(tmp_path, Layer("em", "color", "uint8", 1, SIZE), "zstd:3")
    block = noise((1, *SIZE), "uint8")
    with ThreadPoolExecutor(2) as pool, voxels.writing() as sink:
        first = sink.write(Box((0, 0, 0), (45, 37, 16)), of(block), pool)
        rest = sink.write(Box((0, 0, 16), SIZE), of(block), pool)
    assert {file.path for _, file in first + rest} == {
        voxels.path(position) for position in voxels.grid.box.cells(voxels.grid.shard)
    }
    assert_array_equal(read(voxels), block, strict=True)


def test_a_slab_is_written_by_itself(tmp_path: Path) -> None:
    """One that begins in the middle of the array: its shards are no one else's."""
    voxels = stored(tmp_path, Layer("em", "color", "uint8", 1, SIZE), "zstd:3")
    block = noise((1, *SIZE), "uint8")
    for begin, end in ((16, 19), (0, 16)):
        with ThreadPoolExecutor(2) as pool, voxels.writing() as sink:
            for box in bands(voxels.grid, 2):
                if begin <= box.begin[2] < end:
                    sink.write(box, of(block), pool)
    assert_array_equal(read(voxels), block, strict=True)


def test_what_is_not_whole_at_the_end_is_removed(tmp_path: Path) -> None:
    """A shard appears with its last row or not at all."""
    voxels = stored(tmp_path, Layer("em", "color", "uint8", 1, SIZE), "zstd:3")
    with ThreadPoolExecutor(2) as pool, voxels.writing() as sink:
        whole = sink.write(Box((0, 0, 0), (45, 37, 8)), of(np.ones((1, *SIZE), np.uint8)), pool)
        assert not whole
        assert len(partial_files(tmp_path)) == 9
    assert not [path for path in tmp_path.rglob("*/c/**/*") if path.is_file()]


@given(count=st.integers(0, 40), threads=st.integers(1, 4))
def test_results_come_in_the_order_of_the_pieces(count: int, threads: int) -> None:
    """All of them, each once."""
    with ThreadPoolExecutor(threads) as pool:
        assert list(in_order(pool, lambda piece: piece * piece, range(count))) == [
            piece * piece for piece in range(count)
        ]


def test_few_pieces_are_begun_ahead() -> None:
    """The caller's memory holds those under way, not all of them."""
    begun: list[int] = []
    with ThreadPoolExecutor(2) as pool:
        done = in_order(pool, begun.append, range(1000))
        for number in range(20):
            next(done)
            assert len(begun) <= number + 1 + AHEAD * 2
        done.close()
    assert len(begun) < 40


def test_a_failure_comes_at_its_place() -> None:
    """After the results before it, and nothing is at work when it arrives."""
    at_work = threading.Semaphore(0)
    got: list[int] = []

    def work(piece: int) -> int:
        if piece == 3:
            raise KeyError(piece)
        return piece

    def drain() -> None:
        got.extend(in_order(pool, work, range(100)))

    with ThreadPoolExecutor(2) as pool:
        with pytest.raises(KeyError):
            drain()
        assert got == [0, 1, 2]
        pool.submit(at_work.release).result(timeout=10)


def test_what_is_under_way_ends_before_the_caller_goes_on() -> None:
    """Its memory may be used for something else then."""
    running = threading.Event()
    ended: list[int] = []

    def work(piece: int) -> int:
        if piece:
            running.set()
            threading.Event().wait(0.2)
            ended.append(piece)
        return piece

    def pieces() -> Iterator[int]:
        yield 0
        yield 1

    with ThreadPoolExecutor(1) as pool:
        done = in_order(pool, work, pieces())
        next(done)
        running.wait(10)
        done.close()
        assert ended == [1]


@pytest.mark.parametrize("data_format", sorted(DATA_FORMATS))
def test_chunks_before_the_layer_are_not_asked_for(tmp_path: Path, data_format: str) -> None:
    """Of a layer that begins far from its first shard's edge; they are left out as zeros are."""
    begin = (SIZE[0] // 2, SIZE[1] // 3, SIZE[2] // 4)
    layer = Layer("em", "color", "uint8", 1, SIZE, data_format=data_format, begin=begin)
    voxels = stored(tmp_path, layer, "none")
    block = noise((1, *SIZE), "uint8")
    block[:, : begin[0]], block[:, :, : begin[1]], block[:, :, :, : begin[2]] = 0, 0, 0
    grid, asked = voxels.grid, list[int]()

    def region(box: Box) -> Voxels:
        asked.append(box.begin[0])
        return of(block)(box)

    boxes = [grid.shard_box(at) for at in grid.box.cells(grid.shard)]
    with ThreadPoolExecutor(2) as pool, voxels.writing() as sink:
        list(sink.stream(iter(boxes), region, pool))
    assert min(asked) >= begin[0] // grid.chunk[0] * grid.chunk[0]
    assert_array_equal(read(voxels), of(block)(grid.box), strict=True)
