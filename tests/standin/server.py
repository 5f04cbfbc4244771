"""A stand-in in a process of its own, as tests hold it."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from tests.standin.people import TOKENS

ROOT = Path(__file__).parents[2]
STOPS_WITHIN = 10


class Standin:
    """A running stand-in.

    It goes on with what is in its folder. `kill` and `restart` keep the folder, the address and
    the options, and forget log and faults other than those it was started with.
    """

    def __init__(self, folder: Path, options: dict[str, Any]) -> None:
        self.folder = folder
        self.url = ""
        self.verify: bool | str = True
        self._options = options
        self._process: subprocess.Popen[str] | None = None

    @classmethod
    def start(cls, folder: Path, **options: Any) -> Self:  # noqa: ANN401 -- as the command line
        """Start one; options are named as on the command line, `faults` is an object.

        Parameters
        ----------
        folder
            All that it remembers.
        options
            `api`, `oldest`, `datastore_port`, `root_folder`, `quota`, `no_datastore=True`,
            `expiry`, `max_body`, `faults`, `tls=(cert, key)`, ...
        """
        standin = cls(folder, options)
        if "tls" in options:
            standin.verify = str(options["tls"][0])
        standin.restart()
        return standin

    @property
    def token(self) -> str:
        """The administrator's."""
        return TOKENS["admin"]

    @property
    def manager_token(self) -> str:
        """A dataset manager's, who may upload, and not cancel."""
        return TOKENS["manager"]

    @property
    def member_token(self) -> str:
        """An ordinary member's, who may not upload."""
        return TOKENS["member"]

    def restart(self) -> None:
        """Start the process, again if it ran before, with the same address."""
        self.kill()
        options = dict(self._options)
        if self.url:
            options["port"] = _port(self.url)
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "tests.standin", "--folder", str(self.folder.absolute())]
        with (self.folder / "standin.err").open("a") as errors:
            self._process = subprocess.Popen(
                [*command, *_flags(options)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        assert self.url, (self.folder / "standin.err").read_text()
        if "datastore_port" in options:
            self._options["datastore_port"] = _port(self._datastore_url())

    def _datastore_url(self) -> str:
        with requests.get(f"{self.url}/api/datastores", timeout=60, verify=self.verify) as answer:
            url: str = answer.json()[0]["url"]
        return url

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the process as a crash would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def faults(self, **faults: Any) -> None:  # noqa: ANN401 -- JSON
        """Set the faults of now, none without arguments: `faults(hole={"times": 1})`."""
        self._control("PUT", "faults", faults)

    def set_tokens(self, **tokens: str) -> None:
        """Give users new tokens: `set_tokens(admin="new")`."""
        self._control("PUT", "tokens", tokens)

    def set_links(self, **links: str) -> None:
        """Give short links by their keys."""
        self._control("PUT", "links", links)

    def log(self) -> dict[str, Any]:
        """Give what was seen since the start, or since `clear_log`."""
        seen: dict[str, Any] = self._control("GET", "log")
        return seen

    def clear_log(self) -> None:
        self._control("DELETE", "log")

    def datasets(self) -> list[dict[str, Any]]:
        """List the finished datasets: id, name, folder, path on disk, properties."""
        found: list[dict[str, Any]] = self._control("GET", "datasets")
        return found

    def uploads(self) -> list[dict[str, Any]]:
        """List the uploads that are not finished: id, domain, dataset, count, bytes, path."""
        found: list[dict[str, Any]] = self._control("GET", "uploads")
        return found

    def _control(self, method: str, what: str, body: Any = None) -> Any:  # noqa: ANN401 -- JSON
        url = f"{self.url}/standin/{what}"
        with requests.request(method, url, json=body, timeout=60, verify=self.verify) as answer:
            assert answer.ok, answer.text
            return answer.json() if answer.content else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _port(url: str) -> int:
    return int(url.rsplit(":", 1)[1])


def _flags(options: dict[str, Any]) -> list[str]:
    """Spell options as on the command line.

    Examples
    --------
    >>> _flags({"api": 13, "no_datastore": True, "faults": {"hole": {}}})
    ['--api', '13', '--no-datastore', '--faults', '{"hole": {}}']
    """
    flags = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            flags.append(flag)
        elif name == "faults":
            flags += [flag, json.dumps(value)]
        elif isinstance(value, tuple):
            flags += [flag, *map(str, value)]
        elif value is not None and value is not False:
            flags += [flag, str(value)]
    return flags


@contextmanager
def standin_in(folder: Path, **options: Any) -> Iterator[Standin]:  # noqa: ANN401 -- as `start`
    """Run a stand-in for the length of a block: the body of a fixture."""
    with Standin.start(folder, **options) as standin:
        yield standin
