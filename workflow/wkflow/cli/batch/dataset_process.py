"""The process of one dataset of a batch: what `wkflow convert` does, in a fork of the command.

It has imported nothing anew, leads a session, prints nothing, and stops when the command is gone.
"""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any

from wkflow.cli.batch.dataset_run import INTERRUPTED, run_dataset
from wkflow.cli.process import ASKING
from wkflow.cli.summary import Summary
from wkflow.errors import TransientError
from wkflow.options.settings import Settings
from wkflow.planning.finished_state import SourceState

LOOK_S = 0.5
"""Between two looks whether the command is still there."""


class DatasetProcess:
    """A run that goes on beside us. `close` is called in it first: it frees what is ours alone."""

    def __init__(self, settings: Settings, source: SourceState, close: Callable[[], None]) -> None:
        self.settings = settings
        self._is_stopped = False
        self._answer, theirs = get_context("fork").Pipe(duplex=False)
        work = (settings, source, theirs, close, os.getpid())
        self._process = get_context("fork").Process(target=_work, args=work)
        signal.pthread_sigmask(signal.SIG_BLOCK, ASKING)  # until the fork has handlers of its own
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ASKING)
        theirs.close()

    @property
    def answer(self) -> Connection:
        """What can be waited for."""
        return self._answer

    def poll(self) -> dict[str, Any] | None:
        """Give the summary of the run, as `Summary.to_dict` does, if it has ended."""
        told: dict[str, Any] | None = None
        with suppress(EOFError, OSError):
            if self._answer.poll():
                told = self._answer.recv()
        if told is None and self._process.exitcode is None:
            return None
        self._process.join()
        self._answer.close()
        return told or self._of_death()

    def stop(self) -> None:
        """Ask it to stop; asked again, it insists."""
        self._is_stopped = True
        if self._process.exitcode is None:
            self._process.terminate()

    def _of_death(self) -> dict[str, Any]:
        summary = Summary(command="batch")
        summary.describe(self.settings)
        if self._is_stopped:
            summary.end, summary.exit_status = "interrupted", INTERRUPTED
            return summary.to_dict()
        words = f"its process died (status {self._process.exitcode})"
        place = str(self.settings.run_folder)
        summary.fail(TransientError(words, place, "The same command goes on."))
        return summary.to_dict()


def _work(
    settings: Settings,
    source: SourceState,
    answer: Connection,
    close: Callable[[], None],
    caller: int,
) -> None:
    os.setsid()
    close()
    for number in ASKING:  # as in a command that was just started: Snakemake inherits it
        is_first = number == signal.SIGINT
        signal.signal(number, signal.default_int_handler if is_first else signal.SIG_DFL)
    _be_silent()
    told = run_dataset(settings, source, lambda: _end_with(caller))
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.pthread_sigmask(signal.SIG_BLOCK, ASKING)  # it ends anyway
    answer.send(told)


def _be_silent() -> None:
    """Read from nowhere, and write there: the terminal is the command's."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)


def _end_with(caller: int) -> None:
    """Stop as when asked to, if the command is gone, however it ended. By a timer, as in `api`."""

    def look(_number: int, _frame: FrameType | None) -> None:
        if os.getppid() != caller:
            signal.setitimer(signal.ITIMER_REAL, 0)  # asked twice, it would insist
            os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGALRM, look)
    signal.siginterrupt(signal.SIGALRM, False)  # noqa: FBT003 -- no keyword
    signal.setitimer(signal.ITIMER_REAL, LOOK_S, LOOK_S)
