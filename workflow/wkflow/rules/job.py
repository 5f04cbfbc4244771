"""What every script does around its call: log, progress, and a note when it fails.

Snakemake flattens every job's failure to exit status 1. So a job leaves a note beside its log, in
which the CLI finds the sentence and the status.
"""

import errno
import json
import logging
import os
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock
from time import monotonic
from types import TracebackType
from typing import Any, Self

from wkflow import atomic_files, errors
from wkflow.errors import ConfigError, ResourceError, SourceError, TransientError, WkflowError
from wkflow.model.claim import Claim, place_of
from wkflow.model.plan import Plan
from wkflow.run_folder import CLAIM, FAILURE_NOTE, LOGS, PROGRESS, SCRATCH

NICE = 5
"""How far a job that computes steps back."""

SWITCH_S = 5e-4
"""How long a thread of such a job keeps the interpreter: one writes what all others encode."""

TICK_S = 0.2
"""Between two writes of the progress file: often enough for the eye, cheap on a network disk."""

RUN = "WKFLOW_RUN"
"""In the environment of jobs: which run they belong to."""

FOR_GOOD = frozenset({"ConfigError", "SourceError", "ServerError", "VerificationError"})
"""Failures that another try does not mend."""

_REMEDIES: dict[int, tuple[type[WkflowError], str]] = {
    number: (kind, remedy)
    for kind, remedy, numbers in (
        (
            ResourceError,
            "Free space there and give the same command: what is written is kept.",
            (errno.ENOSPC, errno.EDQUOT),
        ),
        (
            ResourceError,
            "Raise the limit of open files (`ulimit -n`), or give --jobs a smaller number.",
            (errno.EMFILE, errno.ENFILE),
        ),
        (
            ResourceError,
            "Raise the limit (`ulimit -f`), or choose a disk for large files or smaller shards.",
            (errno.EFBIG,),
        ),
        (
            ResourceError,
            "Raise the limit of processes (`ulimit -u`), or give --jobs a smaller number.",
            (errno.EAGAIN,),
        ),
        (
            ConfigError,
            "Ask for the right to read or write there, or choose another path.",
            (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR),
        ),
        (ConfigError, "Choose a shorter name.", (errno.ENAMETOOLONG,)),
        (ConfigError, "Mend the links there, or choose another target.", (errno.ELOOP,)),
        (
            ConfigError,
            "Something else bears this name: remove it, or choose another target.",
            (errno.EEXIST, errno.ENOTEMPTY),
        ),
        (
            ConfigError,
            "This file system cannot hold a dataset: choose a target on another one.",
            (
                *(errno.EOPNOTSUPP, errno.ENOSYS, errno.EILSEQ, errno.EMLINK, errno.ENXIO),
                errno.ENODEV,
            ),
        ),
        (
            TransientError,
            "If it was removed meanwhile, the same command makes it anew.",
            (errno.ENOENT,),
        ),
        (
            TransientError,
            "When the disk is back, the same command resumes.",
            (
                *(errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.EBUSY),
                *(errno.ENOLCK, errno.ETXTBSY),
            ),
        ),
    )
    for number in numbers
}
"""What the operating system refuses, and what a person can do about it."""


