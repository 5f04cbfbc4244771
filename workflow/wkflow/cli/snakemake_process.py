"""Snakemake's process: a fork of this interpreter where that can be, else a new one.

The fork is made before locks and folders are looked at, and imports Snakemake meanwhile; what both
need is imported already. It then waits for its command, and ends if none comes.
"""

import atexit
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from subprocess import Popen
from typing import Self

from wkflow.access_token import is_inherited
from wkflow.cli import job_forks
from wkflow.cli.local_snakemake import prepare
from wkflow.cli.process import Process
from wkflow.options.settings import Settings

READY = b"r"
LENGTH_BYTES = 8
MOST_FILES = 8


class Forked:
    """A fork that becomes Snakemake, in a session of its own."""

    def __init__(self, extra: Sequence[str], settings: Settings | None) -> None:
        self._ours, theirs = socket.socketpair()
        context = get_context("fork")
        self._process = context.Process(target=_serve, args=(theirs, self._ours, extra, settings))
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        """The number of the process, and of its group."""
        return self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        """The status of a process that has ended; minus the number of the signal that killed it."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Say whether it has ended: its status, or None."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end.

        Raises
        ------
        subprocess.TimeoutExpired
            If it has not ended by then, in seconds.
        """
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("snakemake", timeout or 0)
        return self._process.exitcode

    def send_signal(self, sig: int) -> None:
        """Send it a signal, if it has not ended."""
        if self._process.exitcode is None:
            os.kill(self.pid, sig)

    def run(
        self, options: Sequence[str], environment: Mapping[str, str], files: Sequence[int]
    ) -> bool:
        """Hand over the command; `files` are output, errors, and what has to stay open.

        Says whether the fork is there to take it.
        """
        words = json.dumps([list(options), dict(environment)]).encode()
        with self._ours, suppress(OSError):
            if self._ours.recv(len(READY)) == READY:
                length = len(words).to_bytes(LENGTH_BYTES, "big")
                socket.send_fds(self._ours, [length], list(files))
                self._ours.sendall(words)
                return True
        return False

    def discard(self) -> None:
        """End a fork that got no command."""
        self._ours.close()
        self._process.kill()
        self._process.join()

    @classmethod
    def if_possible(
        cls, extra: Sequence[str] = (), settings: Settings | None = None
    ) -> Self | None:
        """Fork, where nothing speaks against it; `extra` is what a person will tell Snakemake.

        The `settings` of the run tell what jobs will import.

        Not with threads, whose locks would stay locked; not where libraries of the system do not
        bear it; not where a standard stream is closed, whose number another file would get; and not
        with a token that only this process knows: it could not be looked up.
        """
        is_open = None not in (sys.__stdin__, sys.__stdout__, sys.__stderr__)
        is_alone = threading.active_count() == 1
        if not (job_forks.can_fork() and is_open and is_alone and is_inherited()):
            return None
        with suppress(OSError):  # too many processes: Popen will say it
            return cls(extra, settings)
        return None


@contextmanager
def forked(
    extra: Sequence[str] = (), settings: Settings | None = None, *, is_wanted: bool
) -> Iterator[list[Forked]]:
    """Fork now, for the first of the runs that the block starts; what is left over ends."""
    fork = Forked.if_possible(extra, settings) if is_wanted else None
    left = [fork] if fork else []
    try:
        yield left
    finally:
        for one in left:
            one.discard()


def start(
    command: Sequence[str],
    environment: Mapping[str, str],
    forks: list[Forked],
    *,
    output: int | None,
    errors: int,
    kept: Sequence[int],
    note: Callable[[int], None],
) -> Process:
    """Start a command of Snakemake, as the leader of a session.

    `output` is None for our own; the files `kept` stay open as long as it runs. `note` is told its
    process group: of a fork before it begins, so that it is known whenever we are killed.
    """
    while forks:
        fork = forks.pop()
        note(fork.pid)
        if fork.run(command[3:], environment, [1 if output is None else output, errors, *kept]):
            return fork
        fork.discard()
    process = Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        start_new_session=True,
        pass_fds=kept,
    )
    note(process.pid)
    return process


def _serve(
    theirs: socket.socket, ours: socket.socket, extra: Sequence[str], settings: Settings | None
) -> None:
    """Become Snakemake, when the command comes."""
    ours.close()
    os.setsid()
    head, files = b"", list[int]()
    with theirs:
        with suppress(ConnectionError):  # the command was killed before it gave one
            theirs.sendall(READY)
            prepare(extra, settings)
            head, files, _, _ = socket.recv_fds(theirs, LENGTH_BYTES, MOST_FILES)
        if len(head) < LENGTH_BYTES:
            job_forks.end()
            return
        with theirs.makefile("rb") as stream:
            options, environment = json.loads(stream.read(int.from_bytes(head, "big")))
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # that of the environment
    for number, file in enumerate((os.open(os.devnull, os.O_RDONLY), *files[:2])):
        os.dup2(file, number)
        os.close(file)
    sys.argv = ["snakemake", *options]
    from snakemake.cli import main  # noqa: PLC0415 -- as `prepare` changed it

    try:
        main(options)
    finally:
        job_forks.end()
        atexit._run_exitfuncs()  # noqa: SLF001 -- temporary folders go, as when an interpreter ends
