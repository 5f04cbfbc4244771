"""What a run tells on standard error: lines for people, or one JSON object per event.

Standard output belongs to results: an address, a table, the object of `--json`.
"""

import errno
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO

from wkflow.cli.process import mute, mute_if_unread
from wkflow.errors import ResourceError, WkflowError


@dataclass(frozen=True, slots=True)
class Messages:
    """Who reads, and how much of it.

    `quiet` leaves out all but failures, `verbose` adds what the server said besides and the
    command line of Snakemake, `as_events` writes JSON in place of words; `out` is by default
    standard error.
    """

    quiet: bool = False
    verbose: bool = False
    as_events: bool = False
    out: TextIO | None = None

    @property
    def stream(self) -> TextIO:
        """Where it goes."""
        return self.out or sys.stderr

    def tell(self, event: str, words: str, *, is_needed: bool = False, **facts: object) -> None:
        """Tell an event: `words` to people, line by line, if there are any, `facts` to programs.

        With `is_needed`, also to those who want failures only.
        """
        if self.quiet and not is_needed:
            return
        if not self.as_events:
            for line in words.splitlines():
                say(f"wkflow: {line}", self.stream)
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        say(json.dumps({"event": event, "time": now, **facts}, default=str), self.stream)

    def warn(self, words: str, *, is_needed: bool = False) -> None:
        """Tell what a person should know; programs get the same words."""
        self.tell("warning", words, is_needed=is_needed, text=words)

    def fail(self, error: WkflowError) -> None:
        """Tell people a failure that ended the run; programs learn it by the event of the end."""
        if self.as_events:
            return
        say(f"wkflow: {error}", self.stream)
        if self.verbose and error.detail:
            say(f"wkflow: {error.detail}", self.stream)


def facts_of(error: WkflowError) -> dict[str, str]:
    """Give an error as programs get it: its class, and its three sentences."""
    kinds = (kind for kind in type(error).__mro__ if kind.__module__ == WkflowError.__module__)
    kind = next(kinds).__name__
    return {"kind": kind, "what": error.what, "where": error.where, "remedy": error.remedy}


def say(words: str, out: TextIO) -> None:
    """Print a line; that nobody reads it is no failure any more when the work is done.

    Raises
    ------
    ResourceError
        If it is a result, and the disk is full to which standard output is sent. What is told
        beside results ends no run.
    """
    try:
        print(words, file=out, flush=True)
    except OSError as error:
        if mute_if_unread():
            return
        if out not in (sys.stdout, sys.stderr):
            raise
        mute(out)
        if out is sys.stdout:
            raise _unwritten(error) from None


@contextmanager
def only_saying() -> Iterator[None]:
    """Do what writes to standard output alone, such as help: a full disk is that one's."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        mute(sys.stdout)  # Python would try once more at its end
        raise _unwritten(error) from None


def _unwritten(error: OSError) -> ResourceError:
    return ResourceError(
        f"cannot be written ({error.strerror})", "standard output",
        "Send it to another disk; what is done stays.",
    )  # fmt: skip
