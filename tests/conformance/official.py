"""The official package in an environment of its own, and what the tests ask of it."""

import atexit
import json
import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.conformance.whole import make_whole

REQUIREMENT = "webknossos[tifffile,imagecodecs]==4.3.3"
"""The extras that it needs to read TIFF; PNG and the rest it reads without any."""

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "official-4.3.3"
ENVIRONMENT_VARIABLE = "WKFLOW_OFFICIAL_ENV"
"""Names an existing environment that is to be used as it is."""

JUDGE, WARM = (Path(__file__).with_name(name) for name in ("judge.py", "warm.py"))
COMMAND = "webknossos"


class NotInstallableError(Exception):
    """pip could not install the official package: most often there is no network."""


@dataclass(frozen=True)
class Official:
    """An environment in which the official package is installed."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def run(self, *arguments: object) -> str:
        """Run the official command line; give what it printed.

        One process does all: the voxels are the same, and workers would cost gigabytes each.
        """
        command, *rest = arguments
        how = ("--distribution-strategy", "sequential")
        return _printed(self.try_run(COMMAND, command, *how, *rest))

    def judge(self, ours: Path, theirs: Path) -> dict[str, Any]:
        """Let the official library read both datasets; give what it saw and what differs."""
        verdict: dict[str, Any] = json.loads(self.script(JUDGE, ours, theirs))
        return verdict

    def script(self, path: Path, *arguments: object) -> str:
        """Run a script with the official library; give what it printed."""
        return _printed(self.try_run(path, *arguments))

    def try_run(self, program: object, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run the official command (`COMMAND`) or a script, which may fail."""
        return _warm(self.python).run([str(program), *map(str, arguments)])


class Warm:
    """A process that has imported the official package; all runs are forks of it."""

    def __init__(self, python: Path) -> None:
        self._process = subprocess.Popen(
            [python, WARM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        atexit.register(self._process.kill)

    def run(self, argv: list[str]) -> subprocess.CompletedProcess[str]:
        """Run one to its end."""
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answers is not None
        with TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            asked.write(json.dumps({"argv": argv, "out": str(out), "err": str(err)}) + "\n")
            asked.flush()
            status = int(answers.readline())
            return subprocess.CompletedProcess(argv, status, out.read_text(), err.read_text())


@cache
def _warm(python: Path) -> Warm:
    return Warm(python)


def find_official() -> Official:
    """Give the environment that is named, else the cached one, which is made when it is missing.

    Raises
    ------
    NotInstallableError
        If pip fails.
    """
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        return Official(Path(named).absolute())
    recipe = f"{REQUIREMENT} on Python {sys.version_info.major}.{sys.version_info.minor}\n"
    return Official(make_whole(CACHE, recipe, _install))


def _install(folder: Path) -> None:
    venv.create(folder, with_pip=True)
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", REQUIREMENT]
    done = subprocess.run(pip, check=False, capture_output=True, text=True)
    if done.returncode:
        raise NotInstallableError(done.stderr.strip().splitlines()[-1])


def _printed(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, f"{' '.join(done.args)}\n{done.stdout}\n{done.stderr}"
    return done.stdout
