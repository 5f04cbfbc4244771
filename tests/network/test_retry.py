"""Repetitions are counted and pauses grow; servers are listened to, up to a point."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Thread

import pytest
from wkflow.errors import TransientError
from wkflow.network.network_errors import RetryableError
from wkflow.network.retry import SERVER_RETRIES, RetryBudget, RetryPolicy, Tries, retry_after

from tests.webknossos.client.listener import hasty

BROKEN = RetryableError("the connection broke", is_unsure=True, detail="errno 104")
LATE = RetryableError("no answer came in time", is_unsure=True, timed_out=True)


@pytest.mark.parametrize(("chance", "share"), [(0.0, 0.5), (0.5, 0.75), (1.0, 1.0)])
def test_pauses_double_and_vary(chance: float, share: float) -> None:
    """From half a second to half a minute, of each between half and all."""
    slept: list[float] = []
    budget = RetryBudget(replace(SERVER_RETRIES, sleep=slept.append, chance=lambda: chance))
    for number in range(1, 10):
        budget.pause(number)
    longest = [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert slept == [share * one for one in longest]


@pytest.mark.parametrize(("asked", "pause"), [(7, 7), (0, 1), (599, 599), (86400, 600), (None, 1)])
def test_a_server_may_ask_for_more(asked: float | None, pause: float) -> None:
    """Never sooner than it says, nor than without it; ten minutes at most."""
    assert hasty().pause(2, asked) == pause


def test_tries_end() -> None:
    """The error has the last cause, the number of tries, and what to do."""
    pauses: list[float] = []
    tries = Tries(hasty(pauses, per_request=2), "POST https://wk/data")
    tries.pause(BROKEN)
    tries.pause(BROKEN)
    with pytest.raises(TransientError, match=r"broke .gave up after 3 tries") as end:
        tries.pause(BROKEN)
    assert end.value.where == "POST https://wk/data"
    assert "same command" in end.value.remedy
    assert (pauses, end.value.detail) == ([0.5, 1.0], "errno 104")


def test_all_requests_draw_on_one_budget() -> None:
    """A server that fails now and then everywhere is given up in the end."""
    budget = hasty(per_request=10, in_all=3)
    for _ in range(3):
        Tries(budget, "GET a").pause(BROKEN)
    with pytest.raises(TransientError, match="after 1 try"):
        Tries(budget, "GET b").pause(BROKEN)
    assert budget.spent == 3


def test_only_timeouts_make_patient() -> None:
    """Twice as long after each of them."""
    tries = Tries(hasty(), "GET a")
    seen = []
    for setback in (BROKEN, LATE, BROKEN, LATE):
        tries.pause(setback)
        seen.append(tries.timeout_factor)
    assert seen == [1, 2, 2, 4]


def test_threads_share_the_count() -> None:
    """None is lost and none too many is given."""
    budget = hasty(in_all=500)
    given: list[bool] = []
    work = [
        Thread(target=lambda: given.extend(budget.spend(1) for _ in range(200))) for _ in "1234"
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert (given.count(True), budget.spent) == (500, 500)


@pytest.mark.parametrize("header", [None, "", "soon", "-3", "1e3", "²", "Fri, 99 Foo"])
def test_nonsense_asks_for_nothing(header: str | None) -> None:
    """Proxies write what they like."""
    assert retry_after(header) is None


@pytest.mark.parametrize(("seconds", "least", "most"), [(100, 95, 100), (-100, 0, 0)])
def test_a_date_may_be_given(seconds: int, least: float, most: float) -> None:
    """As RFC 9110 has it; one that is past means now."""
    date = datetime.now(UTC) + timedelta(seconds=seconds)
    for text in (format_datetime(date, usegmt=True), format_datetime(date.replace(tzinfo=None))):
        wait = retry_after(text)
        assert wait is not None
        assert least <= wait <= most


def failing(times: int, wait: float = 0.0) -> "list[RetryableError | str]":
    return [*(RetryableError("broke", wait=wait) for _ in range(times)), "done"]


def test_pauses_grow_and_what_the_server_asks_for_counts() -> None:
    """Half a second, one, two; never longer than two minutes."""
    pauses: list[float] = []
    policy = RetryPolicy(5, sleep=pauses.append, chance=lambda: 1.0)
    left = [*failing(3)[:3], *failing(1, 900)]

    def work() -> str:
        one = left.pop(0)
        if isinstance(one, RetryableError):
            raise one
        return one

    assert policy.repeat("there", work) == "done"
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
