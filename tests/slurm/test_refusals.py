"""What cannot run on a cluster is said in the first seconds, in SLURM's own words."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.slurm.cluster import Cluster
from tests.slurm.runs import ON_SLURM, SHAPES, Run, jobs_of, wkflow
from tests.upload.runs import lines, shell

pytestmark = pytest.mark.long


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ("partition=nowhere", "invalid partition specified: nowhere"),
        ("mem=900G", "Requested node configuration is not available"),
        ("cpus-per-task=64", "Requested node configuration is not available"),
        ("constraint=quantum", "Invalid feature specification"),
        ("no-such-option=1", "unrecognized option '--no-such-option=1'"),
    ],
)
def test_what_sbatch_refuses_is_submitted_by_nobody(
    cluster: Cluster, stack: Path, tmp_path: Path, resources: str, words: str
) -> None:
    """Status 2, and its own words."""
    run = refused(cluster, tmp_path, "--job-resources", resources, stack)
    assert words in run.stderr
    assert jobs_of(cluster, tmp_path / "set.wkflow") == []


def test_what_waits_for_ever_is_not_waited_for(
    cluster: Cluster, stack: Path, tmp_path: Path
) -> None:
    """More time than the partition ever gives: sbatch takes it, and it would wait."""
    run = refused(cluster, tmp_path, "--job-resources", "partition=short,time=04:00:00", stack)
    assert "can never start" in run.stderr
    assert "PartitionTimeLimit" in run.stderr
    assert cluster.jobs() == []


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ("mem=many", "memory such as 32G"),
        ("time=tomorrow", "time such as 02:00:00"),
        ("cpus-per-task=0", "cpus as a whole number"),
        ("output=/tmp/x", "must not hold output"),
        ("fast", "must be such as mem=32G"),
    ],
)
def test_what_makes_no_sense_does_not_even_start(
    cluster: Cluster, stack: Path, tmp_path: Path, resources: str, words: str
) -> None:
    """Before anything is written."""
    run = refused(cluster, tmp_path, "--job-resources", resources, stack)
    assert words in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_nodes_do_not_see_is_named(
    cluster: Cluster, stack: Path, tmp_path: Path
) -> None:
    """One trial job finds out, and says on which node."""
    hidden = cluster.hidden / "stack"
    hidden.symlink_to(stack)
    run = refused(cluster, tmp_path, hidden)
    assert "of the cluster does not see it" in run.stderr
    assert str(hidden) in run.stderr
    assert [one.rule for one in jobs_of(cluster, tmp_path / "set.wkflow")] == ["probe"]


def test_a_run_folder_that_nodes_do_not_see_is_named(
    cluster: Cluster, stack: Path, tmp_path: Path
) -> None:
    """A folder of that name on a disk of the node does not count."""
    place = cluster.hidden / "work"
    run = refused(cluster, tmp_path, "--work-dir", place, stack)
    assert "of the cluster does not see it" in run.stderr
    assert str(place) in run.stderr


def test_a_machine_without_slurm_says_so(stack: Path, tmp_path: Path) -> None:
    """Not Snakemake's words, which are about status commands."""
    how = ("convert", *ON_SLURM, *SHAPES, stack, tmp_path / "set")
    run = without_path(*how, cwd=tmp_path)
    assert run.returncode == 2, run.stderr
    assert "sbatch is not in PATH" in run.stderr


def without_path(*arguments: object, cwd: Path) -> Run:
    """Run a command where there is no other program."""
    return subprocess.run(
        [sys.executable, "-m", "wkflow.cli.main", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=shell(None) | {"PATH": str(cwd)},
        timeout=60,
    )


def refused(cluster: Cluster, folder: Path, *options: object) -> Run:
    """Give the command and see it fail: status 2, few words."""
    how = ("convert", *ON_SLURM, *SHAPES, *options[:-1], options[-1], folder / "set")
    run = wkflow(cluster, *how, cwd=folder)
    assert run.returncode == 2, run.stderr
    assert len(lines(run)) <= 5
    return run
