"""`wkflow downsample` of a dataset that exists, killed and interrupted: always valid, same end.

What may be seen at any moment is checked file by file: as long as the old properties stand, all
that was there is there; with the new ones, every file of an undisturbed run.
"""

import contextlib
import json
import os
import platform
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from wkflow.locks import dataset_lock_file

from tests.datasets import (
    PROPERTIES,
    Document,
    HandLayer,
    Voxels,
    factors,
    read_mags,
    write_dataset,
)
from tests.runs import damage_state, environment, noise, shard_bytes, wkflow
from tests.slow_pyramid import pyramid

pytestmark = pytest.mark.long(but=["test_a_killed_run_ends_the_same[new-0]"])

KILLS = int(os.environ.get("WKFLOW_KILLS", "1"))
"""Runs that are killed once to three times each; a campaign sets more."""

SHAPES = ("--chunk-shape", "16", "--shard-shape", "32")
JOBS = ("--job-size", "60K")
"""Many shards, and jobs of a few shards each: as large datasets have them."""

Files = dict[str, bytes]
Process = subprocess.Popen[str]

GREY = noise(1, 1, 100, 70, 40)
LABELS = noise(1, 1, 90, 60, 50, dtype="uint32", seed=3) >> 29
SEGMENTS = {"category": "segmentation", "fields": {"largestSegmentId": 7}}
ATTACHMENTS = {
    "attachments": {"meshes": [{"name": "mesh", "path": "./em/meshes/mesh", "dataFormat": "hdf5"}]},
    "unknown": {"to": ["us"]},
}
LADDER = ("2-2-1", "4-4-2")

GROUP = "em/zarr.json"
"""Describes the pyramid a second time."""


def layers(*, with_second: bool = False) -> tuple[HandLayer, ...]:
    """Give three layers, with the finest mag or with one more, that others are not made of."""

    def mags(finest: Voxels) -> dict[str, Voxels]:
        second = np.flip(finest[:, :, ::2, ::2], axis=2)
        return {"1": finest, "2-2-1": second} if with_second else {"1": finest}

    return (
        HandLayer("em", mags(GREY), fields=ATTACHMENTS),
        HandLayer("labels", mags(LABELS), (5, 3, 2), (80, 50, 40), **SEGMENTS),
        HandLayer("old", mags(GREY[..., :30]), data_format="wkw"),
    )


def group(*mags: str) -> Document:
    """Give the metadata of a group of OME-Zarr 0.5 with some mags."""
    axes = [{"name": "c", "type": "channel"}, *({"name": axis, "type": "space"} for axis in "xyz")]
    datasets = [
        {
            "path": mag,
            "coordinateTransformations": [
                {"type": "scale", "scale": [1.0, *map(float, factors(mag))]}
            ],
        }
        for mag in mags
    ]
    ome = {"version": "0.5", "multiscales": [{"name": "em", "axes": axes, "datasets": datasets}]}
    return {"zarr_format": 3, "node_type": "group", "attributes": {"ome": ome, "author": "me"}}


@dataclass(frozen=True)
class Course:
    """A command on a dataset: the files before it, and after it when nothing disturbed it."""

    options: tuple[str, ...]
    before: Files
    after: Files

    @property
    def is_new(self) -> bool:
        """Whether no mag is replaced."""
        return "--overwrite-mags" not in self.options

    def copy(self, folder: Path) -> Path:
        """Write the dataset as it was before."""
        for name, content in self.before.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return folder

    def check(self, folder: Path) -> None:
        """Make sure that the properties are the old or the new ones, and all they list whole."""
        listed = (folder / PROPERTIES).read_bytes()
        assert listed in {self.before[PROPERTIES], self.after[PROPERTIES]}, listed.decode()
        files = self.before if listed == self.before[PROPERTIES] else self.after
        found = {name: _read(folder / name) for name in files}
        if found[GROUP] == self.after[GROUP]:  # it is replaced just before the properties
            found[GROUP] = files[GROUP]
        broken = [name for name, content in files.items() if found[name] != content]
        if (folder / PROPERTIES).read_bytes() == listed:  # else it changed while we looked
            assert broken == []

    def check_ended(self, folder: Path) -> None:
        """Make sure that every file is that of the undisturbed run, and no other is there."""
        found = shard_bytes(folder)
        assert list(found) == list(self.after)
        assert [name for name in found if found[name] != self.after[name]] == []

    def end(self, folder: Path) -> None:
        """Give the command again and let it end, watching."""
        with started(folder, *self.options) as process:
            while process.poll() is None:
                self.check(folder)
                time.sleep(0.05)
            _, told = process.communicate()
        assert process.returncode == 0, told
        self.check_ended(folder)


