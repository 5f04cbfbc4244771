"""Runs on the cluster of the tests, and what SLURM says of their jobs."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests import runs
from tests.slurm.cluster import Cluster
from tests.standin.server import Standin
from tests.upload import runs as upload_runs
from tests.upload.runs import Run, command, shell

SHAPES = (
    *runs.VOXEL_SIZE,
    "--job-size",
    "300K",
    "--shard-shape",
    "64,64,16",
    "--chunk-shape",
    "16",
)
"""Four slabs, then one job for the small mags."""

ON_SLURM = ("--distribution-strategy", "slurm")
Process = subprocess.Popen[str]


@dataclass(frozen=True)
class Job:
    """One job as the controller knows it, also after its end."""

    number: str
    rule: str
    state: str
    start: str
    end: str

    @property
    def seconds(self) -> float:
        """How long it ran, in whole seconds."""
        return _clock(self.end) - _clock(self.start)


def _clock(text: str) -> float:
    return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%S"))


def jobs_of(cluster: Cluster, folder: Path) -> list[Job]:
    """List the jobs that a run folder has had, in the order of their submission."""
    return [
        Job(
            number,
            record.get("Comment", "probe").removeprefix("rule_"),
            record["JobState"],
            record["StartTime"],
            record["EndTime"],
        )
        for number, record in sorted(cluster.past().items(), key=lambda item: int(item[0]))
        if record["JobName"].startswith(name_of(folder))
    ]


def name_of(folder: Path) -> str:
    """Give what names of jobs of a run folder begin with, as `wkflow` forms it."""
    from wkflow.rules.clusters import slurm  # noqa: PLC0415 -- only its value is of interest

    return slurm.name_of(folder)


def environment(cluster: Cluster, standin: Standin | None = None) -> dict[str, str]:
    """Give the environment of a person on a login node."""
    return shell(standin) | cluster.variables


def wkflow(cluster: Cluster, *arguments: object, standin: Standin | None = None, cwd: Path) -> Run:
    """Run a command to its end."""
    return upload_runs.wkflow(*arguments, standin=standin, cwd=cwd, **cluster.variables)


@contextmanager
def started(
    cluster: Cluster, *arguments: object, cwd: Path, path: Path | None = None
) -> Iterator[Process]:
    """Start a command and go on; nothing of it is left in the end. `path` goes before PATH."""
    variables = environment(cluster)
    if path:
        variables["PATH"] = os.pathsep.join([str(path), variables["PATH"]])
    with subprocess.Popen(
        command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env=variables,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def kill_head(process: Process) -> None:
    """Kill the command, Snakemake and its local jobs at once: a login node that is switched off."""
    everything = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    for one in everything:
        with suppress(psutil.NoSuchProcess):
            os.kill(one.pid, signal.SIGKILL)


def await_that(condition: Callable[[], object], seconds: float = 90) -> None:
    """Wait until something holds; it is an error when it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        time.sleep(0.1)


def running(cluster: Cluster, folder: Path, rule: str = "convert_slab") -> list[Job]:
    """List the jobs of a rule that run now."""
    jobs = jobs_of(cluster, folder)
    return [one for one in jobs if one.state == "RUNNING" and one.rule.startswith(rule)]


def same_as(target: Path, local: Path) -> bool:
    """Compare two datasets byte for byte, but for the name in their properties."""
    ours, theirs = runs.shard_bytes(target), runs.shard_bytes(local)
    for files in (ours, theirs):
        files.pop("datasource-properties.json")
    return ours == theirs and len(ours) > 8
