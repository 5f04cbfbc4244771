"""What foreign code raises, in words for the person at the terminal."""

import errno
import os
import struct
import zlib
from pathlib import Path

import pytest
from wkflow.errors import SourceError
from wkflow.readers import probe
from wkflow.source_errors import DETAIL_MAX_CHARACTERS, translated


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(errno.ENOENT, "x"), "is not there"),
        (PermissionError(errno.EACCES, "x"), "may not be read"),
        (IsADirectoryError(errno.EISDIR, "x"), "is a folder"),
        (OSError(errno.EIO, "x"), "cannot be read: Input/output error"),
        (OSError("image file is truncated"), "damaged .*: image file is truncated"),
        (struct.error("unpack"), "damaged .*: unpack"),
        (zlib.error("incorrect header"), "damaged .*: incorrect header"),
        (EOFError(), "damaged .*: EOFError"),
    ],
)
def test_each_cause_has_its_words(error: Exception, words: str) -> None:
    """The cause stays attached for the log."""
    with pytest.raises(SourceError, match=words) as failure, translated("a.tif"):
        raise error
    assert failure.value.where == "a.tif"
    assert failure.value.__cause__ is error


def test_a_source_error_passes_unchanged() -> None:
    """Its words are better than any we could find here."""
    original = SourceError("is odd", "a.tif", "Mend it.")
    with pytest.raises(SourceError) as failure, translated("b.tif"):
        raise original
    assert failure.value is original


def test_a_long_message_is_cut() -> None:
    """A decoder that quotes its input does not fill the screen."""
    with pytest.raises(SourceError) as failure, translated("a.tif"):
        raise ValueError("many\nwords " * 1000)
    assert len(failure.value.what) < DETAIL_MAX_CHARACTERS + 60
    assert "\n" not in failure.value.what


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """Opening a pipe would hang until somebody writes."""
    path = tmp_path / "pipe.png"
    os.mkfifo(path)
    with pytest.raises(SourceError, match="is a pipe"):
        probe(str(path))
