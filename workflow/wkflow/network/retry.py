"""How often, and after which pauses, a request that failed for now is repeated.

`RetryPolicy` holds the numbers, `RetryBudget` counts the repetitions that requests share, `Tries`
those of one request. Sources and the server use the same three, with a policy each.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import TypeVar

from wkflow.errors import TransientError
from wkflow.network.network_errors import RetryableError, full_disk, nonsense

Result = TypeVar("Result")

FIRST_PAUSE_S = 0.5
"""Before the first repetition; each further one has twice the pause of that before it."""

FEW_TRIES = 3
"""Of a request whose answers make no sense, come a byte at a time, or tell of a full disk."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How patient a client is.

    Parameters
    ----------
    tries
        Of one request, in a row and without any progress.
    in_all
        Repetitions of all requests that share a budget; None sets no bound.
    longest_pause_s
        Which pauses reach by doubling.
    longest_wait_s
        Of what a server may ask for with Retry-After.
    silence_s
        How long a source may say nothing.
    peer
        What the error calls the other side.
    sleep
        Called with seconds; one that raises ends the waiting.
    chance
        Gives numbers between 0 and 1: threads that failed together shall not return together.
    """

    tries: int = 7
    in_all: int | None = None
    longest_pause_s: float = 16.0
    longest_wait_s: float = 120.0
    silence_s: float = 60.0
    peer: str = "it"
    sleep: Callable[[float], object] = time.sleep
    chance: Callable[[], float] = random.random

    def repeat(
        self, where: str, work: Callable[[], Result], progress: Callable[[], int] = int
    ) -> Result:
        """Give what `work` returns; while `progress` grows, a failure costs no try.

        Raises
        ------
        TransientError
            If no try is left.
        """
        tries, furthest = Tries(RetryBudget(self), where), progress()
        while True:
            try:
                return work()
            except RetryableError as failure:
                if progress() > furthest:
                    tries.count, furthest = 1, progress()
                tries.pause(failure)


SOURCE_RETRIES = RetryPolicy()
"""Of files that are read from the web or a bucket."""

SERVER_RETRIES = RetryPolicy(
    tries=11, in_all=200, longest_pause_s=30.0, longest_wait_s=600.0, peer="the server"
)
"""Of WEBKNOSSOS, while much is sent, which an end would cost."""

START_RETRIES = replace(SERVER_RETRIES, tries=4, in_all=6)
"""Of WEBKNOSSOS at the start, when a person is waiting to hear whether it will work."""


class RetryBudget:
    """Counts the repetitions of all requests of a run, and pauses before each.

    It may be used from several threads.
    """

    def __init__(self, policy: RetryPolicy = SERVER_RETRIES) -> None:
        self.policy = policy
        self._spent, self._lock = 0, Lock()

    @property
    def spent(self) -> int:
        """Repetitions so far."""
        return self._spent

    def spend(self, number: int) -> bool:
        """Take one repetition, the `number`th (from 1) of its request; say whether it was left."""
        most = self.policy.in_all
        with self._lock:
            is_left = number < self.policy.tries and (most is None or self._spent < most)
            self._spent += is_left
        return is_left

    def pause(self, number: int, wait: float | None = None) -> float:
        """Wait before the `number`th repetition, and not less than the server asks for.

        Returns
        -------
        seconds: between half and all of 0.5, 1, 2 ... `longest_pause_s`; more, up to
        `longest_wait_s`, where the server asks
        """
        policy = self.policy
        longest = min(policy.longest_pause_s, FIRST_PAUSE_S * 2.0 ** min(number - 1, 30))
        pause = max(longest * (1 + policy.chance()) / 2, min(wait or 0.0, policy.longest_wait_s))
        policy.sleep(pause)
        return pause


class Tries:
    """The tries of one request.

    Attributes
    ----------
    count
        Tries so far, with the one under way.
    timeout_factor
        Of the request's timeouts: doubled by each timeout.
    """

    def __init__(self, budget: RetryBudget, where: str) -> None:
        self._budget, self._where = budget, where
        self.count, self.timeout_factor = 1, 1

    def pause(self, failure: RetryableError) -> None:
        """Wait until the next try may be made.

        Raises
        ------
        TransientError
            If no repetition is left, or the server's disk stays full.
        ServerError
            If the answers go on making no sense.
        """
        if failure.is_nonsense and self.count >= FEW_TRIES:
            raise nonsense(failure.cause, self._where)
        if failure.is_full and self.count >= FEW_TRIES:
            raise full_disk(failure.cause, self._where, failure.detail)
        is_left = self._budget.spend(self.count)
        if not is_left or (failure.is_slow and self.count >= FEW_TRIES):
            tries = "1 try" if self.count == 1 else f"{self.count} tries"
            peer = self._budget.policy.peer
            raise TransientError(
                f"{failure.cause} (gave up after {tries})",
                self._where,
                f"Give the same command when {peer} can be reached: it resumes.",
                failure.detail,
            ) from None
        self._budget.pause(self.count, failure.wait)
        self.count += 1
        self.timeout_factor *= 2 if failure.timed_out else 1


def retry_after(header: str | None) -> float | None:
    """Read a Retry-After header (RFC 9110, 10.2.3), seconds or a date, as seconds from now.

    >>> retry_after("120"), retry_after("soon"), retry_after(None)
    (120.0, None, None)
    """
    text = (header or "").strip()
    if text.isdecimal():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    if date.tzinfo is None:  # "-0000" stands for an unknown zone
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - datetime.now(UTC)).total_seconds())
