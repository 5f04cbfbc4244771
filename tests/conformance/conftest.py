"""The official environment, and the datasets that several tests look at."""

import os
from pathlib import Path

import pytest

from tests.conformance.official import NotInstallableError, Official, find_official
from tests.conformance.pair import Pair, convert_both
from tests.conformance.stacks import labels, noise
from tests.conformance.whole import make_whole

collect_ignore = [
    "converting.py",
    "downsampling.py",
    "drawing.py",
    "judge.py",
    "list_options.py",
    "remote_details.py",
    "remote_layers.py",
    "remote_judge.py",
    "warm.py",
]
"""They import what only the official environment has."""

BIG, SMALL = (37, 611, 1023), (37, 203, 301)
"""z, y, x: odd, more than one shard deep, and none divisible by any mag."""

SHAPES = {"anisotropic": BIG, "isotropic": SMALL, "constant_z": SMALL}


@pytest.fixture(scope="session")
def official() -> Official:
    """Give the official package, installed where nothing else is."""
    try:
        return find_official()
    except NotInstallableError as failure:
        pytest.skip(f"the official package cannot be installed (no network?): {failure}")


@pytest.fixture(scope="session")
def session_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder that all workers of one run of the tests share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session", params=list(SHAPES))
def pair(request: pytest.FixtureRequest, official: Official, session_folder: Path) -> Pair:
    """Convert color and labels in one sampling mode with both programs, once a session."""
    mode = request.param
    shape = SHAPES[mode]

    def make(folder: Path) -> None:
        layers = {"color": noise(shape, "uint8", 1), "segmentation": labels(shape, "uint32", 2)}
        convert_both(official, folder, layers, "--sampling-mode", mode)

    return Pair(make_whole(session_folder / f"pair_{mode}", mode, make))
