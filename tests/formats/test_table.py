"""The table of formats: every name that an option may have, loaded when it is asked for."""

import subprocess
import sys
from pathlib import Path

import pytest
from wkflow import atomic_files
from wkflow.formats.table import FORMATS, format_of
from wkflow.model.codec import LEVELS
from wkflow.model.data_formats import STORAGES


def test_all_tables_have_the_same_formats() -> None:
    """Shapes, codecs and writers."""
    assert set(FORMATS) == set(STORAGES) == set(LEVELS)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_format_is_one_object(name: str) -> None:
    """It has no state, so that threads and jobs may share it."""
    assert format_of(name) is format_of(name)
    assert not vars(format_of(name))


def test_only_what_is_asked_for_is_loaded() -> None:
    """A dry run of one format does not wait for the libraries of another."""
    program = "import sys; from wkflow.formats.table import format_of; format_of('zarr3');"
    program += "print(*[m for m in ('zarr', 'imagecodecs', 'tensorstore') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(Path(atomic_files.__file__).parents[1])},
        check=True,
        capture_output=True,
        text=True,
    )
    assert not done.stdout.strip()
