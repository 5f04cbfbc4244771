"""The table of readers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import wkflow.readers
from wkflow.errors import SourceError
from wkflow.readers import READERS, SUFFIXES, reader_for, require_header
from wkflow.source import Header

LIBRARIES = ("tifffile", "imagecodecs", "simplejpeg", "PIL", "imageio")


def run(code: str) -> str:
    """Run `code` in a Python of its own, which has imported nothing yet."""
    source = str(Path(wkflow.readers.__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": source}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_the_table_loads_no_library() -> None:
    """The workflow lists files with the table; it must not wait for decoders."""
    code = f"import sys, wkflow.readers; print([m for m in {LIBRARIES} if m in sys.modules])"
    assert run(code) == "[]"


@pytest.mark.parametrize(
    ("suffix", "library"), [(".tif", "tifffile"), (".png", "imagecodecs"), (".jpg", "simplejpeg")]
)
def test_a_reader_loads_its_library_only(suffix: str, library: str) -> None:
    """A PNG does not load tifffile."""
    others = set(LIBRARIES) - {library, "imagecodecs", "PIL"}
    code = (
        f"import sys, wkflow.readers as r; r.reader_for('a{suffix}');"
        f"print({library!r} in sys.modules, [m for m in {sorted(others)} if m in sys.modules])"
    )
    assert run(code) == "True []"


def test_every_row_leads_to_a_reader() -> None:
    """And letter case does not count."""
    assert set(READERS) == SUFFIXES
    for suffix in SUFFIXES:
        assert type(reader_for(f"slice{suffix.upper()}")).__name__ == READERS[suffix][1]


@pytest.mark.parametrize("name", ["slice.xyz", "slice", ".tif"])
def test_an_unknown_suffix_is_refused(name: str) -> None:
    """The remedy lists the suffixes that can be read."""
    with pytest.raises(SourceError, match="suffix") as failure:
        reader_for(name)
    assert ".tif " in failure.value.remedy
    assert failure.value.where == name


def test_a_difference_in_pages_is_named() -> None:
    """Two headers that print alike do not give a riddle."""
    with pytest.raises(SourceError, match=r"in 3 pages, .* in 1 pages"):
        require_header("a.tif", Header(4, 5, 3, 1, "uint8"), Header(4, 5, 1, 1, "uint8"))
