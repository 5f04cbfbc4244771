"""Setbacks are repeated, with growing pauses, as long as it helps."""

import pytest
from wkflow.errors import TransientError
from wkflow.network.patience import RetryableError, RetryPolicy


def failing(times: int, wait: float = 0.0) -> "list[RetryableError | str]":
    return [*(RetryableError("broke", wait) for _ in range(times)), "done"]


def test_pauses_grow_and_what_the_server_asks_for_counts() -> None:
    """Half a second, one, two; never longer than two minutes."""
    pauses: list[float] = []
    patience = RetryPolicy(5, sleep=pauses.append, chance=lambda: 1.0)
    left = [*failing(3)[:3], *failing(1, 900)]

    def work() -> str:
        one = left.pop(0)
        if isinstance(one, RetryableError):
            raise one
        return one

    assert patience.repeat("there", work) == "done"
    assert pauses == [0.5, 1.0, 2.0, 120.0]


def test_it_gives_up_in_words() -> None:
    """The error says what happened last and how often it was tried."""
    pauses: list[float] = []

    def work() -> None:
        raise RetryableError("broke")

    with pytest.raises(TransientError, match=r"broke \(gave up after 3 tries\)") as caught:
        RetryPolicy(3, sleep=pauses.append).repeat("there", work)
    assert caught.value.where == "there"
    assert len(pauses) == 2


def test_progress_costs_no_try() -> None:
    """A line that breaks every few bytes is slow, not down."""
    done: list[int] = []

    def work() -> int:
        done.append(1)
        if len(done) < 20:
            raise RetryableError("broke")
        return len(done)

    assert RetryPolicy(2, sleep=lambda _: None).repeat("there", work, lambda: len(done)) == 20
