"""What the end of Snakemake means: whether the dataset is complete, and if not, why."""

import errno
import os
import re
import signal
from enum import Enum
from pathlib import Path

from wkflow.errors import (
    ConfigError,
    IncompleteError,
    ResourceError,
    SnakemakeError,
    SourceError,
    TransientError,
    WkflowError,
)
from wkflow.rules.failure_report import TOLD, read_failures
from wkflow.rules.job import foresee
from wkflow.run_folder import LOG
from wkflow.webknossos.attempt import current, why_lost

if os.name == "posix":
    import resource


LOG_END = 200_000
"""Bytes at the end of a log in which its last error is looked for."""

QUOTED = 300
"""Letters of Snakemake's log in an error."""

USAGE_STATUS = 2
"""How Snakemake ends when it does not know an option."""

NOTHING_TO_DO = "Nothing to be done"
"""How Snakemake says that no job had to run."""


class End(Enum):
    """How a run ended that did not fail, in a person's words.

    Snakemake may be asked for less than the dataset by what follows `--`: then it is no news that
    it ended well.
    """

    DONE = "done"
    NOTHING_TO_DO = "nothing to do, it is complete"
    ONLY_LOOKED = "Snakemake ended, no job was run"
    INCOMPLETE = "Snakemake ended; the dataset is not complete"

    @property
    def is_complete(self) -> bool:
        """Whether the dataset is whole, and this run made it or looked."""
        return self in {End.DONE, End.NOTHING_TO_DO}


ERROR = re.compile(
    r"^\s*(?P<kind>(?:[a-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Exit))\b"
    r"(?P<place> in \w+ .*)?:?\s*(?P<what>.*)$"
)
"""The line of an error, of Snakemake's or Python's."""

USAGE_ERROR = re.compile(r"^\S+: error: (?P<what>.+)$", re.MULTILINE)

OF_SYSTEM = re.compile(
    r"\[Errno (?P<number>\d+)\] (?P<words>[^:'\"]+)(?:: (?P<path>['\"].*?['\"]))?"
)

KILLED = re.compile(r"died with <Signals\.(\w+)|exit status (129|1[3-9]\d)\b|exit status -(\d+)\b")

KINDS: dict[str, type[WkflowError]] = {
    "MissingInputException": SourceError,
    "MissingRuleException": ConfigError,
    "ProtectedOutputException": ConfigError,
    "TargetFileException": ConfigError,
    "CliException": ConfigError,
    "ProfileException": ConfigError,
    "ApiError": ConfigError,
    "SpawnedJobError": TransientError,
    "MissingOutputException": TransientError,
    "LockException": TransientError,
    "IncompleteFilesException": TransientError,
}
"""Which kind of ours an error of Snakemake is; others of Snakemake depend on what it was asked."""

NO_CAUSE = {"CalledProcessError", "RuleException", "SystemExit", "KeyboardInterrupt"}
"""What only says that a job failed."""

ENDED: dict[str, tuple[type[WkflowError], str, str]] = {
    "SIGKILL": (
        TransientError,
        "was killed (SIGKILL), which the kernel does when memory is short",
        "If memory was short, give --jobs or --memory a smaller number.",
    ),
    "SIGXCPU": (
        ResourceError,
        "used more processor time than a limit allows",
        "Raise it (`ulimit -t`).",
    ),
    "SIGXFSZ": (
        ResourceError,
        "wrote a larger file than a limit allows",
        "Raise it (`ulimit -f`).",
    ),
    "SIGBUS": (
        ResourceError,
        "died because a file in use was cut short or a disk is full",
        "Free space, or bring the file back.",
    ),
}
"""What a signal that ended a process means, and what to do; others are told by name."""

OF_CRASHES = {"SIGSEGV", "SIGABRT", "SIGILL", "SIGFPE"}


def why_again(folder: Path, failure: WkflowError) -> str:
    """Say what trying again does at once: the server forgot the upload, or files were removed."""
    if isinstance(failure, IncompleteError):
        return "it is made anew"
    attempt = current(folder)
    is_marked = attempt is not None and why_lost(folder, attempt) is not None
    return "a new upload is started" if is_marked and isinstance(failure, TransientError) else ""


def explain(folder: Path, status: int, *, is_asked: bool) -> tuple[WkflowError, list[str]]:
    """Turn notes into an error and lines about further ones; a death without a note is quoted.

    `is_asked` says that a person gave options for Snakemake, behind `--`.
    """
    failures = read_failures(folder)
    told = [str(further) for further in failures[1:TOLD]]
    if more := len(failures[TOLD:]):
        told.append(f"and {more} further failures: {folder / 'logs'}")
    if failures:
        return failures[0], told
    return _from_log(folder / LOG, status, is_asked=is_asked), []


