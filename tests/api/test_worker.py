"""The process of a call answers, and does not outlive its caller."""

import json
import os
import pickle
import subprocess
import sys

from wkflow.api import worker
from wkflow.api.worker import LENGTH_BYTES, answer_of, is_whole
from wkflow.errors import ConfigError, SourceError, several

from tests.runs import environment


def asked(question: object) -> "subprocess.CompletedProcess[bytes]":
    """Ask a worker, as a caller does."""
    return subprocess.run(
        [sys.executable, "-m", worker.__name__],
        input=json.dumps(question).encode(),
        capture_output=True,
        env=environment(),
        timeout=60,
        check=False,
    )


def answered(question: object) -> object:
    """Give its answer."""
    run = asked(question)
    assert is_whole(run.stdout), run.stderr
    return pickle.loads(run.stdout[LENGTH_BYTES:])  # noqa: S301 -- from our own process


def test_an_answer_is_whole_or_not() -> None:
    """However it comes in pieces; nothing is no answer."""
    answer = answer_of(["done"])
    assert [is_whole(answer[:end]) for end in range(len(answer))] == [False] * len(answer)
    assert is_whole(answer)


def test_an_error_that_was_foreseen_is_the_answer() -> None:
    """With its words, as it was raised."""
    error = answered({"task": "plan", "options": {"target": "/t"}, "caller": os.getpid()})
    assert isinstance(error, ConfigError)
    assert "source: required" in error.what


def test_a_bug_is_told_with_its_traceback() -> None:
    """So that it can be reported."""
    error = answered({"task": "plan", "caller": os.getpid()})
    assert type(error).__name__ == "WkflowError"
    assert "KeyError: 'options'" in str(error)
    assert "Traceback" in "".join(error.__notes__)


def test_faults_of_several_files_survive() -> None:
    """An error is pickled with all that it has."""
    merged = several([SourceError("bad", f"/s/{name}.tif", "mend it") for name in "ab"])
    again = pickle.loads(answer_of(merged)[LENGTH_BYTES:])  # noqa: S301 -- as above
    assert [str(one) for one in again.faults] == [str(one) for one in merged.faults]
