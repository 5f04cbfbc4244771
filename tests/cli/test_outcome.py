"""The end of Snakemake as a person should understand it."""

import errno
import os
from pathlib import Path

import pytest
from wkflow.cli.outcome import End, end_of, explain, last_error
from wkflow.errors import (
    ConfigError,
    ResourceError,
    SnakemakeError,
    SourceError,
    TransientError,
    WkflowError,
)
from wkflow.rules.job import leave_note
from wkflow.run_folder import LOG

BUILDING = "Building DAG of jobs...\n"
IN_JOB = """[Sun Nov 29 16:51:25 2026]
Error in rule convert_slab:
    message: None
    jobid: 3
Traceback (most recent call last):
  File "/run/.snakemake/scripts/tmp.convert_slab.py", line 3, in <module>
    from wkflow.rules.job import Job
"""
CLOSING = """Exiting because a job execution failed. Look below for error messages
[Sun Nov 29 16:51:26 2026]
Error in rule convert_slab:
    jobid: 3
WorkflowError:
At least one job did not complete successfully.
"""
KILLED = "subprocess.CalledProcessError: Command 'python x.py' died with <Signals.SIGKILL: 9>.\n"

KILLED_AS_SNAKEMAKE_TELLS_IT = """RuleException:
CalledProcessError in file "/w/convert.smk", line 45:
Command 'set -euo pipefail;  python tmp.convert_slab.py' died with <Signals.SIGKILL: 9>.
[Sun Nov 29 17:40:40 2026]
"""

CASES = [
    (1, KILLED_AS_SNAKEMAKE_TELLS_IT + CLOSING, TransientError, "a job was killed (SIGKILL)"),
    (1, BUILDING + "MissingRuleException:\nNo rule to produce x.\n", ConfigError, "No rule to"),
    (
        1,
        BUILDING + "MissingInputException in rule convert_slab in file a.smk, line 28:\n"
        "Missing input files for rule convert_slab:\n    output: receipts/z0.json\n"
        "    affected files:\n        /data/stack/3.png\n",
        SourceError,
        "/data/stack/3.png: vanished",
    ),
    (1, "LockException:\nError: Directory cannot be locked.\n", TransientError, "cannot be locked"),
    (1, "WorkflowError:\nFailed to reach the cluster.\n", TransientError, "reach the cluster"),
    (1, IN_JOB + "ImportError: no libtiff\n" + CLOSING, WkflowError, "ImportError: no libtiff"),
    (1, IN_JOB + "MemoryError\n" + CLOSING, ResourceError, "memory ran out"),
    (1, IN_JOB + "OSError: [Errno 24] Too many open files: '/d'\n", ResourceError, "too many open"),
    (1, "PermissionError: [Errno 13] Permission denied: '/d'\n", ConfigError, "/d: permission"),
    (1, "WorkflowError:\nOSError: [Errno 28] No space left on device\n", ResourceError, "no space"),
    (1, IN_JOB + KILLED + CLOSING, TransientError, "a job was killed (SIGKILL)"),
    (1, "returned non-zero exit status 137.\n" + CLOSING, TransientError, "a job was killed"),
    (1, "returned non-zero exit status 152.\n" + CLOSING, ResourceError, "ulimit -t"),
    (1, "returned non-zero exit status 139.\n" + CLOSING, WkflowError, "a job crashed (SIGSEGV)"),
    (1, "returned non-zero exit status 143.\n" + CLOSING, TransientError, "ended by SIGTERM"),
    (-9, BUILDING, TransientError, "Snakemake was killed (SIGKILL)"),
    (-11, BUILDING, WkflowError, "Snakemake crashed (SIGSEGV)"),
    (1, 'SyntaxError in file "/w/Snakefile", line 3:\ninvalid syntax\n', WkflowError, "invalid"),
    (1, BUILDING, TransientError, "said no reason"),
    (1, "", TransientError, "said no reason"),
    (2, "usage: snakemake [-h]\nsnakemake: error: bad option: -q\n", ConfigError, "bad option: -q"),
]
"""Status, log, and what a person is told."""


