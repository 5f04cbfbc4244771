"""Everything that can go wrong, and what to do about it.

WkflowError
├── ConfigError        2  an option asks for something impossible
│   └── UnansweredError   a question that nobody was there to answer
├── SourceError        3  an input file is missing, unreadable or not what it claims
├── ServerError        4  WEBKNOSSOS refused
├── TransientError     5  the network or a disk gave up for now; the same command resumes
├── ResourceError      6  disk or memory ran out
└── VerificationError  7  what was read back is not what was written

Status 0 is done and verified, 130 interrupted; 1 is left to bugs, which keep their traceback.
"""

import re
from typing import ClassVar

BETWEEN = "; "
"""Separates the files in an error of several."""


class WkflowError(Exception):
    """Base of every error meant for the person at the terminal.

    Arguments are positional so that an error survives pickling. `detail` is what a server said
    besides: only `--verbose` shows it.
    """

    exit_status: ClassVar[int] = 1

    def __init__(self, what: str, where: str, remedy: str, detail: str = "") -> None:
        super().__init__(what, where, remedy, detail)
        self.what, self.where, self.remedy, self.detail = what, where, remedy, detail

    def __str__(self) -> str:
        return f"{self.where}: {self.what}\n  {self.remedy}"


class ConfigError(WkflowError):
    """An option asks for something impossible."""

    exit_status = 2


class UnansweredError(ConfigError):
    """A question that a person has to answer, or an option."""


class SourceError(WkflowError):
    """An input file is missing, unreadable or not what it claims."""

    exit_status = 3


def several(faults: list[SourceError]) -> SourceError:
    """Make one error of the faults of several files of one folder: `name: what; name: what`."""
    if len(faults) == 1:
        return faults[0]
    named = (f"{_name(fault.where)}: {fault.what.replace(BETWEEN, ', ')}" for fault in faults)
    return SourceError(BETWEEN.join(named), _folder(faults[0].where), faults[0].remedy)


def _name(path: str) -> str:
    return re.split(r"[/\\]", path)[-1]


def _folder(path: str) -> str:
    return path.removesuffix(_name(path)).rstrip("/\\") or path


class ServerError(WkflowError):
    """WEBKNOSSOS refused."""

    exit_status = 4


class TransientError(WkflowError):
    """The network or a disk gave up for now; the same command resumes."""

    exit_status = 5


class ResourceError(WkflowError):
    """Disk or memory ran out."""

    exit_status = 6


class VerificationError(WkflowError):
    """What was read back is not what was written."""

    exit_status = 7
