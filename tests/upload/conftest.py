"""A stack, the dataset that a conversion here makes of it, and servers to send it to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import runs
from tests.standin.server import Standin, standin_in
from tests.upload.extending import LAYERS, Pair
from tests.upload.runs import CONVERSION


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a stack of 100 slices: four slabs, the second one of nothing but zeros."""
    volume = runs.noise(100, 200, 240)
    volume[32:64] = 0
    return runs.write_stack(tmp_path_factory.mktemp("images") / "stack", volume)


@pytest.fixture(scope="session")
def local(stack: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give what a conversion on this machine makes of the stack; it is not to be changed."""
    target = tmp_path_factory.mktemp("local") / "stack"
    run = runs.wkflow("convert", *CONVERSION, stack, target)
    assert run.returncode == 0, run.stderr
    return target


@pytest.fixture(scope="session")
def single(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Give a dataset of one layer with one mag, and what a run on this machine makes of it."""
    return Pair.of(tmp_path_factory.mktemp("single"), *LAYERS[:1])


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[Standin]:
    """Run a server of the newest version that nobody has used before."""
    with standin_in(tmp_path / "server") as running:
        yield running


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Give the folder in which commands are typed."""
    folder = tmp_path / "here"
    folder.mkdir()
    return folder