def _from_log(log: Path, status: int, *, is_asked: bool) -> WkflowError:
    text, where = end_of(log), str(log)
    if status == USAGE_STATUS and (usage := USAGE_ERROR.findall(text)):
        remedy = "`wkflow COMMAND SOURCE TARGET -- --help` lists the options of Snakemake."
        return ConfigError(f"Snakemake says: {usage[-1]}", "what follows `--`", remedy)
    kind, quote = last_error(text)
    if is_asked and status > 0 and not KILLED.search(text):
        return _asked(quote, status, where)
    if _is_full(log):
        quote = f"[Errno {errno.EFBIG}] {os.strerror(errno.EFBIG)}: {where!r}"
    signals = [signal.Signals(-status).name] if status < 0 else []
    if signals or not (kind or quote):
        signals = signals or [_signal(*found) for found in KILLED.findall(text)]
    if signals:
        return _ended(signals[-1], "Snakemake" if status < 0 else "a job", where)
    return _of_system(kind, quote, where) or _quoted(kind, quote, where)


def _asked(quote: str, status: int, where: str) -> WkflowError:
    """Give Snakemake's own failure with its own status: a person asked it, and saw all of it."""
    what = f"Snakemake says: {quote}" if quote else f"Snakemake ended with status {status}"
    return SnakemakeError(what, where, "Change what follows `--`; this log has all of it.")


def _of_system(kind: str, quote: str, where: str) -> WkflowError | None:
    """Recognise what the operating system refused."""
    if kind == "MemoryError":
        return foresee(MemoryError())
    if kind == "UnicodeEncodeError":
        remedy = "Set PYTHONUTF8=1 or LC_ALL=C.UTF-8, or choose names in UTF-8."
        return ConfigError(f"a name cannot be written: {quote}", where, remedy)
    if not (match := OF_SYSTEM.search(quote)):
        return None
    path = (match["path"] or "")[1:-1] or where
    return foresee(OSError(int(match["number"]), match["words"].strip(), path))


def _quoted(kind: str, quote: str, where: str) -> WkflowError:
    """Pass on what the log says last; whether trying again helps depends on what it is."""
    if not quote:
        remedy = "The same command resumes. If it ends so again, please report it with this log."
        return TransientError("Snakemake failed and said no reason", where, remedy)
    files = quote.partition("affected files: ")[2] if kind == "MissingInputException" else ""
    if files.startswith("/"):
        return SourceError(
            "vanished while the run was at work", files,
            "Bring it back, or give the same command without it.",
        )  # fmt: skip
    says = f"Snakemake says: {quote}"
    remedy = "Mend what it says; this log has all of it. The same command goes on."
    if kind in KINDS:
        return KINDS[kind](says, where, remedy)
    if kind == "WorkflowError":
        return TransientError(says, where, remedy)
    remedy = "This is a fault of the program: please report it with this log."
    return WkflowError(f"{kind}: {quote}", where, remedy)


def _is_full(log: Path) -> bool:
    """Whether a limit of this process kept Snakemake from writing more of its log."""
    if os.name != "posix":
        return False
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return limit != resource.RLIM_INFINITY and log.exists() and log.stat().st_size >= limit


def _signal(name: str, status: str, number: str) -> str:
    """Name the signal that ended a job, from how Snakemake says it."""
    try:
        return name or signal.Signals(int(number or int(status) - 128)).name
    except ValueError:
        return f"signal {number or status}"


def _ended(name: str, who: str, where: str) -> WkflowError:
    """Say what a signal means that ended Snakemake or a job."""
    again = "The same command resumes."
    if name in ENDED:
        kind, what, remedy = ENDED[name]
        return kind(f"{who} {what}", where, f"{remedy} {again}")
    if name in OF_CRASHES:
        remedy = "A library or this machine is at fault: please report it with this log."
        return WkflowError(f"{who} crashed ({name})", where, remedy)
    return TransientError(f"{who} was ended by {name}", where, again)


def end_of(log: Path) -> str:
    """Read the end of a log, whatever bytes are in it; one that is not there is empty."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - LOG_END))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def last_error(text: str) -> tuple[str, str]:
    r"""Find the last error in a log that names a cause: its kind, and its words in one line.

    >>> last_error("Building DAG\nMissingRuleException:\nNo rule to produce x.\n")
    ('MissingRuleException', 'No rule to produce x.')
    >>> last_error("  File 'a.py', line 3\nValueError: no such voxel\n")
    ('ValueError', 'no such voxel')
    >>> last_error("Building DAG\n")
    ('', '')
    """
    lines, bare = text.splitlines(), ""
    for at in reversed(range(len(lines))):
        match = ERROR.match(lines[at])
        kind = match["kind"].rpartition(".")[2] if match else ""
        if not match or kind in NO_CAUSE:
            continue
        words = match["what"] or " ".join(_paragraph(lines[at + 1 :]))
        if words and "At least one job did not complete successfully" not in words:
            place = f" ({match['place'].strip().rstrip(':')})" if match["place"] else ""
            place = "" if kind == "MissingInputException" else place
            return kind, (" ".join(words.split())[:QUOTED] + place)
        if not words:
            bare = bare or kind
    return bare, bare


def _paragraph(lines: list[str]) -> list[str]:
    """Give the lines before the next blank one or the next time stamp."""
    found: list[str] = []
    for line in lines:
        if not line.strip() or line.startswith("["):
            break
        found.append(line.strip())
    return found
