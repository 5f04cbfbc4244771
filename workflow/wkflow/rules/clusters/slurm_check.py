"""One small job that looks from a compute node whether the same folders are there, and Python.

It says so in the first seconds, where a thousand jobs would fail one by one.
"""

import shlex
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from wkflow.errors import ConfigError, TransientError, WkflowError
from wkflow.rules.clusters import slurm

POLL_S, POLL_SHARE, LONGEST_POLL_S = 0.3, 0.1, 15.0
"""An end is noticed after a tenth of the time that the job took so far: a batch has many of them,
and on a full cluster they wait for hours.
"""

FORGOTTEN_S = 300.0
"""How long a controller may not know of the job before nobody does."""

FIRST_STATUS = 100
"""Of the job: this and what it did not find, counted from the first."""

MOST_SOURCES = 20

LIMITS = ("--time=5", "--mem=200", "--cpus-per-task=1", "--ntasks=1")

OWN = frozenset({
    *("--mem", "-t", "--time", "-c", "--cpus-per-task", "--ntasks", "--output", "--job-name"),
    *("--export", "--comment", "-D"),
})  # fmt: skip
"""Options that differ from job to job, or that the trial job has of its own; all take a value."""

UNSEEN = "node {} of the cluster does not see it"
NO_PYTHON = "Python does not start on node {} of the cluster"
SHARE = "Put {} on a disk that all nodes share."
INSTALL = "Install wkflow where all nodes find it, with all its libraries."

BUSY = frozenset({"PENDING", "RUNNING", "CONFIGURING", "COMPLETING", "SUSPENDED", "UNKNOWN"})
"""States of a job that has not ended (man squeue), and of one that the controller does not tell."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Something that a node has to see: how the shell tests it, and what to say if it does not."""

    test: str
    path: str
    what: str
    remedy: str


def probe(
    name: str,
    options: Sequence[str],
    folders: Sequence[Path],
    sources: Sequence[str],
    wait: Callable[[str], None],
) -> None:
    """Run the job and wait for what it finds; `wait` is told why it does not start yet.

    Parameters
    ----------
    options
        Of sbatch, which all jobs share: partition, account and so on.
    folders
        Where jobs will write.
    sources
        Files that jobs will read.

    Raises
    ------
    ConfigError
        If the node does not see what jobs need, or the job can never start.
    TransientError
        If the job ends in another way, or nobody knows how.
    """
    with ExitStack() as stack:
        sights = [_shared_folder(folder, stack) for folder in folders]
        sights += [_source(source) for source in sources[:MOST_SOURCES]]
        sights += _python()
        tests = [f"{one.test} || exit {number}" for number, one in enumerate(sights, FIRST_STATUS)]
        number = slurm.submit([*LIMITS, *options], f"{name}-probe", "\n".join(tests))
        record = _ended(number, wait)
    if record["JobState"] != "COMPLETED":
        raise _refusal(record, sights)


def _shared_folder(folder: Path, stack: ExitStack) -> Sight:
    """Look for a file of this moment: a folder of the same name on a disk of the node has none."""
    sign = folder / f".wkflow-probe-{uuid4().hex}"
    test = f"test -d {shlex.quote(str(folder))}"  # where none can be made
    with suppress(OSError):
        sign.touch()
        stack.callback(sign.unlink, missing_ok=True)
        test = f"test -w {shlex.quote(str(sign))}"
    return Sight(test, str(folder), UNSEEN, SHARE.format("target and run folder"))


def _source(source: str) -> Sight:
    return Sight(f"test -r {shlex.quote(source)}", source, UNSEEN, SHARE.format("the source"))


def _python() -> list[Sight]:
    python = shlex.quote(sys.executable)
    environment = SHARE.format("the virtual environment")
    return [
        Sight(f"test -x {python}", sys.executable, UNSEEN, environment),
        Sight(f"{python} -c 'import snakemake'", sys.executable, NO_PYTHON, INSTALL),
    ]


def shared_options(call: Sequence[str]) -> list[str]:
    """Give the options of a call of sbatch that all jobs share: partition, account and so on.

    >>> shared_options(["sbatch", "--parsable", "-p", "short", "-t", "40", "--mem=9", "--nice=5"])
    ['-p', 'short', '--nice=5']
    """
    shared: list[str] = []
    words = iter(call)
    for word in words:
        name, has_value, _ = word.partition("=")
        if name in OWN and not has_value:
            next(words, None)
        elif name not in OWN | {"sbatch", "--parsable"}:
            shared.append(word)
    return shared


def _ended(number: str, wait: Callable[[str], None]) -> dict[str, str]:
    """Wait for the end of the job, however long the cluster takes to begin it."""
    began = known = time.monotonic()
    while True:
        time.sleep(max(POLL_S, min(POLL_SHARE * (time.monotonic() - began), LONGEST_POLL_S)))
        record: dict[str, str] = {}
        with suppress(slurm.NoAnswerError):  # a controller that restarts knows it afterwards
            record = slurm.record_of(number)
        state, reason = record.get("JobState", "UNKNOWN"), record.get("Reason", "")
        if state == "PENDING" and reason in slurm.NEVER:
            raise slurm.never_starts(number, reason)
        if state not in BUSY:
            return record
        if state != "UNKNOWN":
            known = time.monotonic()
        elif time.monotonic() - known > FORGOTTEN_S:
            raise TransientError(
                f"the controller forgot trial job {number}", "SLURM", "Give the command again."
            )
        wait(reason if state == "PENDING" else "")


def _refusal(record: dict[str, str], sights: Sequence[Sight]) -> WkflowError:
    node = record.get("BatchHost", "?")
    status = int(record.get("ExitCode", "0:0").partition(":")[0]) - FIRST_STATUS
    if 0 <= status < len(sights):
        missed = sights[status]
        return ConfigError(missed.what.format(node), missed.path, missed.remedy)
    return TransientError(
        f"a trial job ended as {record['JobState']} on node {node}", "SLURM",
        "Look what is wrong with that node, then give the same command.",
    )  # fmt: skip
