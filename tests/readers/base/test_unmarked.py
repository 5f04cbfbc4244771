"""Files that no magic bytes tell."""

import os
from pathlib import Path

import pytest
from wkflow.errors import SourceError
from wkflow.readers.base.unmarked import open_unmarked


def test_any_content_is_opened(tmp_path: Path) -> None:
    """At its beginning."""
    path = tmp_path / "any.raw"
    path.write_bytes(b"GIF89a")
    with open_unmarked(str(path)) as file:
        assert file.read() == b"GIF89a"


def test_an_empty_file_and_a_pipe_are_refused(tmp_path: Path) -> None:
    """A pipe would wait for ever."""
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "pipe")
    for name, words in (("empty", "is empty"), ("pipe", "is a pipe")):
        with pytest.raises(SourceError, match=words):
            open_unmarked(str(tmp_path / name))
