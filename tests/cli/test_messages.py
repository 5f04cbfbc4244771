"""What is told on standard error: words for people, objects for programs."""

import errno
import io
import json
import os
import sys
from datetime import datetime
from pathlib import Path

import pytest
from wkflow.cli.messages import Messages, facts_of, say
from wkflow.errors import ConfigError, IncompleteError, ResourceError, ServerError


def test_people_read_words_and_programs_facts() -> None:
    """One call for both; each event says what and when it was."""
    out = io.StringIO()
    Messages(out=out).tell("plan", "two\nlines", jobs=3)
    assert out.getvalue() == "wkflow: two\nwkflow: lines\n"
    out = io.StringIO()
    Messages(as_events=True, out=out).tell("plan", "two\nlines", jobs=3)
    told = json.loads(out.getvalue())
    assert (told.pop("event"), datetime.fromisoformat(told.pop("time")).tzinfo is not None) == (
        "plan",
        True,
    )
    assert told == {"jobs": 3}


def test_an_event_may_have_no_words() -> None:
    """People read no empty line then."""
    out = io.StringIO()
    Messages(out=out).tell("start", "")
    assert out.getvalue() == ""


@pytest.mark.parametrize("as_events", [False, True])
def test_the_quiet_are_told_what_they_need(*, as_events: bool) -> None:
    """Failures come through, in words or as events."""
    out = io.StringIO()
    messages = Messages(quiet=True, as_events=as_events, out=out)
    messages.warn("a gap")
    assert out.getvalue() == ""
    messages.warn("it is made anew", is_needed=True)
    assert "it is made anew" in out.getvalue()


def test_an_error_is_told_in_words_with_what_the_server_said() -> None:
    """The chain of causes only to those who asked for it; programs learn it by the last event."""
    error = ServerError("refused", "https://wk", "Ask an administrator.", "caused by: quota")
    told = {}
    for verbose in (False, True):
        out = io.StringIO()
        Messages(verbose=verbose, quiet=True, out=out).fail(error)
        told[verbose] = out.getvalue()
    assert told[False] == "wkflow: https://wk: refused\n  Ask an administrator.\n"
    assert told[True] == told[False] + "wkflow: caused by: quota\n"
    out = io.StringIO()
    Messages(as_events=True, out=out).fail(error)
    assert out.getvalue() == ""


def test_an_error_of_a_class_elsewhere_has_the_kind_it_derives_from() -> None:
    """Programs know the classes of the error tree."""

    class OddError(ConfigError):
        pass

    assert facts_of(OddError("a", "b", "c")) == {
        "kind": "ConfigError", "what": "a", "where": "b", "remedy": "c",
    }  # fmt: skip
    assert facts_of(IncompleteError("a", "b", "c"))["kind"] == "IncompleteError"


def test_a_full_disk_is_told() -> None:
    """Only a reader that is gone is no failure."""

    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space"):
        say("words", Full())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's full device")
def test_a_full_disk_under_standard_output_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A result that cannot be written ends the command; words beside it are left out."""
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(ResourceError, match="cannot be written") as caught:
            say("a result", sys.stdout)
        assert caught.value.where == "standard output"
        say("once more", sys.stdout)
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stderr", full)
        say("a message", sys.stderr)
