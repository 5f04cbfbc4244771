"""Snakemake's process: watched until it ends, and stopped with all its jobs when asked to."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import Any, Protocol, Self, TextIO

POLL_S = 0.1

GRACE_S, GRACE_OF_PODS_S = 3.0, 20.0
"""What jobs get to end after an interrupt; they may be killed at any instant anyway. Pods are
deleted by Snakemake, which needs a while."""


ASKING = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
    if hasattr(signal, name)
)
"""Signals that ask to stop: of the keyboard, of batch systems, of a terminal that is closed."""


class Process(Protocol):
    """What is known of a child: as `subprocess.Popen` has it."""

    @property
    def pid(self) -> int:
        """Its number."""

    @property
    def returncode(self) -> int | None:
        """Its status, if it was seen to end."""

    def poll(self) -> int | None:
        """Look whether it has ended; give its status."""

    def send_signal(self, sig: int) -> None:
        """Send it a signal, if it has not ended."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, or raise `subprocess.TimeoutExpired`."""


class Interrupts:
    """Counts what asks to stop, where an exception might come in the middle of anything.

    `subprocess` takes a lock whenever it looks whether a child has ended: interrupted there, it
    would wait for itself for ever. A signal that is ignored, as behind `nohup`, stays so.
    """

    def __init__(self) -> None:
        self.count = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in ASKING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)
        return self

    @property
    def hears_hangup(self) -> bool:
        """Whether the end of the terminal ends the run; behind `nohup` it does not."""
        return getattr(signal, "SIGHUP", None) in self._before

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1


def watch(
    process: Process, show: Callable[[], None], interrupts: Interrupts, *, has_pods: bool
) -> int:
    """Wait for the end of a process, which leads a session, and give its status.

    `show` is called every now and then; when nobody can read what it shows, that asks to stop as
    the hangup of a terminal does. Nothing of the process group is left afterwards.

    Raises
    ------
    KeyboardInterrupt
        When it was asked to stop before the process ended well.
    """
    try:
        while _waits(process) and not interrupts.count:
            _show(show, interrupts)
    finally:
        if interrupts.count:
            mute_if_unread()  # it was the terminal that went: what is said next must not fail
        _stop(process, interrupts, has_pods=has_pods)
    if interrupts.count and process.returncode:
        raise KeyboardInterrupt
    return process.wait()


def _show(show: Callable[[], None], interrupts: Interrupts) -> None:
    try:
        show()
    except OSError:
        if not mute_if_unread():
            raise
        interrupts.count += interrupts.hears_hangup


def mute_if_unread() -> bool:
    """Send our output nowhere from now on, where its terminal or the reader of its pipe is gone.

    Says whether one is. What is said later, and Python's own flush at the end, then cannot fail.
    """
    muted = False
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None and _is_unread(stream.fileno()):
            mute(stream)
            muted = True
    return muted


def mute(stream: TextIO) -> None:
    """Send what is said to a stream nowhere from now on, and what it still holds."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def open_closed_streams() -> None:
    """Let standard streams that are closed lead nowhere: else other files get their numbers."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the smallest number that is free
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open("r" if name == "stdin" else "w", encoding="utf-8")  # noqa: SIM115 -- for good
            setattr(sys, name, stream)


def _is_unread(number: int) -> bool:
    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(number, 0)
    return any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0))


def _waits(process: Process) -> bool:
    """Whether a process goes on, for a moment at least."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(POLL_S)
    return process.returncode is None


def _stop(process: Process, interrupts: Interrupts, *, has_pods: bool) -> None:
    """Stop a process and all its jobs: ask, wait, then insist; a second interrupt insists too."""
    if process.poll() is None:
        _signal(process, signal.SIGINT if has_pods else signal.SIGTERM)
        until, asked = monotonic() + (GRACE_OF_PODS_S if has_pods else GRACE_S), interrupts.count
        while _waits(process) and monotonic() < until and interrupts.count == asked:
            pass
    _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
    process.wait()


def _signal(process: Process, number: int) -> None:
    with suppress(ProcessLookupError):
        if os.name == "posix":
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
