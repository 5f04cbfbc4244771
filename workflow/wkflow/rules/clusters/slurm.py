"""What is asked of SLURM besides Snakemake's plugin, with SLURM's own commands.

Each answer is a fact of the man pages of sbatch, squeue, scontrol and scancel (22.05 and up).
"""

import hashlib
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from wkflow.errors import ConfigError, TransientError

PATIENCE_S = 60.0
"""How long one of SLURM's commands may take, and jobs to go: a busy controller needs a while."""

NEVER = frozenset({
    *("PartitionConfig", "PartitionTimeLimit", "PartitionNodeLimit", "BadConstraints"),
    *("AccountNotAllowed", "InvalidAccount", "InvalidQOS", "QOSNotAllowed"),
    *("DependencyNeverSatisfied", "AssocMaxWallDurationPerJobLimit"),
    *("AssocMaxCpuPerJobLimit", "AssocMaxMemPerJob", "QOSMaxWallDurationPerJobLimit"),
    *("QOSMaxCpuPerJobLimit", "QOSMaxMemoryPerJob"),
})  # fmt: skip
"""Reasons for which a job waits until somebody changes it or the cluster (man squeue)."""

SILENCE = ("Unable to contact slurm controller", "Socket timed out", "connect failure")
"""Words with which SLURM's commands say that the controller is away."""

USUAL_MEMORY_S = 300
"""MinJobAge of SLURM, where the configuration does not say another."""

REMEDY = "Give --job-resources other values: `sinfo` and `scontrol show partition` list limits."


class NoAnswerError(TransientError):
    """SLURM did not answer; it may in a moment."""


def require_installed() -> None:
    """Make sure that jobs can be submitted from here.

    Raises
    ------
    ConfigError
        If there is no sbatch.
    """
    if not shutil.which("sbatch"):
        raise ConfigError(
            "sbatch is not in PATH: no SLURM here", "--distribution-strategy slurm",
            "Give the command on a login node of the cluster, or leave the option out.",
        )  # fmt: skip


def name_of(run_folder: Path) -> str:
    """Give what the names of a run's jobs begin with: another one for each run folder."""
    digest = hashlib.sha256(str(run_folder.resolve()).encode()).hexdigest()
    return f"wkflow-{digest[:12]}"


def jobs_of(name: str, comment: str | None = None) -> dict[str, tuple[str, str]]:
    """Give number, state and reason of a run's jobs that wait, run or are about to end.

    With a comment, of those that were submitted with it: the plugin names rule and wildcards there.
    """
    listed = _ask("squeue", "--me", "--noheader", "--format=%i|%j|%T|%r|%k")
    rows = (line.split("|", 4) for line in listed.splitlines())
    own = [row for row in rows if len(row) == 5 and row[1].startswith(name)]
    return {row[0]: (row[2], row[3]) for row in own if comment in {None, row[4]}}


def is_silence(told: str) -> bool:
    """Whether one of SLURM's commands failed because the controller is away, or too busy."""
    return any(sign in told for sign in SILENCE)


def cancel(name: str, comment: str | None = None) -> int:
    """Cancel a run's jobs and wait until they are gone; say how many they were.

    With a comment, only those that were submitted with it.

    Raises
    ------
    TransientError
        If they do not go, or the controller does not answer.
    """
    found = jobs_of(name, comment)
    deadline = time.monotonic() + PATIENCE_S
    left = found
    while left:
        _ask("scancel", *left)
        time.sleep(0.2)
        left = jobs_of(name, comment)
        if left and time.monotonic() > deadline:
            raise TransientError(
                f"jobs of an earlier run are still there: {', '.join(left)}", "SLURM",
                "Wait until squeue shows none of them, then give the same command.",
            )  # fmt: skip
    return len(found)


