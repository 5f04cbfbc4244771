"""Snakemake's process: watched until it ends, and stopped with all its jobs when asked to."""

import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from subprocess import Popen
from time import monotonic
from types import FrameType
from typing import Any, Self

POLL_S = 0.1

GRACE_S, GRACE_OF_PODS_S = 3.0, 20.0
"""What jobs get to end after an interrupt; they may be killed at any instant anyway. Pods are
deleted by Snakemake, which needs a while."""


class Interrupts:
    """Counts Control-C and SIGTERM, where an exception might come in the middle of anything.

    `subprocess` takes a lock whenever it looks whether a child has ended: interrupted there, it
    would wait for itself for ever. A signal that is ignored, as behind `nohup`, stays so.
    """

    def __init__(self) -> None:
        self.count = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1


def watch(
    process: "Popen[bytes]", show: Callable[[], None], interrupts: Interrupts, *, has_pods: bool
) -> int:
    """Wait for the end of a process, which leads a session, and give its status.

    `show` is called every now and then. Nothing of its process group is left afterwards.

    Raises
    ------
    KeyboardInterrupt
        When it was asked to stop before the process ended well.
    """
    try:
        while _waits(process) and not interrupts.count:
            show()
    finally:
        _stop(process, interrupts, has_pods=has_pods)
    if interrupts.count and process.returncode:
        raise KeyboardInterrupt
    return process.returncode


def _waits(process: "Popen[bytes]") -> bool:
    """Whether a process goes on, for a moment at least."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(POLL_S)
    return process.returncode is None


def _stop(process: "Popen[bytes]", interrupts: Interrupts, *, has_pods: bool) -> None:
    """Stop a process and all its jobs: ask, wait, then insist; a second interrupt insists too."""
    if process.poll() is None:
        _signal(process, signal.SIGINT if has_pods else signal.SIGTERM)
        until, asked = monotonic() + (GRACE_OF_PODS_S if has_pods else GRACE_S), interrupts.count
        while _waits(process) and monotonic() < until and interrupts.count == asked:
            pass
    _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
    process.wait()


def _signal(process: "Popen[bytes]", number: int) -> None:
    with suppress(ProcessLookupError):
        if os.name == "posix":
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
