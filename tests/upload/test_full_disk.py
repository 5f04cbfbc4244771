"""A server whose disk is full, and one that says it finished and did not: soon told, by name.

Other ways to say so: `tests/steps/test_finish_upload.py`.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.datasets import write_dataset
from tests.standin.server import Standin
from tests.upload.extending import LAYERS
from tests.upload.runs import lines, wkflow

pytestmark = pytest.mark.long

NO_SPACE = "java.io.IOException: No space left on device"


@pytest.mark.parametrize(
    ("faults", "status", "said"),
    [
        (
            {"status": {"status": 503, "said": NO_SPACE, "retry_after": 600, "routes": ["chunk"]}},
            5, "disk is full",
        ),
        ({"lie": {"what": "file"}}, 7, "does not have what was sent"),
    ],
    ids=["full", "file"],
)  # fmt: skip
def test_the_end_comes_soon_and_says_which(
    standin: Standin, tmp_path: Path, here: Path, faults: dict[str, Any], status: int, said: str
) -> None:
    """With what it was."""
    standin.faults(**faults)
    dataset = write_dataset(tmp_path / "hand", LAYERS[0])
    run = wkflow("upload", "--name", "hand", dataset, standin=standin, cwd=here)
    assert (run.returncode, said in "".join(lines(run))) == (status, True), run.stderr
