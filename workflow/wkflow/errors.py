"""Everything that can go wrong, and what to do about it.

WkflowError
├── SnakemakeError     1  Snakemake failed at what it was asked behind `--`, as it says itself
├── ConfigError        2  an option asks for something impossible
│   └── UnansweredError   a question that nobody was there to answer
├── SourceError        3  an input file is missing, unreadable or not what it claims
├── ServerError        4  WEBKNOSSOS refused
├── TransientError     5  the network or a disk gave up for now; the same command resumes
├── ResourceError      6  disk or memory ran out
└── VerificationError  7  what was read back is not what was written
    └── IncompleteError    what was written is not there any more; the same command makes it anew

Status 0 is done and verified, 130 interrupted; 1 is otherwise left to bugs, which keep their
traceback.
"""

import re
from typing import ClassVar

BETWEEN = "; "
"""Separates the files in an error of several."""

SLASHES = "/\\"
"""Of paths, of every system."""


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


class SnakemakeError(WkflowError):
    """Snakemake failed at what it was asked behind `--`: the status is its own."""

    exit_status = 1


class ConfigError(WkflowError):
    """An option asks for something impossible."""

    exit_status = 2


class UnansweredError(ConfigError):
    """A question that a person has to answer, or an option."""


class SourceError(WkflowError):
    """An input file is missing, unreadable or not what it claims.

    `faults` has each by itself where there are several.
    """

    exit_status = 3
    faults: "tuple[SourceError, ...]" = ()


def several(faults: list[SourceError]) -> SourceError:
    """Make one error of the faults of several files: `name: what; name: what`.

    Names are those below the folder that holds all of them.
    """
    each = [one for fault in faults for one in fault.faults or (fault,)]
    if len(each) == 1:
        return each[0]
    folder = _folder(each[0].where)
    while not all(_is_below(fault.where, folder) for fault in each) and _folder(folder) != folder:
        folder = _folder(folder)
    named = (
        f"{fault.where.removeprefix(folder).lstrip(SLASHES)}: {fault.what.replace(BETWEEN, ', ')}"
        for fault in each
    )
    merged = SourceError(BETWEEN.join(named), folder, each[0].remedy)
    merged.faults = tuple(each)
    return merged


def _is_below(path: str, folder: str) -> bool:
    return path.startswith((folder + "/", folder + "\\"))


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


class IncompleteError(VerificationError):
    """What was written is not there any more; its receipts are removed, so that it is made anew."""
