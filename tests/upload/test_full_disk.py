"""A server whose disk is full, and one that says it finished and did not: soon told, by name."""

import time
from pathlib import Path
from typing import Any

import pytest

from tests.standin.server import Standin

from .runs import lines, wkflow

NO_SPACE = "java.io.IOException: No space left on device"


@pytest.mark.parametrize(
    ("faults", "status", "said"),
    [
        ({"status": {"status": 507, "routes": ["chunk"]}}, 5, "disk is full"),
        (
            {"status": {"status": 503, "said": NO_SPACE, "retry_after": 600, "routes": ["chunk"]}},
            5, "disk is full",
        ),
        ({"status": {"status": 500, "said": NO_SPACE, "routes": ["finish"]}}, 5, "disk is full"),
        ({"hole": {}}, 7, "did not keep"),
        ({"lie": {"what": "dataset"}}, 7, "is not there"),
        ({"lie": {"what": "id"}}, 7, "is not there"),
        ({"lie": {"what": "name"}}, 7, "became the dataset another"),
        ({"lie": {"what": "mag"}}, 7, "does not show mag"),
        ({"lie": {"what": "file"}}, 7, "does not have what was sent"),
    ],
    ids=["507", "503", "at the end", "nothing kept", "dataset", "id", "name", "mag", "file"],
)  # fmt: skip
def test_the_end_comes_soon_and_says_which(
    standin: Standin, local: Path, here: Path, faults: dict[str, Any], status: int, said: str
) -> None:
    """Within a minute, with what it was."""
    standin.faults(**faults)
    began = time.monotonic()
    run = wkflow("upload", local, standin=standin, cwd=here)
    assert (run.returncode, said in "".join(lines(run))) == (status, True), run.stderr
    assert time.monotonic() - began < 60
