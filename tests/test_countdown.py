"""A countdown: its end comes once, with the last of all calls, whichever threads make them."""

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st
from wkflow.countdown import Countdown


@given(count=st.integers(1, 50), threads=st.integers(1, 4))
def test_the_end_comes_once_and_last(count: int, threads: int) -> None:
    """Not before the last call, and never again."""
    ends: list[int] = []
    countdown = Countdown(count, lambda: ends.append(1))
    for _ in range(count - 1):
        countdown.tick()
    assert not ends
    countdown.tick()
    assert ends == [1]
    beside = Countdown(count, lambda: ends.append(2))
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(count):
            pool.submit(beside.tick)
    assert ends == [1, 2]
