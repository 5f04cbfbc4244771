"""One small job that looks from a compute node whether the same folders are there, and Python.

It says so in the first seconds, where a thousand jobs would fail one by one.
"""

import shlex
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from wkflow.clusters import slurm
from wkflow.errors import ConfigError, TransientError, WkflowError

POLL_S = 0.3

RUN_FOLDER, SOURCE, PYTHON, PACKAGE = 101, 102, 103, 104
"""Exit statuses of the job: what it did not find."""

LIMITS = ("--time=5", "--mem=200", "--cpus-per-task=1", "--ntasks=1")
OWN = frozenset({
    *("--mem", "-t", "--time", "-c", "--cpus-per-task", "--ntasks", "--output", "--job-name"),
    *("--export", "--comment", "-D"),
})  # fmt: skip
"""Options that differ from job to job, or that the trial job has of its own; all take a value."""

SHELL_CANNOT = frozenset({126, 127})


def probe(
    name: str,
    options: Sequence[str],
    run_folder: Path,
    sources: Sequence[str],
    wait: Callable[[str], None],
) -> None:
    """Run the job and wait for what it finds; `wait` is told why it does not start yet.

    Parameters
    ----------
    options
        Of sbatch, which all jobs share: partition, account and so on.
    sources
        Files or folders that jobs will read.

    Raises
    ------
    ConfigError
        If the node does not see what jobs need, or the job can never start.
    """
    sign = run_folder / f".probe-{uuid4().hex}"
    sign.touch()
    try:
        script = _script(sign, sources)
        number = slurm.submit([*LIMITS, *options], f"{name}-probe", script)
        record = _ended(number, wait)
    finally:
        sign.unlink(missing_ok=True)
    status = int(record.get("ExitCode", "0:0").partition(":")[0])
    if status or record.get("JobState") != "COMPLETED":
        raise _refusal(status, record, run_folder, sources)


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


def _script(sign: Path, sources: Sequence[str]) -> str:
    """Look for a file of this moment: a folder of the same name on a disk of the node has none."""
    sees = [f"test -w {shlex.quote(str(sign))} || exit {RUN_FOLDER}"]
    sees += [f"test -r {shlex.quote(source)} || exit {SOURCE}" for source in sources]
    python = shlex.quote(sys.executable)
    sees += [
        f"test -x {python} || exit {PYTHON}",
        f"{python} -c 'import snakemake' || exit {PACKAGE}",
    ]
    return "\n".join(sees)


def _ended(number: str, wait: Callable[[str], None]) -> dict[str, str]:
    """Wait for the end of the job, however long the cluster takes to begin it."""
    while True:
        time.sleep(POLL_S)
        record: dict[str, str] = {}
        with suppress(slurm.NoAnswerError):  # a controller that restarts knows it afterwards
            record = slurm.record_of(number)
        state, reason = record.get("JobState", "UNKNOWN"), record.get("Reason", "")
        if state == "PENDING" and reason in slurm.NEVER:
            raise slurm.never_starts(number, reason)
        if state not in {"PENDING", "RUNNING", "CONFIGURING", "COMPLETING", "UNKNOWN"}:
            return record
        wait(reason if state == "PENDING" else "")


def _refusal(
    status: int, record: dict[str, str], run_folder: Path, sources: Sequence[str]
) -> WkflowError:
    node = record.get("BatchHost", "a compute node")
    where = {
        RUN_FOLDER: (str(run_folder), "--work-dir or the target"),
        SOURCE: (", ".join(sources), "the source"),
        PYTHON: (sys.executable, "the virtual environment"),
    }
    if status in where:
        path, what = where[status]
        return ConfigError(
            f"node {node} of the cluster does not see it", path,
            f"Put {what} on a disk that all nodes share.",
        )  # fmt: skip
    if status == PACKAGE or status in SHELL_CANNOT:
        return ConfigError(
            f"Python does not start on node {node} of the cluster", sys.executable,
            "Install wkflow where all nodes find it, with all its libraries.",
        )  # fmt: skip
    return TransientError(
        f"a trial job ended as {record.get('JobState', 'UNKNOWN')} on node {node}",
        "SLURM", "Look what is wrong with that node, then give the same command.",
    )  # fmt: skip
