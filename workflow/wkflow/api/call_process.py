"""The process of a call, as its caller sees it: started, waited for, stopped with all its jobs."""

import os
import pickle
import selectors
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from subprocess import Popen
from typing import IO, cast

from wkflow.api import worker
from wkflow.api.progress_display import Display
from wkflow.errors import TransientError, WkflowError

POLL_S = 0.1

PATIENCE_S = (40.0, 10.0)
"""What the process gets to stop all jobs: when it is asked, and when it is asked again."""

TOLD = 4
"""Lines that the process wrote which are added to an error."""


def started(environment: Mapping[str, str], errors: IO[bytes]) -> "Popen[bytes]":
    """Start it, as the leader of a session; what it prints goes into `errors`."""
    return Popen(
        [sys.executable, "-m", worker.__name__],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        start_new_session=True,
    )


def answered(process: "Popen[bytes]", question: bytes, display: Display) -> bytes:
    """Ask, and wait for the answer or the end; jobs that outlive the process hold no one up."""
    with suppress(BrokenPipeError), cast("IO[bytes]", process.stdin) as stream:
        stream.write(question)
    answer, output = b"", cast("IO[bytes]", process.stdout)
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while not worker.is_whole(answer):
            if selector.select(POLL_S):
                piece = os.read(output.fileno(), 2**16)
                if not piece:
                    break
                answer += piece
            elif process.poll() is not None:
                break
            display.update()
    return answer


def outcome_of(answer: bytes, status: int, told: str) -> object:
    """Give what the process gave, or raise what it raised."""
    if not worker.is_whole(answer):
        raise _died(status, told)
    given = pickle.loads(answer[worker.LENGTH_BYTES :])  # noqa: S301 -- from our own process
    if not isinstance(given, BaseException):
        return given
    lines = [line for line in told.splitlines() if line.startswith("wkflow: ")]
    for line in lines[-TOLD:] if isinstance(given, WkflowError) else ():
        given.add_note(line)
    raise given


def _died(status: int, told: str) -> WkflowError:
    """Say how a process ended that gave no answer."""
    if status == worker.STOPPED:
        what = "the run was asked to stop by a signal"
        return TransientError(what, "wkflow", "The same call resumes.")
    if status >= 0:
        what = f"ended with status {status} and gave no answer"
        error = WkflowError(what, "wkflow", "Please report it, with what is said below.", told)
        error.add_note(told)
        return error
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    killed = ", which the kernel does when memory is short" if name == "SIGKILL" else ""
    return TransientError(
        f"the run was ended by {name}{killed}", "wkflow", "The same call resumes."
    )


def stop(process: "Popen[bytes]") -> None:
    """Let the process stop all that it has started; ask, ask again, insist."""
    for patience in PATIENCE_S:
        with suppress(KeyboardInterrupt, subprocess.TimeoutExpired):  # who is in a hurry asks again
            process.terminate()
            process.wait(patience)
            return
    process.kill()
    with suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE_S[-1])


def close(process: "Popen[bytes]") -> None:
    """Close the pipes to it."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
