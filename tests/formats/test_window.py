"""Pieces of work come back in order, a few at a time."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.formats.window import AHEAD, in_order


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
