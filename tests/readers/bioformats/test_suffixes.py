"""The list of suffixes against Bio-Formats itself."""

import subprocess
import sys

import pytest
from wkflow.readers import RAW_SUFFIXES, READERS, is_readable
from wkflow.readers.bioformats.suffixes import BIOFORMATS_SUFFIXES, LEFT_OUT

from tests.readers.bioformats.here import NEEDS_BIOFORMATS

ASK = """
import jpype, sys
jpype.startJVM(sys.argv[2], "--enable-native-access=ALL-UNNAMED", classpath=[sys.argv[1]])
jpype.JClass("loci.common.DebugTools").setRootLevel("ERROR")
print(*jpype.JClass("loci.formats.ImageReader")().getSuffixes(), sep="\\n")
"""


@NEEDS_BIOFORMATS
def test_the_list_is_that_of_bioformats() -> None:
    """But for what others read here, what is left out, and what is no plain suffix."""
    from wkflow.readers.bioformats.java import find_jar, find_jvm  # noqa: PLC0415 -- an extra

    command = [sys.executable, "-c", ASK, find_jar(""), find_jvm("")]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")
    known = {f".{suffix}" for suffix in said if suffix.isalnum() or "_" in suffix}
    assert known - set(READERS) - RAW_SUFFIXES - LEFT_OUT == BIOFORMATS_SUFFIXES
    assert known >= LEFT_OUT


def test_nothing_is_listed_twice() -> None:
    """A suffix has one reader."""
    assert not BIOFORMATS_SUFFIXES & (set(READERS) | RAW_SUFFIXES | LEFT_OUT)


@pytest.mark.parametrize("name", ["notes.txt", "table.csv", "cut.mov", "model.mod", "settings.cfg"])
def test_what_lies_beside_images_is_none(name: str) -> None:
    """Bio-Formats would read some of these."""
    assert not is_readable(name)
