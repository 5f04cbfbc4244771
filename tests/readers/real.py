"""Real files beside the project, and the table of what other readers found in them."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

TESTDATA = Path(__file__).parents[2].parent / "shared" / "testdata"

NEEDS_TESTDATA = [
    pytest.mark.testdata,
    pytest.mark.skipif(
        not TESTDATA.is_dir(), reason="the folder shared/testdata is not beside the project"
    ),
]


def expected() -> dict[str, Any]:
    """Give the table, by the files' paths below the folder; an empty one where there is none."""
    path = TESTDATA / "expected.json"
    table: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return table


def digest(voxels: NDArray[Any]) -> str:
    """Give the digest of an array as the table has it."""
    little = voxels.astype(voxels.dtype.newbyteorder("<"))
    return hashlib.sha256(np.ascontiguousarray(little).tobytes()).hexdigest()
