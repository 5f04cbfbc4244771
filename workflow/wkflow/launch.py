"""The Snakemake command: spelled, started, watched, and what its end means."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from subprocess import Popen
from typing import IO

import yaml

from wkflow.attempt import current, why_lost
from wkflow.clusters import slurm
from wkflow.datasource import PROPERTIES
from wkflow.delivery import DELIVERY, Delivery
from wkflow.engine import Interrupts, watch
from wkflow.errors import TransientError, WkflowError
from wkflow.failures import forget, read_failures
from wkflow.hold import holding
from wkflow.invocation import CONFIG, environment_of, require_means, snakemake_command
from wkflow.lock import locked, remember
from wkflow.plan import ASKED, CLAIM, CLUSTER, DRAFT, EXTENDED, REPORT, Plan
from wkflow.progress import Progress
from wkflow.proof import PROOF
from wkflow.secret import find_token
from wkflow.settings import Settings
from wkflow.steps.new_folders import forget_finished

LOG = "logs/snakemake.log"

RESTARTS = 2
"""How often one command begins a new upload because the server lost the last one."""

TOLD = 2
"""Failures that are printed: a reader takes in five lines."""


def launch(settings: Settings, extra: tuple[str, ...], *, quiet: bool) -> bool:
    """Run the workflow in its run folder; say whether there was anything to do.

    Raises
    ------
    WkflowError
        The first failure that a job foresaw; further ones are printed.
    TransientError
        If Snakemake or a job died without a word.
    KeyboardInterrupt
        When it was asked to stop; everything is stopped by then.
    """
    require_means(settings)
    if settings.sends:
        find_token()
    folder = settings.run_folder
    with locked(folder) as lock, holding(settings.dataset) as hold:
        _end_jobs_of_before(settings)
        _start_anew_where_needed(settings)
        (folder / ASKED).touch()
        (folder / CONFIG).write_text(yaml.safe_dump(_config(settings), sort_keys=False))
        (folder / LOG).parent.mkdir(exist_ok=True)
        command = snakemake_command(settings, extra)
        if not quiet:
            print(f"wkflow: {subprocess.list2cmdline(command)}", file=sys.stderr)
        run = partial(_run, settings, command, environment_of(settings, extra), lock, hold)
        failure = run(quiet=quiet)
        for _ in range(RESTARTS):
            if failure is None or not _is_lost(folder, failure):
                break
            print(f"wkflow: {failure.what}; a new upload is started", file=sys.stderr)
            failure = run(quiet=quiet)
        if failure is None:
            (folder / ASKED).unlink(missing_ok=True)
    if failure is not None:
        if settings.sends:
            print(f"wkflow: what was done is kept in {folder}", file=sys.stderr)
        raise failure
    has_jobs = settings.command != "downsample" or bool(Plan.read(folder / DRAFT).layers)
    return has_jobs and "Nothing to be done" not in (folder / LOG).read_text()


def notes(settings: Settings) -> list[str]:
    """Give what a person should know of a dataset that was sent: what was left out."""
    path = settings.run_folder / DELIVERY
    if not (settings.sends and path.exists()):
        return []
    return list(Delivery.read(path).notes)


def result(settings: Settings) -> list[str]:
    """Give what a person or a script wants of a run that ended well: the dataset's address."""
    name = EXTENDED[1] if settings.is_remote else PROOF
    proof = settings.run_folder / name
    if not ((settings.sends or settings.is_remote) and proof.exists()):
        return []
    return [str(json.loads(proof.read_bytes())["url"])]


def _config(settings: Settings) -> dict[str, object]:
    """Give the options, and the run folder where it depends on the folder of the command."""
    has_place = settings.target and not settings.is_remote
    place = {} if has_place else {"work_dir": str(settings.run_folder)}
    return settings.to_dict() | place


def _run(
    settings: Settings,
    command: list[str],
    environment: dict[str, str],
    lock: IO[str],
    hold: IO[str] | None,
    *,
    quiet: bool,
) -> WkflowError | None:
    """Run Snakemake to its end; give what went wrong.

    It shares the hold on the dataset, which so lasts as long as its jobs may write.
    """
    folder = settings.run_folder
    forget(folder)
    with (folder / LOG).open("w") as log, _ending_jobs(settings), Interrupts() as interrupts:
        process = Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=[hold.fileno()] if hold else [],
        )
        remember(lock, process.pid)
        has_pods = settings.distribution_strategy == "kubernetes"
        with closing(Progress(folder, quiet=quiet)) as progress:
            status = watch(process, progress.update, interrupts, has_pods=has_pods)
    return _explain(folder, status) if status else None


@contextmanager
def _ending_jobs(settings: Settings) -> Iterator[None]:
    """Cancel the jobs of a cluster when the run ends before they do."""
    try:
        yield
    except BaseException:
        if settings.distribution_strategy.startswith("slurm"):
            _cancel_jobs(settings.run_folder)
        raise


def _end_jobs_of_before(settings: Settings) -> None:
    """End what a killed run left on SLURM, also where this one does without."""
    state = settings.run_folder / CLUSTER
    was_there = state.exists() and shutil.which("squeue")
    if was_there or settings.distribution_strategy.startswith("slurm"):
        _cancel_jobs(settings.run_folder)
    state.unlink(missing_ok=True)


def _cancel_jobs(folder: Path) -> None:
    """End what a run left on SLURM."""
    count = slurm.cancel(slurm.name_of(folder))
    if count:
        print(f"wkflow: {count} jobs on SLURM were cancelled", file=sys.stderr)


def _is_lost(folder: Path, failure: WkflowError) -> bool:
    """Whether a new upload would help at once: the server forgot the last one."""
    attempt = current(folder)
    is_marked = attempt is not None and why_lost(folder, attempt) is not None
    return is_marked and isinstance(failure, TransientError)


def _start_anew_where_needed(settings: Settings) -> None:
    """Forget a finished run that is to be overwritten, and receipts of a dataset that is gone."""
    folder = settings.run_folder
    if settings.command == "downsample":
        forget_finished(folder)
    if settings.sends or settings.command == "downsample":
        return
    finished = (folder / REPORT).exists() and (settings.dataset / PROPERTIES).exists()
    if settings.overwrite_existing and finished and not (folder / ASKED).exists():
        for name in (CLAIM, REPORT):
            (folder / name).unlink(missing_ok=True)
        shutil.rmtree(folder / "receipts", ignore_errors=True)
    if not settings.dataset.exists():
        shutil.rmtree(folder / "receipts", ignore_errors=True)


def _explain(folder: Path, status: int) -> WkflowError:
    """Turn notes into an error; a death without a note is told as such."""
    failures = read_failures(folder)
    for further in failures[1:TOLD]:
        print(f"wkflow: {further}", file=sys.stderr)
    if more := len(failures[TOLD:]):
        print(f"wkflow: and {more} further failures: {folder / 'logs'}", file=sys.stderr)
    if failures:
        return failures[0]
    how = f"was killed by signal {-status}" if status < 0 else "or one of its jobs failed"
    return TransientError(
        f"Snakemake {how} without a word of its own",
        str(folder / LOG),
        "The same command resumes. The end of this log says more; was memory short?",
    )
