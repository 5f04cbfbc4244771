"""Everything that can go wrong, and what to do about it.

WkflowError
├── ConfigError        2  an option asks for something impossible
├── SourceError        3  an input file is missing, unreadable or not what it claims
├── ServerError        4  WEBKNOSSOS refused
├── TransientError     5  the network or a disk gave up for now; the same command resumes
├── ResourceError      6  disk or memory ran out
└── VerificationError  7  what was read back is not what was written

Status 0 is done and verified, 130 interrupted; 1 is left to bugs, which keep their traceback.
"""

from typing import ClassVar


class WkflowError(Exception):
    """Base of every error meant for the person at the terminal.

    Arguments are positional so that an error survives pickling.
    """

    exit_status: ClassVar[int] = 1

    def __init__(self, what: str, where: str, remedy: str) -> None:
        super().__init__(what, where, remedy)
        self.what, self.where, self.remedy = what, where, remedy

    def __str__(self) -> str:
        return f"{self.where}: {self.what}\n  {self.remedy}"


class ConfigError(WkflowError):
    """An option asks for something impossible."""

    exit_status = 2


class SourceError(WkflowError):
    """An input file is missing, unreadable or not what it claims."""

    exit_status = 3


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