class Job:
    """Context of one script: logs to the job's file, tells progress, notes a failure.

    Parameters
    ----------
    snakemake
        The object that Snakemake injects into scripts. Of it only `log[0]` is used: what comes
        before `logs/<rule>/....log` is the run folder, `progress/<rule>/....txt` is beside it.
    yields
        Let the scheduler, uploads and people at this machine go first: for jobs that compute.

    Attributes
    ----------
    run_folder
        Where the run keeps its state.
    scratch
        The folder of files that go before the run ends.
    """

    def __init__(self, snakemake: Any, *, yields: bool = False) -> None:  # noqa: ANN401 -- it has no type
        if yields:
            sys.setswitchinterval(SWITCH_S)
            if os.name == "posix":
                os.nice(NICE)
        self._log = log = Path(snakemake.log[0])
        self.note = log.with_name(log.stem + FAILURE_NOTE)
        above = log.parts.index(LOGS)
        self.run_folder = Path(*log.parts[:above]).absolute()
        self._progress = self.run_folder.joinpath(
            PROGRESS, *log.with_suffix(".txt").parts[above + 1 :]
        )
        self.scratch = self.run_folder / SCRATCH
        self._done, self._told, self._lock = 0, 0.0, Lock()
        logging.basicConfig(filename=log, filemode="w", level=logging.INFO, force=True)

    def tick(self, count: int) -> None:
        """Count voxels that are written now, or bytes that are sent; from any thread."""
        with self._lock:
            self._done += count
        if monotonic() - self._told > TICK_S:
            self._told = monotonic()
            with suppress(OSError):  # progress is worth no failure
                self._progress.parent.mkdir(parents=True, exist_ok=True)
                self._progress.write_text(str(self._done))

    def __enter__(self) -> Self:
        self._end_if_hopeless()
        atomic_files.discard(self.note)
        claim = self.run_folder / CLAIM
        if not claim.exists():  # where our rules are a module, nothing else makes it
            Claim("", None).write(self.run_folder)
        return self

    def placed(self, plan: Plan) -> Plan:
        """Give the plan with the folder that is written: beside the target, if it replaces one."""
        return replace(plan, dataset=str(place_of(Path(plan.dataset), self.run_folder)))

    def _end_if_hopeless(self) -> None:
        """Fail again at once, where an earlier try in this run failed for good.

        Snakemake tries again on clusters whatever was wrong, and removes the log before it does.
        """
        with suppress(OSError, ValueError, KeyError, TypeError):
            note = json.loads(self.note.read_bytes())
            is_of_this_run = note["run"] and note["run"] == os.environ[RUN]
            if is_of_this_run and note["kind"] in FOR_GOOD:
                words = f"failed for good before: {note['what']}, {note['where']}"
                logging.getLogger(__name__).error(words)
                raise SystemExit(note["exit_status"])

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.unlink(missing_ok=True)
        foreseen = foresee(error)
        if foreseen:
            logging.getLogger(__name__).error("%s", foreseen)
            leave_note(self.note, foreseen)
            raise SystemExit(foreseen.exit_status) from None
        if error is not None:
            logging.getLogger(__name__).error("%s", error, exc_info=error)
            leave_note(self.note, _bug(error, self._log))


def foresee(error: BaseException | None) -> WkflowError | None:
    """Give the error for the person at the terminal, or None for a bug."""
    is_short = isinstance(error, OSError) and error.errno == errno.ENOMEM
    if is_short or isinstance(error, MemoryError):
        remedy = "Give --jobs or --batch-size a smaller number."
        return ResourceError("memory ran out", "this job", remedy)
    if isinstance(error, UnicodeEncodeError):
        return ConfigError(
            f"a name cannot be written in this locale: {error.object[:200]!r}", "LC_ALL",
            "Set PYTHONUTF8=1 or LC_ALL=C.UTF-8, or choose names in UTF-8.",
        )  # fmt: skip
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        error = OSError(errno.EAGAIN, "no further thread can be started", "this machine")
    if isinstance(error, OSError) and error.errno in _REMEDIES:
        kind, remedy = _REMEDIES[error.errno]
        where = _place_of(error)
        what = (error.strerror or str(error)).lower()
        if error.errno == errno.EEXIST and Path(where).is_symlink():
            what = "is a link that leads nowhere"
        return kind(what, where, remedy)
    return error if isinstance(error, WkflowError) else None


def _place_of(error: OSError) -> str:
    """Name the file; where two are concerned, the one that was to be made."""
    name = error.filename2 or error.filename
    if isinstance(name, bytes):
        return os.fsdecode(name)
    return str(name) if isinstance(name, str | Path) and str(name) else "the disk of the target"


def _bug(error: BaseException, log: Path) -> WkflowError:
    return WkflowError(
        f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}",
        str(log.absolute()),
        "This is a fault of the program: please report it with this log.",
    )


def leave_note(path: Path, error: WkflowError) -> None:
    """Write down what failed, where the CLI looks for it."""
    kinds = (kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__)
    note = {
        "kind": next(kinds).__name__,
        "what": error.what,
        "where": error.where,
        "remedy": error.remedy,
        "detail": error.detail,
        "exit_status": error.exit_status,
        "run": os.environ.get(RUN),
        **({"is_of_several": True} if isinstance(error, SourceError) and error.faults else {}),
    }
    with atomic_files.atomic_write(path) as file:
        file.write(json.dumps(note).encode())
