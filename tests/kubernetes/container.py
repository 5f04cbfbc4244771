"""A container, as a process of this machine."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event

import psutil

KILLED = 128 + signal.SIGKILL


class Container:
    """Runs a command with nothing but the environment it is given, and its memory watched."""

    def __init__(
        self, command: Sequence[str], env: dict[str, str], cwd: Path, log: Path, limit: float
    ) -> None:
        self.is_short_of_memory = False
        self._limit, self._log = limit, log
        self._stop = Event()
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def wait(self) -> int:
        """Give the exit code, as a kubelet does: of a signal, 128 and its number."""
        while (code := self._process.poll()) is None:
            if self._limit and self._memory() > self._limit:
                self.is_short_of_memory = True
                self.kill()
            time.sleep(0.05)
        self._end_group()
        return code if code >= 0 else 128 - code

    def _memory(self) -> int:
        try:
            process = psutil.Process(self._process.pid)
            all_of_it = [process, *process.children(recursive=True)]
            return sum(one.memory_info().rss for one in all_of_it)
        except psutil.Error:
            return 0

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._end_group()

    def _end_group(self) -> None:
        """End what it started: a container's processes end with its first."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    @property
    def output(self) -> str:
        """What it printed so far."""
        return self._log.read_text(errors="replace")
