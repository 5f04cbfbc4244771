"""How often and how patiently a failing request is repeated."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock

from wkflow.errors import TransientError
from wkflow.network.network_errors import RetryableError, full_disk, nonsense

TRIES, TRIES_IN_ALL = 3, 6
"""Few tries: a person is waiting to hear whether it will work."""


FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0

FEW_TRIES = 3
"""Of a request whose answers make no sense, come a byte at a time, or tell of a full disk."""

LONGEST_WAIT_S = 600.0
"""Of what a server may ask for with Retry-After."""


class Budget:
    """Counts the repetitions of all requests of a run, and pauses before each.

    It may be used from several threads.

    Parameters
    ----------
    per_request, in_all
        Repetitions of one request, and of all together.
    sleep
        Called with seconds; one that raises ends the waiting.
    chance
        Gives numbers between 0 and 1: threads that failed together shall not return together.
    """

    def __init__(
        self,
        per_request: int = 10,
        in_all: int = 200,
        *,
        sleep: Callable[[float], object] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._per_request, self._in_all = per_request, in_all
        self._sleep, self._chance = sleep, chance
        self._spent, self._lock = 0, Lock()

    @property
    def spent(self) -> int:
        """Repetitions so far."""
        return self._spent

    def spend(self, number: int) -> bool:
        """Take one repetition, the `number`th (from 1) of its request; say whether it was left."""
        with self._lock:
            is_left = number <= self._per_request and self._spent < self._in_all
            self._spent += is_left
        return is_left

    def pause(self, number: int, wait: float | None = None) -> float:
        """Wait before the `number`th repetition, and not less than the server asks for.

        Returns
        -------
        seconds: between half and all of 0.5, 1, 2 ... 30; up to 600 where the server asks
        """
        longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(number - 1, 30))
        pause = max(longest * (1 + self._chance()) / 2, min(wait or 0.0, LONGEST_WAIT_S))
        self._sleep(pause)
        return pause


class Tries:
    """The tries of one request.

    Attributes
    ----------
    count
        Tries so far, with the one under way.
    patience
        Factor of the timeout: doubled by each timeout.
    """

    def __init__(self, budget: Budget, where: str) -> None:
        self._budget, self._where = budget, where
        self.count, self.patience = 1, 1

    def pause(self, setback: RetryableError) -> None:
        """Wait until the next try may be made.

        Raises
        ------
        TransientError
            If no repetition is left, or the server's disk stays full.
        ServerError
            If the answers go on making no sense.
        """
        if setback.is_nonsense and self.count >= FEW_TRIES:
            raise nonsense(setback.cause, self._where)
        if setback.is_full and self.count >= FEW_TRIES:
            raise full_disk(setback.cause, self._where, setback.detail)
        is_left = self._budget.spend(self.count)
        if not is_left or (setback.is_slow and self.count >= FEW_TRIES):
            tries = "1 try" if self.count == 1 else f"{self.count} tries"
            raise TransientError(
                f"{setback.cause} (gave up after {tries})",
                self._where,
                "Give the same command when the server can be reached: it resumes.",
                setback.detail,
            ) from None
        self._budget.pause(self.count, setback.wait)
        self.count += 1
        self.patience *= 2 if setback.timed_out else 1


def retry_after(header: str | None) -> float | None:
    """Read a Retry-After header, seconds or a date, as seconds from now.

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