def explained(folder: Path, status: int, log: str, *, is_asked: bool = False) -> WkflowError:
    """Explain a log; nothing was noted."""
    (folder / LOG).parent.mkdir(exist_ok=True)
    (folder / LOG).write_text(log)
    failure, further = explain(folder, status, is_asked=is_asked)
    assert not further
    assert len(str(failure).splitlines()) <= 4
    return failure


@pytest.mark.parametrize(("status", "log", "kind", "told"), CASES)
def test_the_last_error_of_the_log_is_quoted(
    tmp_path: Path, status: int, log: str, kind: type[WkflowError], told: str
) -> None:
    """As the kind of error that it is; where trying again does not help, status 5 is not given."""
    failure = explained(tmp_path, status, log)
    assert type(failure) is kind, failure
    assert told in str(failure)


@pytest.mark.parametrize(("status", "log", "kind", "told"), CASES)
def test_memory_is_named_only_where_something_was_killed_for_it(
    tmp_path: Path, status: int, log: str, kind: type[WkflowError], told: str
) -> None:
    """Or where Python had none."""
    failure = explained(tmp_path, status, log)
    words = failure.what + failure.remedy
    assert kind
    assert ("memory" in words) == ("SIGKILL" in words or "MemoryError" in log), told


def test_what_a_person_asked_of_snakemake_is_theirs_to_change(tmp_path: Path) -> None:
    """With Snakemake's own status: no fault of the program, nor a passing one."""
    failure = explained(tmp_path, 1, "WorkflowError:\nNo such report.\n", is_asked=True)
    assert type(failure) is SnakemakeError
    assert failure.exit_status == 1
    assert "No such report." in failure.what
    assert "`--`" in failure.remedy
    log = "WorkflowError:\nError running conda info: returned non-zero exit status 127.\n"
    failure = explained(tmp_path, 1, log, is_asked=True)  # a command that is not there: no signal
    assert (failure.exit_status, "conda info" in failure.what) == (1, True)
    failure = explained(tmp_path, 1, "Lints for rule all:\n", is_asked=True)
    assert (failure.exit_status, failure.what) == (1, "Snakemake ended with status 1")


def test_notes_come_before_logs(tmp_path: Path) -> None:
    """A job that knew what was wrong said it; the second failure is told, others are counted."""
    errors = [SourceError("is empty", f"/data/{n}/a.png", "Export it again.") for n in range(4)]
    for number, error in enumerate(errors):
        leave_note(tmp_path / "logs" / "rule" / f"{number}.failure.json", error)
    failure, further = explain(tmp_path, 1, is_asked=False)
    assert str(failure) == str(errors[0])
    assert further[0] == str(errors[1])
    assert further[1].startswith("and 2 further failures")


def test_a_log_of_any_bytes_is_read(tmp_path: Path) -> None:
    """Only its end, so that a long one costs nothing."""
    log = tmp_path / "log"
    log.write_bytes(b"\xff\x00" * 200_000 + b"\nValueError: \xfe\n")
    assert last_error(end_of(log)) == ("ValueError", "\ufffd")
    assert end_of(tmp_path / "none") == ""


def test_a_quote_is_one_short_line() -> None:
    """However long the message is."""
    kind, quote = last_error("WorkflowError:\n" + "a word\n" * 900)
    assert kind == "WorkflowError"
    assert len(quote) <= 300
    assert "\n" not in quote


@pytest.mark.parametrize("end", End)
def test_only_what_is_complete_is_done(end: End) -> None:
    """No other end speaks of done or complete but to deny it."""
    assert ("done" in end.value or "is complete" in end.value) == end.is_complete


def test_errors_of_the_system_keep_their_number(tmp_path: Path) -> None:
    """Every one that is foreseen in a job is recognised in a log."""
    log = f"OSError: [Errno {errno.EROFS}] {os.strerror(errno.EROFS)}: '/cdrom/t'\n"
    failure = explained(tmp_path, 1, log)
    assert type(failure) is ConfigError
    assert failure.where == "/cdrom/t"
