"""The process of one dataset of a batch: what `wkflow convert` does, in a fork of the command.

It has imported nothing anew, leads a session, prints nothing, and stops when the command is gone.
"""

import io
import os
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any

from wkflow.cli.local_snakemake import suffices
from wkflow.cli.messages import Messages
from wkflow.cli.process import ASKING
from wkflow.cli.run import launch, notes
from wkflow.cli.snakemake_process import forked
from wkflow.cli.summary import Summary
from wkflow.errors import TransientError, WkflowError
from wkflow.options.settings import Settings
from wkflow.planning.finished_state import SourceState, note_finished
from wkflow.rules.closing_lines import address_of
from wkflow.rules.job import foresee

LOOK_S = 0.5
"""Between two looks whether the command is still there."""

INTERRUPTED = 130


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
    summary = Summary(command="batch")
    summary.describe(settings)
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ASKING)
        _run(settings, source, summary, caller)
    except KeyboardInterrupt:
        summary.end, summary.exit_status = "interrupted", INTERRUPTED
    except WkflowError as error:
        summary.fail(error)
    except Exception as error:  # noqa: BLE001 -- the other datasets go on
        summary.fail(_foreseen(error))
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.pthread_sigmask(signal.SIG_BLOCK, ASKING)  # it ends anyway
    answer.send(summary.to_dict())


def _run(settings: Settings, source: SourceState, summary: Summary, caller: int) -> None:
    messages = Messages(quiet=True, out=io.StringIO())
    with forked((), settings, is_wanted=suffices(settings, ())) as forks:
        for number in ASKING:
            signal.signal(number, signal.default_int_handler)
        _end_with(caller)
        end = launch(settings, (), forks, quiet=True, messages=messages)
    summary.end = end.name.lower()
    if end.is_complete:
        summary.look_at_results(settings, url=address_of(settings), notes=notes(settings))
        note_finished(settings, source)


def _foreseen(error: Exception) -> WkflowError:
    known = foresee(error) if isinstance(error, OSError | MemoryError) else None
    remedy = "This is a fault of the program: please report it with the lines of --verbose."
    lines = "".join(traceback.format_exception(error))
    return known or WkflowError(f"{type(error).__name__}: {error}", "wkflow batch", remedy, lines)


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
