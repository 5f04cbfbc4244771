"""The sheet of a facility through a real SLURM: many datasets, whose controller restarts."""

import shutil
import time
from pathlib import Path

import pytest

from tests import runs
from tests.slurm.cluster import Cluster
from tests.slurm.runs import (
    ON_SLURM,
    await_that,
    jobs_of,
    name_of,
    running,
    same_as,
    started,
    wkflow,
)
from tests.slurm.runs import SHAPES as STACK_SHAPES

pytestmark = pytest.mark.long

DATASETS = 20
TWO_SLABS = 3
"""So many of them have two slabs, the others one."""

SHAPES = (
    *runs.VOXEL_SIZE,
    *("--job-size", "60K", "--shard-shape", "64,64,16", "--chunk-shape", "16"),
    *("--no-downsample", "--no-report"),
)
PATIENCE_S = 600.0
"""For what takes a minute on a machine that does nothing else."""


def write_sheet(folder: Path, sources: Path) -> tuple[Path, list[Path]]:
    """Write a sheet with a row for each source; give it, and the targets."""
    folder.mkdir()
    targets = [folder / f"set-{number:02}" for number in range(DATASETS)]
    rows = [f"{sources / target.name},{target}\n" for target in targets]
    sheet = folder / "samples.csv"
    sheet.write_text("".join(["source,target\n", *rows]))
    return sheet, targets


def voxels_of(dataset: Path) -> dict[str, bytes]:
    """Give all files of a dataset but that which has its name."""
    files = runs.shard_bytes(dataset)
    files.pop("datasource-properties.json")
    assert len(files) > 2
    return files


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a stack for each dataset, all of them different."""
    folder = tmp_path_factory.mktemp("sources")
    for number in range(DATASETS):
        depth = 32 if number < TWO_SLABS else 16
        runs.write_stack(folder / f"set-{number:02}", runs.noise(depth, 64, 64, seed=number))
    return folder


@pytest.fixture(scope="module")
def here(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Give what this machine makes of the sheet, without any cluster."""
    sheet, targets = write_sheet(tmp_path_factory.mktemp("here") / "batch", sources)
    run = runs.wkflow("batch", *SHAPES, sheet)
    assert run.returncode == 0, run.stderr
    return targets


def test_a_sheet_outlives_a_restart_of_the_controller(
    cluster: Cluster, sources: Path, here: list[Path], tmp_path: Path
) -> None:
    """Jobs of several datasets run side by side; all datasets are whole, and then unchanged."""
    sheet, targets = write_sheet(tmp_path / "batch", sources)
    names = {name_of(one.with_name(f"{one.name}.wkflow")): one for one in targets}
    how = ("batch", *ON_SLURM, *SHAPES, sheet)

    def of_datasets(state: str) -> set[Path]:
        """Give the datasets of which a job is in this state, the trial jobs left out."""
        jobs = cluster.past().values()
        names_of = [one["JobName"] for one in jobs if one["JobState"] == state]
        begins = {one[: len(next(iter(names)))] for one in names_of if "probe" not in one}
        return {names[one] for one in begins & names.keys()}

    with started(cluster, *how, cwd=tmp_path) as run:
        await_that(lambda: len(of_datasets("RUNNING")) > 1 and of_datasets("COMPLETED"), PATIENCE_S)
        cluster.stop_controller()
        time.sleep(4)
        assert run.poll() is None
        cluster.start_controller()
        _, told = run.communicate(timeout=PATIENCE_S)
    assert run.returncode == 0, told
    assert f"{DATASETS} datasets: {DATASETS} done" in told
    for target, local in zip(targets, here, strict=True):
        assert voxels_of(target) == voxels_of(local), target
    before = len(cluster.past())
    again = wkflow(cluster, *how, cwd=tmp_path)
    assert f"{DATASETS} datasets: {DATASETS} unchanged" in again.stderr
    assert len(cluster.past()) == before


ABSENCE = """\
#!/bin/sh
away() {{
  echo x >>'{folder}/{name}.failed'
  echo "{name}: error: Unable to contact slurm controller (connect failure)" >&2
  exit 1
}}
if [ -e '{folder}/away' ]; then away; fi
case "{name} $*" in
  *--test-only* | *-probe*) ;;
  sbatch*) test "$(cat '{folder}/sbatch.failed' 2>/dev/null | wc -l)" -ge {refused} || away ;;
esac
exec {real} "$@"
"""
"""SLURM's command, and its words when it waited in vain for the controller; that takes it 10 s."""

REFUSED = 7
"""Submissions that fail at first: three would end a job that is tried thrice."""

UNANSWERED = 11
"""Questions for the state of jobs: the plugin asks five times."""


def test_no_job_is_lost_while_nobody_answers(
    cluster: Cluster, stack: Path, local: Path, tmp_path: Path
) -> None:
    """What was not submitted is no try, and what nobody knows has not ended."""
    commands = tmp_path / "commands"
    commands.mkdir()
    for name in ("sbatch", "squeue", "scontrol"):
        path, real = commands / name, shutil.which(name)
        path.write_text(ABSENCE.format(folder=commands, name=name, real=real, refused=REFUSED))
        path.chmod(0o755)
    asked = commands / "squeue.failed"
    target, folder = tmp_path / "set", tmp_path / "set.wkflow"
    how = ("convert", *ON_SLURM, *STACK_SHAPES, stack, target)
    (commands / "away").touch()
    with started(cluster, *how, cwd=tmp_path, path=commands) as run:
        await_that(asked.exists, PATIENCE_S)  # for jobs of an earlier run
        (commands / "away").unlink()
        await_that(lambda: running(cluster, folder), PATIENCE_S)
        before = len(asked.read_text().split())
        (commands / "away").touch()
        await_that(lambda: len(asked.read_text().split()) > before + UNANSWERED, PATIENCE_S)
        (commands / "away").unlink()
        _, told = run.communicate(timeout=PATIENCE_S)
    assert run.returncode == 0, told
    assert same_as(target, local)
    jobs = [one for one in jobs_of(cluster, folder) if one.rule.startswith("convert_slab")]
    assert [one.state for one in jobs] == ["COMPLETED"] * 4
    assert len({cluster.past()[one.number]["MinMemoryNode"] for one in jobs}) == 1
