"""The Snakemake command: spelled, started, watched, and what its end means."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import IO

import yaml

from wkflow.access_token import find_token
from wkflow.cli.cluster_jobs import cancel_jobs_of_before, cancelling_jobs
from wkflow.cli.messages import Messages
from wkflow.cli.outcome import NOTHING_TO_DO, End, end_of, explain, why_again
from wkflow.cli.passed_on import only_looks, require_others, written_by_jobs
from wkflow.cli.process import Interrupts, Process, watch
from wkflow.cli.progress import OPENINGS, Progress, Relay
from wkflow.cli.snakemake_command import (
    environment_of,
    process_command,
    require_means,
    snakemake_command,
)
from wkflow.cli.snakemake_process import Forked, start
from wkflow.errors import ConfigError, UnansweredError, WkflowError
from wkflow.locks import dataset_lock, note_process_group, run_folder_lock
from wkflow.model.plan import Plan
from wkflow.model.run_kind import RunKind
from wkflow.model.write_datasource import PROPERTIES
from wkflow.options.settings import Settings
from wkflow.planning.check_resources import AGREED
from wkflow.planning.check_target import check_target
from wkflow.planning.claim_target import keep_source
from wkflow.planning.run_folders import require_own_files, without_new_folders, without_traces
from wkflow.planning.target_state import ANEW
from wkflow.planning.unfinished_jobs import unfinished
from wkflow.rules.failure_report import forget
from wkflow.rules.stale_receipts import reopen
from wkflow.rules.state_files import clear_folders
from wkflow.run_folder import (
    ASKED,
    CONFIG,
    DELIVERY,
    DRAFT,
    LOG,
    PROOF,
    REPORT,
    forget_finished,
)
from wkflow.temporary_folders import temporary_folder
from wkflow.webknossos.upload_plan import UploadPlan

RESTARTS = 2
"""How often one command goes on by itself: the server lost its upload, or files were removed."""


def launch(
    settings: Settings,
    extra: tuple[str, ...],
    forks: list[Forked],
    *,
    quiet: bool,
    messages: Messages | None = None,
) -> End:
    """Run the workflow in its run folder; say how it ended.

    With `extra`, Snakemake's own words go to the person, and its output where ours goes. `forks`
    are processes that may become Snakemake. `messages` says how people or programs are told what
    happens: by default in words, and with `quiet` failures only.

    Raises
    ------
    WkflowError
        The first failure that a job foresaw; further ones are printed.
    TransientError
        If Snakemake or a job died without a word.
    KeyboardInterrupt
        When it was asked to stop; everything is stopped by then.
    """
    messages = messages or Messages(quiet=quiet)
    require_others(extra)
    require_means(settings)
    if settings.kind.uploads:
        find_token()
    folder = settings.run_folder
    require_own_files(settings)
    check_target(settings)
    with without_new_folders(folder):
        _make(folder)
        with (
            run_folder_lock(folder) as lock,
            dataset_lock(settings.place) as dataset_file,
            temporary_folder(folder) as temporary,
            without_traces(folder),
        ):
            clear_folders(folder)
            cancel_jobs_of_before(settings)
            keep_source(settings)
            if not only_looks(extra):
                _start_anew_where_needed(settings)
                (folder / ASKED).touch()
            (folder / LOG).parent.mkdir(exist_ok=True)
            command = snakemake_command(settings, extra)
            spelled = subprocess.list2cmdline(command)
            messages.tell("start", spelled if messages.verbose else "", snakemake=command,
                          name=settings.dataset_name, run_folder=folder)  # fmt: skip
            environment = environment_of(settings, temporary, extra)
            started = process_command(settings, extra)
            begin = partial(start, started, environment, forks)
            run = partial(_run, settings, begin, lock, dataset_file, messages)
            first = f"wkflow: {spelled}\n"
            run = partial(run, first_line=first, passes_on=bool(extra))
            before = written_by_jobs(folder) if extra else {}
            failure = _attempts(settings, run, environment, messages)
            has_run = not (extra and (only_looks(extra) or written_by_jobs(folder) == before))
            end = End.INCOMPLETE if failure else _end(settings, environment, extra, has_run=has_run)
            if end.is_complete:
                (folder / ASKED).unlink(missing_ok=True)
            if failure is not None:
                _tell_what_is_kept(settings, messages)
                raise failure
    return end


def _attempts(
    settings: Settings,
    run: Callable[[], WkflowError | None],
    environment: dict[str, str],
    messages: Messages,
) -> WkflowError | None:
    """Run, and run again where that may help at once; give what went wrong in the end.

    What a person answers is told by the `environment`: it holds for this run, and in no file.
    """
    content = yaml.safe_dump(config_of(settings), sort_keys=False)
    (settings.run_folder / CONFIG).write_text(content)
    failure = run()
    if isinstance(failure, UnansweredError) and _agrees(failure):
        environment[AGREED] = str(settings.dataset)
        failure = run()
    for _ in range(RESTARTS):
        if failure is None or not (again := why_again(settings.run_folder, failure)):
            break
        messages.warn(f"{failure.what}; {again}", is_needed=True)
        failure = run()
    return failure


def _agrees(question: UnansweredError) -> bool:
    """Ask the person at the terminal, if there is one."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    print(f"wkflow: {question.where}: {question.what}", file=sys.stderr)
    print("wkflow: remove the old dataset now? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _tell_what_is_kept(settings: Settings, messages: Messages) -> None:
    if settings.kind.uploads:
        if (settings.run_folder / DELIVERY).exists():
            messages.warn(f"what was done is kept in {settings.run_folder}", is_needed=True)
    elif words := unfinished(settings):
        messages.warn(words, is_needed=True)


def _make(folder: Path) -> None:
    """Make the run folder.

    Raises
    ------
    ConfigError
        If there is no place for it; what else the system refuses is left as it is.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileNotFoundError:  # its parents were just made: this is no real file system
        raise ConfigError(
            "no folder can be made here", str(folder), "Choose another target."
        ) from None


def _end(
    settings: Settings, environment: dict[str, str], extra: tuple[str, ...], *, has_run: bool
) -> End:
    """Say how far Snakemake came, which ended well; if it was asked for something, look again.

    Its log does not tell: it may be asked to be silent.
    """
    folder = settings.run_folder
    was_there = NOTHING_TO_DO in end_of(folder / LOG)
    if extra:
        if not (was_there or has_run):
            return End.ONLY_LOOKED if _has_goal(settings) else End.INCOMPLETE
        if not (_has_goal(settings) and _is_complete(settings, environment)):
            return End.INCOMPLETE
    is_described = settings.describes and not settings.kind.has_server
    may_be_none = settings.kind.downsamples and not is_described
    has_jobs = not may_be_none or bool(Plan.read(folder / DRAFT).layers)
    return End.NOTHING_TO_DO if was_there or not has_jobs else End.DONE


def _has_goal(settings: Settings) -> bool:
    """Whether the files are there that a run ends with, of this run or of one before."""
    folder = settings.run_folder
    if settings.kind.downsamples:
        return (folder / DRAFT).exists()
    if settings.kind.uploads:
        return (folder / PROOF).exists()
    is_there = (settings.place / PROPERTIES).exists()
    return (folder / REPORT).exists() and is_there


def _is_complete(settings: Settings, environment: dict[str, str]) -> bool:
    """Ask Snakemake whether anything is left to do for the dataset."""
    look = subprocess.run(
        [*process_command(settings), "--dry-run"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return look.returncode == 0 and NOTHING_TO_DO.encode() in look.stdout + look.stderr


def notes(settings: Settings) -> list[str]:
    """Give what a person should know of a dataset that was sent: what was left out."""
    path = settings.run_folder / DELIVERY
    if not (settings.kind.uploads and path.exists()):
        return []
    return list(UploadPlan.read(path).notes)


def config_of(settings: Settings) -> dict[str, object]:
    """Give the options, and the run folder where it depends on the folder of the command."""
    has_place = settings.target and not settings.kind.has_remote_target
    place = {} if has_place else {"work_dir": str(settings.run_folder)}
    return settings.to_dict() | place


def _run(
    settings: Settings,
    begin: Callable[..., Process],
    lock: IO[str],
    dataset_file: IO[str] | None,
    messages: Messages,
    *,
    first_line: str,
    passes_on: bool,
) -> WkflowError | None:
    """Run Snakemake to its end; give what went wrong.

    It shares the lock of the dataset, which so lasts as long as its jobs may write. If it
    `passes_on` its words, it has our standard output, and its log is shown as it grows: behind the
    `first_line`, which is ours.
    """
    folder = settings.run_folder
    forget(folder)
    with (folder / LOG).open("w") as log, cancelling_jobs(settings), Interrupts() as interrupts:
        log.write(first_line)
        log.flush()
        output = None if passes_on else log.fileno()
        kept = [dataset_file.fileno()] if dataset_file else []
        note = partial(note_process_group, lock)
        process = begin(output=output, errors=log.fileno(), kept=kept, note=note)
        has_pods = settings.distribution_strategy == "kubernetes"
        opening = OPENINGS[settings.kind]
        view = Relay(folder / LOG, messages) if passes_on else Progress(folder, messages, opening)
        with closing(view) as shown:
            status = watch(process, shown.update, interrupts, has_pods=has_pods)
    if not status:
        return None
    failure, told = explain(folder, status, is_asked=passes_on)
    for line in told:
        messages.warn(line, is_needed=True)
    return failure


def _start_anew_where_needed(settings: Settings) -> None:
    """Forget a finished run that is to be done again."""
    folder = settings.run_folder
    if settings.kind.downsamples:
        reopen(folder)
        forget_finished(folder)
    if settings.kind is not RunKind.CONVERT:
        return
    finished = (folder / REPORT).exists() and (settings.dataset / PROPERTIES).exists()
    if settings.overwrite_existing and finished and not (folder / ASKED).exists():
        (folder / ASKED).write_text(ANEW)
