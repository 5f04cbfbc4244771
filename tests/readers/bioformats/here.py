"""Whether Bio-Formats can be run here."""

import importlib

import pytest
from wkflow.errors import SourceError


def _lack() -> str:
    """Say what is missing; nothing if all is there."""
    try:
        java = importlib.import_module("wkflow.readers.bioformats.java")
        java.find_jar("")
        java.find_jvm("")
    except (ImportError, SourceError) as error:
        return str(error)
    return ""


NEEDS_BIOFORMATS = pytest.mark.skipif(bool(_lack()), reason=f"no Bio-Formats here: {_lack()}")
