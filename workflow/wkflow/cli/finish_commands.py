"""Commands of a person that are told of results: `--on-finish` and `--on-dataset`."""

import json
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wkflow.cli.messages import Messages


@dataclass(slots=True)
class FinishCommands:
    """Runs commands by the shell, with a result as JSON on their standard input, beside other work.

    What they print goes to standard error. That one fails is a warning.
    """

    messages: Messages
    _running: list[tuple[str, "subprocess.Popen[bytes]"]] = field(default_factory=list)

    def start(self, command: str | None, result: Mapping[str, Any]) -> None:
        """Begin to tell a command of a result, if there is one."""
        if not command:
            return
        with tempfile.TemporaryFile() as file:
            file.write(json.dumps(result).encode())
            file.seek(0)
            process = subprocess.Popen(command, shell=True, stdin=file, stdout=2)  # noqa: S602 -- a shell is what is asked for
        self._running.append((command, process))

    def poll(self) -> None:
        """Warn of those that have failed meanwhile."""
        for one in [one for one in self._running if one[1].poll() is not None]:
            self._running.remove(one)
            self._judge(*one)

    def wait(self) -> None:
        """Wait for all."""
        for command, process in self._running:
            try:
                process.wait()
            except KeyboardInterrupt:  # it goes to the command as well, and what is done is done
                process.wait()
            self._judge(command, process)
        self._running.clear()

    def _judge(self, command: str, process: "subprocess.Popen[bytes]") -> None:
        if process.returncode:
            words = f"`{command}` failed with status {process.returncode}; nothing depends on it"
            self.messages.warn(words, is_needed=True)
