"""The official package in an environment of its own, and what the tests ask of it."""

import json
import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conformance.whole import make_whole

REQUIREMENT = "webknossos[tifffile,imagecodecs]==4.3.3"
"""The extras that it needs to read TIFF; PNG and the rest it reads without any."""

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "official-4.3.3"
ENVIRONMENT_VARIABLE = "WKFLOW_OFFICIAL_ENV"
"""Names an existing environment that is to be used as it is."""

JUDGE = Path(__file__).with_name("judge.py")


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
        command, *rest = map(str, arguments)
        how = ["--distribution-strategy", "sequential"]
        return _output([str(self.folder / "bin" / "webknossos"), command, *how, *rest])

    def judge(self, ours: Path, theirs: Path) -> dict[str, Any]:
        """Let the official library read both datasets; give what it saw and what differs."""
        verdict: dict[str, Any] = json.loads(_output([self.python, JUDGE, ours, theirs]))
        return verdict


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


def _output(command: list[Any]) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    said = f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, said
    return done.stdout
