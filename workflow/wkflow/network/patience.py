"""How often, and after which pauses, a request that failed for now is repeated."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from wkflow.errors import TransientError

Result = TypeVar("Result")

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 16.0

LONGEST_WAIT_S = 120.0
"""Of what a server may ask for with Retry-After."""


class RetryableError(Exception):
    """A try that failed for now; `wait` is the pause that the server asks for, in seconds."""

    def __init__(self, cause: str, wait: float = 0.0) -> None:
        super().__init__(cause)
        self.cause, self.wait = cause, wait


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Repeats what had a setback.

    `tries` counts those in a row that brought nothing, `silence_s` is how long a server may say
    nothing, `sleep` waits, `chance` gives numbers between 0 and 1: threads that failed together
    shall not return together.
    """

    tries: int = 7
    silence_s: float = 60.0
    sleep: Callable[[float], object] = time.sleep
    chance: Callable[[], float] = random.random

    def repeat(
        self, where: str, work: Callable[[], Result], progress: Callable[[], int] = int
    ) -> Result:
        """Give what `work` returns; while `progress` grows, a setback costs no try.

        Raises
        ------
        TransientError
            If no try is left.
        """
        failed, furthest = 0, progress()
        while True:
            try:
                return work()
            except RetryableError as setback:
                if progress() > furthest:
                    failed, furthest = 0, progress()
                failed += 1
                if failed >= self.tries:
                    raise self._give_up(where, setback) from None
                self.sleep(self._pause(failed, setback.wait))

    def _pause(self, failed: int, wait: float) -> float:
        longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (failed - 1))
        return max(longest * (1 + self.chance()) / 2, min(wait, LONGEST_WAIT_S))

    def _give_up(self, where: str, setback: RetryableError) -> TransientError:
        tries = "1 try" if self.tries == 1 else f"{self.tries} tries"
        return TransientError(
            f"{setback.cause} (gave up after {tries})",
            where,
            "Give the same command when it can be reached: it resumes.",
        )


PATIENT = RetryPolicy()
