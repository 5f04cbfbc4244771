"""A controller that gives no answer for a while, as it restarts or is busy: it is waited for.

The plugin counts a job that could not be submitted as one that failed: after three quick refusals
it would be lost, and each time it would ask for twice the memory. And when it asked five times in
vain for the states of jobs, it forgets these jobs, and waits for ever.
"""

import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from wkflow.errors import TransientError
from wkflow.rules.clusters import slurm

LONGEST_S = 600.0
"""How long a controller may be away before a run ends."""

AT_START_S = 60.0
"""And before one begins: there is nothing to lose yet."""

PAUSE_S = 5.0


def outlast_silence(ask: Callable[[], None], tell: Callable[[str], None]) -> None:
    """Ask again while there is no answer; `tell` is told why, once.

    Raises
    ------
    NoAnswerError
        If there is none for long.
    """
    deadline = time.monotonic() + AT_START_S
    told = ""
    while True:
        try:
            return ask()
        except slurm.NoAnswerError as error:
            if time.monotonic() > deadline:
                raise
            if not told:
                told = error.what
                tell(told)
        time.sleep(PAUSE_S)


class Silence:
    """Jobs of an executor of Snakemake that wait for the controller: none of them is lost."""

    def __init__(self, executor: Any, name: str) -> None:  # noqa: ANN401 -- it has no type
        self._executor, self._name = executor, name
        self._check = executor.check_active_jobs
        self._told: set[str] = set()
        self._since: float | None = None
        self._is_over = False

    async def check_active_jobs(self, jobs: list[Any]) -> AsyncIterator[Any]:
        """Ask for the states of jobs; one of which nothing was heard is as it was."""
        self._told = set()
        async for job in self._check(jobs):
            self.hears(job)
            yield job
        for job in jobs:
            if job.external_jobid not in self._told:
                yield job

    def hears(self, job: Any) -> None:  # noqa: ANN401 -- it has no type
        """Note that the state of a submitted job is known."""
        self._told.add(job.external_jobid)

    def bears(self, job: Any, told: str) -> bool:  # noqa: ANN401 -- it has no type
        """Take a job that could not be submitted, if that is why and it may still help."""
        if self._is_over or not slurm.is_silence(told):
            return False
        now = time.monotonic()
        if self._since is None:
            self._since = now
        if now - self._since > LONGEST_S:
            return False
        self._executor._job_submission_executor.submit(self._again, job)  # noqa: SLF001 -- pinned: plugin <3
        return True

    def end(self) -> None:
        """Note that the controller took a job."""
        self._since = None

    def give_up(self) -> None:
        """Submit nothing any more: the run ends."""
        self._is_over = True

    def _again(self, job: Any) -> None:  # noqa: ANN401 -- it has no type
        """Submit a job; what the controller took without saying so is ended first."""
        from snakemake_executor_plugin_slurm.utils import (  # noqa: PLC0415 -- an extra
            get_job_wildcards,
        )

        wildcards = get_job_wildcards(job)
        comment = f"rule_{job.name}" + (f"_wildcards_{wildcards}" if wildcards else "")
        pause = 0.0
        while not self._is_over:
            time.sleep(pause)
            pause = PAUSE_S
            try:
                slurm.cancel(self._name, comment)
            except TransientError:
                if self._since and time.monotonic() - self._since > LONGEST_S:
                    break
            else:
                break
        if not self._is_over:
            self._executor.run_job(job)
