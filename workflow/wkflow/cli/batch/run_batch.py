"""A batch from its rows to its results: what is unchanged is skipped, others run side by side."""

from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from multiprocessing import connection
from time import monotonic
from typing import IO, Any

from wkflow.cli import job_forks
from wkflow.cli.batch.ask_server import Servers
from wkflow.cli.batch.bar import BatchBar
from wkflow.cli.batch.check_disks import check_disks
from wkflow.cli.batch.dataset_process import DatasetProcess
from wkflow.cli.batch.dataset_run import told_if_done, told_without_run, with_share
from wkflow.cli.batch.pool import Pool, Share, pool_for
from wkflow.cli.batch.results import Results
from wkflow.cli.finish_commands import FinishCommands
from wkflow.cli.local_snakemake import import_for_forks, suffices
from wkflow.cli.messages import Messages
from wkflow.cli.process import Interrupts
from wkflow.errors import ResourceError
from wkflow.options.sheet_layers import Row
from wkflow.planning.finished_state import SourceState, look_at_source

POLL_S = 0.1

INTERRUPTED = 130


@dataclass(slots=True)
class _Waiting:
    """A row that is to run: what its source was like, and what it gets."""

    row: Row
    source: SourceState
    share: Share


@dataclass(slots=True)
class Batch:
    """A batch at work. `lock` is the file that says so; its datasets' processes do without it.

    `on_dataset` is a command that is told of each dataset.
    """

    messages: Messages
    results: Results
    lock: IO[str]
    on_dataset: str | None = None
    _commands: FinishCommands = field(init=False)
    _running: list[tuple[_Waiting, DatasetProcess]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._commands = FinishCommands(self.messages)

    def run(self, rows: Sequence[Row]) -> None:
        """Run all rows to their ends; `results` has them, in the order of the rows.

        Raises
        ------
        ResourceError
            If the disks do not hold all datasets; then none is begun.
        KeyboardInterrupt
            When it was asked to stop; nothing is at work any more by then.
        """
        began = monotonic()
        pool = pool_for(row.settings for row in rows)
        waiting = self._look(rows, pool)
        check_disks([one.row for one in waiting], sum(one.source.bytes for one in waiting))
        with Interrupts() as interrupts, closing(BatchBar(self.messages, len(rows))) as bar:
            if waiting and job_forks.can_fork() and suffices(waiting[0].row.settings, ()):
                _import_all(waiting)
            asked = 0
            while self._running or (waiting and not interrupts.count):
                if not interrupts.count:
                    self._begin(waiting, pool)
                if interrupts.count > asked:
                    asked = interrupts.count
                    for _, process in self._running:
                        process.stop()
                self._wait(waiting, pool)
                self._commands.poll()
                ends = self.results.of_rows.values()
                failed = sum(bool(one["exit_status"]) for one in ends)
                bar.show(len(ends), failed, len(self._running))
            self._commands.wait()
            was_stopped = bool(interrupts.count)
        for one in waiting:
            self._note(one.row, told_without_run(one.row.settings, "not_begun"))
        order = {row.place: at for at, row in enumerate(rows)}
        found = sorted(self.results.of_rows.items(), key=lambda item: order[item[0]])
        self.results.of_rows = dict(found)
        self.results.seconds = monotonic() - began
        if was_stopped:
            raise KeyboardInterrupt

    def _look(self, rows: Sequence[Row], pool: Pool) -> list[_Waiting]:
        """Part the rows that are to run from those where nothing has changed; the largest first."""
        waiting = []
        with closing(Servers()) as servers:
            for row in rows:
                source = look_at_source(row.settings)
                told = told_if_done(row.settings, source, servers)
                if told:
                    self._note(row, told)
                else:
                    waiting.append(_Waiting(row, source, pool.share_of(source.bytes)))
        return sorted(waiting, key=lambda one: -one.share.cores)

    def _begin(self, waiting: list[_Waiting], pool: Pool) -> None:
        """Begin as many as fit."""
        while (at := pool.next_of([one.share for one in waiting])) is not None:
            one = waiting.pop(at)
            pool.take(one.share)
            settings = with_share(one.row.settings, one.share.cores, one.share.memory)
            self._running.append((one, DatasetProcess(settings, one.source, self.lock.close)))

    def _wait(self, waiting: list[_Waiting], pool: Pool) -> None:
        connection.wait([process.answer for _, process in self._running], POLL_S)
        for one, process in list(self._running):
            told = process.poll()
            if told is None:
                continue
            self._running.remove((one, process))
            pool.give_back(one.share)
            whole = pool.share_of(0, is_alone=True)
            is_short = (told["error"] or {}).get("kind") == ResourceError.__name__
            if is_short and one.share != whole:  # alone it may have enough
                waiting.append(_Waiting(one.row, one.source, whole))
            else:
                self._note(one.row, told)

    def _note(self, row: Row, told: dict[str, Any]) -> None:
        self.results.of_rows[row.place] = told
        self.messages.tell("dataset", "", row=row.place, **told)
        if told["end"] not in {"unchanged", "not_begun"}:
            self._commands.start(self.on_dataset, {"row": row.place, **told})


def _import_all(waiting: Sequence[_Waiting]) -> None:
    """Import what the datasets need, once for all of their processes."""
    modules: dict[str, None] = {}
    for one in waiting:
        with suppress(OSError):
            modules |= dict.fromkeys(job_forks.modules_for(one.row.settings))
    import_for_forks(list(modules))
