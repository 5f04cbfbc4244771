"""One SLURM for all tests of this folder, and a stack of four slabs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import runs
from tests.slurm.cluster import Cluster, cluster_in, why_not
from tests.slurm.runs import SHAPES

SLICES = 64


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Run a SLURM, where it is installed and the tests are root."""
    if reason := why_not():
        pytest.skip(f"no SLURM: {reason}")
    with cluster_in(tmp_path_factory.mktemp("slurm") / "cluster") as running:
        yield running


@pytest.fixture(autouse=True)
def idle(cluster: Cluster) -> Iterator[None]:
    """Leave no job to the next test."""
    yield
    left = cluster.jobs("%i|%T|%j")
    if left:
        cluster.ask("scancel", "--me")
        cluster.await_idle()
    assert left == []


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give slices for four slabs."""
    volume = runs.noise(SLICES, 128, 128)
    return runs.write_stack(tmp_path_factory.mktemp("images") / "stack", volume)


@pytest.fixture(scope="session")
def local(stack: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give what this machine makes of the stack, without any cluster."""
    target = tmp_path_factory.mktemp("local") / "stack"
    run = runs.wkflow("convert", *SHAPES, stack, target)
    assert run.returncode == 0, run.stderr
    return target