def require_possible(submissions: Sequence[Sequence[str]]) -> None:
    """Let sbatch judge what will be submitted, without submitting it.

    Raises
    ------
    ConfigError
        With sbatch's own words.
    """
    for command in submissions:
        done = _run([*command, "--test-only", "--wrap", "true"])
        if done.returncode:
            raise _refusal(done.stderr, command)


def never_starts(number: str, reason: str) -> ConfigError:
    """Say that a job waits for what will not come."""
    return ConfigError(
        f"job {number} can never start, says SLURM: {reason}", "--job-resources", REMEDY
    )


def is_accounting() -> bool:
    """Whether the cluster remembers ended jobs: without, `sacct` never tells of one."""
    return "accounting_storage/none" not in _setting("AccountingStorageType")


def memory_of_jobs() -> int:
    """Give the seconds for which the controller knows of an ended job."""
    age = re.match(r"\d+", _setting("MinJobAge"))
    return int(age[0]) if age else USUAL_MEMORY_S


def require_memory_of_jobs(least_s: int) -> None:
    """Make sure that an ended job can be asked about for a while, where nothing is accounted.

    Raises
    ------
    ConfigError
        If the controller forgets jobs sooner than they are asked about.
    """
    age = memory_of_jobs()
    if age < least_s:
        raise ConfigError(
            f"the controller forgets jobs after {age} s, and there is no accounting",
            "MinJobAge in slurm.conf", "Ask for 300 s, SLURM's default: else nobody knows an end.",
        )  # fmt: skip


def submit(options: Sequence[str], name: str, script: str) -> str:
    """Submit a shell script and give the job's number.

    Raises
    ------
    ConfigError
        With sbatch's own words.
    NoAnswerError
        If the controller does not answer.
    """
    command = ["sbatch", "--parsable", f"--job-name={name}", "--output=/dev/null", "--chdir=/"]
    done = _run([*command, *options, "--wrap", script])
    if done.returncode:
        raise _refusal(done.stderr, options)
    return done.stdout.strip().partition(";")[0]


def record_of(number: str) -> dict[str, str]:
    """Give what the controller knows of a job: JobState, Reason, ExitCode, BatchHost ..."""
    text = _ask("scontrol", "--oneliner", "show", "job", number)
    return {name: value for name, _, value in (word.partition("=") for word in text.split())}


def _refusal(told: str, options: Sequence[str]) -> ConfigError | NoAnswerError:
    if is_silence(told):
        return _no_answer("sbatch", _words(told))
    return ConfigError(f"sbatch refuses: {_words(told)}", _shown(options), REMEDY)


def _no_answer(command: str, told: str) -> NoAnswerError:
    return NoAnswerError(
        f"{command} failed: {told}", "SLURM",
        "When the cluster's controller answers again, the same command goes on.",
    )  # fmt: skip


def _setting(name: str) -> str:
    found = re.search(rf"^{name}\s*=\s*(.*)$", _ask("scontrol", "show", "config"), re.MULTILINE)
    return found[1] if found else ""


def _ask(*command: str) -> str:
    done = _run(command)
    if done.returncode and "Invalid job id" not in done.stderr:
        raise _no_answer(command[0], _words(done.stderr))
    return done.stdout


def _run(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        raise _no_answer(command[0], f"no answer within {PATIENCE_S:.0f} s") from None


def _words(told: str) -> str:
    """Put what a command told into one line."""
    lines = [line.removeprefix("sbatch: ").removeprefix("error: ") for line in told.splitlines()]
    return "; ".join(dict.fromkeys(line.strip() for line in lines if line.strip()))


def _shown(options: Sequence[str]) -> str:
    """Give the options of a submission that a person may have chosen."""
    hidden = ("--parsable", "--job-name", "--output", "--chdir", "--export", "--comment", "sbatch")
    words = list(options)
    shown = [
        word for before, word in zip(["", *words], words, strict=False)
        if not word.startswith(hidden) and before not in hidden
    ]  # fmt: skip
    return "sbatch " + " ".join(shown)