COURSES = {"new": (), "overwritten": ("--overwrite-mags", "--from-mag", "1")}


@pytest.fixture(scope="module", params=COURSES)
def course(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Run each command on all layers."""
    options = (*COURSES[request.param], *JOBS)
    return undisturbed(tmp_path_factory.mktemp(request.param), options, 3)


@pytest.fixture(scope="module", params=COURSES)
def short(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Run each command on one layer: few jobs, for what depends on no moment of theirs."""
    options = (*COURSES[request.param], "--job-size", "1G")
    return undisturbed(tmp_path_factory.mktemp(request.param), options, 1)


def undisturbed(place: Path, options: tuple[str, ...], count: int) -> Course:
    """Run a command to its end; its voxels are those of the definition."""
    made = layers(with_second="--overwrite-mags" in options)[:count]
    folder = write_dataset(place / "set", *made, experiment=12)
    (folder / "em" / "meshes").mkdir()
    (folder / "em" / "meshes" / "mesh").write_bytes(b"\x89HDF")
    (folder / GROUP).write_text(json.dumps(group(*made[0].mags)))
    before = shard_bytes(folder)
    run = wkflow("downsample", *SHAPES, *options, folder)
    assert run.returncode == 0, run.stderr
    for layer in layers()[:count]:
        found = read_mags(folder, layer)
        for mag, voxels in pyramid(layer, LADDER).items():
            np.testing.assert_array_equal(found[mag], voxels, strict=True)
    return Course((*SHAPES, *options), before, shard_bytes(folder))


@contextlib.contextmanager
def started(folder: Path, *options: str, **variables: str) -> Iterator[Process]:
    """Start a run and go on at once; nothing of it is left in the end."""
    with subprocess.Popen(
        [sys.executable, "-m", "wkflow.cli.main", "downsample", "--quiet", *options, str(folder)],
        env=environment() | variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def _read(path: Path) -> bytes | None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return path.read_bytes()
    return None


def kill(process: subprocess.Popen[Any], chance: random.Random) -> bool:
    """Kill the CLI, Snakemake, a job or everything; say whether the CLI goes on."""
    with contextlib.suppress(psutil.NoSuchProcess):
        cli = psutil.Process(process.pid)
        below = cli.children()
        jobs = cli.children(recursive=True)[len(below) :]
        who = chance.choice(["everything", "everything", "CLI", "Snakemake", "job"])
        if who in {"everything", "CLI"}:
            cli.kill()
        for snakemake in below if who in {"everything", "Snakemake"} else ():
            _kill_session(snakemake, whole=who == "everything")
        for job in jobs[-1:] if who == "job" else ():
            job.kill()
        return who in {"Snakemake", "job"}
    return True


def _kill_session(snakemake: psutil.Process, *, whole: bool) -> None:
    """Kill Snakemake, with all its jobs once it has a process group of its own."""
    with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
        if whole and os.getpgid(snakemake.pid) == snakemake.pid:
            os.killpg(snakemake.pid, signal.SIGKILL)
        else:
            snakemake.kill()


@pytest.fixture(scope="module")
def tally(request: pytest.FixtureRequest) -> Iterator[list[bool]]:
    """Count the runs that ended with the same bytes, and say so in the end."""
    ended: list[bool] = []
    yield ended
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    if reporter:
        reporter.write_line(f"\n{sum(ended)} of {len(ended)} byte-identical")


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_run_ends_the_same(
    course: Course, tmp_path: Path, seed: int, tally: list[bool]
) -> None:
    """SIGKILL to the CLI, Snakemake, a job or all: always valid, and the same bytes in the end."""
    tally.append(False)
    chance = random.Random(seed)  # noqa: S311 -- chance, no secret
    folder = course.copy(tmp_path / "set")
    for _ in range(chance.randint(1, 3)):
        if disturbed(course, folder, chance) == 0:  # nothing that mattered was killed
            course.check_ended(folder)
            break
    else:
        course.end(folder)
    assert nobody_is_left(folder)
    tally[-1] = True


def disturbed(course: Course, folder: Path, chance: random.Random) -> int:
    """Give the command, kill something at some moment, and give the exit status."""
    with started(folder, *course.options) as process:
        moment = time.monotonic() + chance.uniform(0.2, 8)
        while time.monotonic() < moment and process.poll() is None:
            course.check(folder)
            time.sleep(0.02)
        if process.poll() is None and kill(process, chance):
            process.communicate(timeout=60)
    course.check(folder)
    return process.returncode


ASSASSIN = """
import os, signal, sys

event, word, number = os.environ["KILL_AT"].split()
left = [int(number)]

def listen(name, args):
    if name == event and word in str(args):
        known = [*sys.orig_argv, *getattr(sys, "argv", ())]
        left[0] -= any("scripts" in argument for argument in known)
        if left[0] == 0:
            os.killpg(0, signal.SIGKILL)

sys.addaudithook(listen)
"""
"""Kills Snakemake and its jobs just before a job does something for the n-th time; found in
PYTHONPATH by each interpreter, of which jobs may be forks."""


def killing(folder: Path, moment: str) -> dict[str, str]:
    """Write what kills a run at a moment into a folder; give the environment that finds it."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(ASSASSIN)
    path = os.pathsep.join([str(folder), environment()["PYTHONPATH"]])
    return {"PYTHONPATH": path, "KILL_AT": moment}


MOMENTS = {
    "a mag is swept": "os.rmdir 4-4-2 1",
    "the group's description is there": "os.rename em/.zarr.json. 1",
    "the properties are written": f"os.rename .{PROPERTIES}. 1",
    "the properties are there": f"os.remove .{PROPERTIES}. 1",
    "an old mag goes": "os.remove /zarr.json' 1",
    "the receipt is written": "os.rename .extend_properties.json. 1",
    "the receipt is there": "os.remove .extend_properties.json. 1",
    "the report is written": "os.rename report.json 1",
}
"""By what happens next: the event as Python's auditing calls it, a word of it, and how often."""

OF_NEW = ("the properties are written", "the properties are there", "the receipt is there")
"""Where no mag is replaced, less happens: these are enough."""


@pytest.mark.parametrize("moment", MOMENTS)
def test_each_moment_of_the_end_may_be_the_last(short: Course, tmp_path: Path, moment: str) -> None:
    """The properties half written, written, old mags half gone, all done but the receipt."""
    if short.is_new and moment not in OF_NEW:
        return
    folder = short.copy(tmp_path / "set")
    variables = killing(tmp_path / "hook", MOMENTS[moment])
    with started(folder, *short.options, **variables) as process:
        _, told = process.communicate(timeout=120)
    shutil.rmtree(tmp_path / "hook")
    assert process.returncode == 5, told
    short.check(folder)
    short.end(folder)
    assert nobody_is_left(folder)


def test_the_command_may_die_when_all_is_done(short: Course, tmp_path: Path) -> None:
    """The person was told nothing: the same command ends what was begun, and begins nothing."""
    folder = short.copy(tmp_path / "set")
    report = folder.with_name("set.downsample") / "report.json"
    with started(folder, *short.options) as process:
        wait_for(report)
        process.kill()
    short.end(folder)
    again = wkflow("downsample", *short.options, folder)
    assert again.returncode == 0, again.stderr
    assert ("nothing to do" in again.stderr) == short.is_new
    assert nobody_is_left(folder)


def nobody_is_left(folder: Path) -> bool:
    """Whether no process works in the run folder, and nothing lies beside it and the dataset."""
    place = folder.with_name(f"{folder.name}.downsample")
    names = {path.name for path in folder.parent.iterdir()}
    return names <= {folder.name, place.name} and not [
        process for process in psutil.process_iter() if _cwd(process) == str(place)
    ]


def _cwd(process: psutil.Process) -> str | None:
    with contextlib.suppress(psutil.Error, OSError):
        return str(process.cwd())
    return None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_the_dataset_as_it_was(
    course: Course, tmp_path: Path, number: signal.Signals
) -> None:
    """Exit 130 within seconds, no process left behind, and the same command ends it."""
    folder = course.copy(tmp_path / "set")
    with started(folder, *course.options) as process:
        wait_for(folder.with_name("set.downsample") / "receipts" / "downsample_block")
        process.send_signal(number)
        began = time.monotonic()
        _, told = process.communicate(timeout=30)
    assert process.returncode == 130, told
    assert time.monotonic() - began < 10
    assert "the same command goes on" in told
    assert (folder / PROPERTIES).read_bytes() == course.before[PROPERTIES]
    course.check(folder)
    assert nobody_is_left(folder)
    course.end(folder)


def wait_for(path: Path) -> None:
    """Wait until a run has come so far."""
    while not path.exists():
        time.sleep(0.02)


def test_state_of_a_killed_run_is_a_cache(short: Course, tmp_path: Path) -> None:
    """Whatever became of every file of the run folder, the same command comes to the same end."""
    folder = short.copy(tmp_path / "set")
    place = folder.with_name("set.downsample")
    with started(folder, *short.options) as process:
        wait_for(place / "receipts" / "create_layer")
        (snakemake,) = psutil.Process(process.pid).children()
        process.kill()
        os.killpg(snakemake.pid, signal.SIGKILL)
    damage_state(place)
    short.end(folder)
    assert nobody_is_left(folder)


def test_two_runs_at_once_are_refused(course: Course, tmp_path: Path) -> None:
    """Also from another run folder: the second says who is at work and where, and exits 5."""
    folder = course.copy(tmp_path / "set")
    first, second = (("--work-dir", str(tmp_path / name)) for name in ("one", "two"))
    with started(folder, *course.options, *first) as process:
        wait_for(tmp_path / "one" / "draft.json")
        run = wkflow("downsample", *course.options, *second, folder)
        assert run.returncode == 5, run.stderr
        assert f"host {platform.node()}, process {process.pid}" in run.stderr
        assert str(folder) in run.stderr
        course.check(folder)
        _, told = process.communicate(timeout=120)
    assert process.returncode == 0, told
    course.check_ended(folder)
    assert not dataset_lock_file(folder).exists()


def test_the_lock_of_a_killed_run_holds_nobody(short: Course, tmp_path: Path) -> None:
    """Neither the same command nor one from another run folder waits for the dead."""
    folder = short.copy(tmp_path / "set")
    with started(folder, *short.options) as process:
        wait_for(folder.with_name("set.downsample") / "draft.json")
        (snakemake,) = psutil.Process(process.pid).children()
        process.kill()
        os.killpg(snakemake.pid, signal.SIGKILL)
    assert dataset_lock_file(folder).exists()
    other = wkflow("downsample", "--dry-run", "--work-dir", tmp_path / "other", folder)
    assert other.returncode == 0, other.stderr
    short.end(folder)
    assert nobody_is_left(folder)


def test_what_outlives_the_command_is_stopped_by_the_next(short: Course, tmp_path: Path) -> None:
    """Also a Snakemake that is still starting when only the CLI is killed."""
    folder = short.copy(tmp_path / "set")
    with started(folder, *short.options) as process:
        orphan = snakemake_of(folder)
        orphan.suspend()  # as slow as a busy machine is
        process.kill()
    with started(folder, *short.options) as process:
        snakemake_of(folder, but=orphan.pid)
        was_stopped = is_gone(orphan)
        with contextlib.suppress(psutil.NoSuchProcess):
            orphan.kill()
        _, told = process.communicate(timeout=120)
    assert was_stopped
    assert process.returncode == 0, told
    short.check_ended(folder)


def test_what_outlives_the_command_still_holds_the_dataset(short: Course, tmp_path: Path) -> None:
    """From another run folder it cannot be stopped: the command is refused until it has ended."""
    folder = short.copy(tmp_path / "set")
    work_dir = ("--work-dir", str(tmp_path / "one"))
    with started(folder, *short.options, *work_dir) as process:
        wait_for(tmp_path / "one" / "draft.json")
        group = (tmp_path / "one" / "lock").read_text().partition(" ")[0]
        psutil.Process(int(group)).suspend()  # else it may have ended when the other one looks
        process.kill()
    other = wkflow("downsample", *short.options, "--work-dir", tmp_path / "two", folder)
    assert other.returncode == 5, other.stderr
    with started(folder, *short.options, *work_dir) as process:
        _, told = process.communicate(timeout=120)
    assert process.returncode == 0, told
    short.check_ended(folder)


def snakemake_of(folder: Path, but: int = 0) -> psutil.Process:
    """Wait for the Snakemake of a run, as it is noted for the next one."""
    lock = folder.with_name(f"{folder.name}.downsample") / "lock"
    wait_for(lock)
    while (text := lock.read_text().partition(" ")[0]) in {"", str(but)}:
        time.sleep(0.01)
    return psutil.Process(int(text))


def is_gone(process: psutil.Process) -> bool:
    """Whether a process has ended, waited for or not."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    return True
