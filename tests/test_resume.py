"""The same command again: it finishes what is open, and redoes only what changed."""

import contextlib
import json
import os
import pty
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import pytest
import tifffile
from wkflow.model.write_datasource import PROPERTIES

from tests.runs import (
    ROOT,
    VOXEL_SIZE,
    damage_state,
    environment,
    noise,
    shard_bytes,
    snakemake,
    voxels,
    wkflow,
    write_stack,
)
from tests.test_downsample_resume import killing

pytestmark = pytest.mark.long(
    but=[
        "test_a_second_run_has_nothing_to_do",
        "test_a_lost_shard_is_noticed",
        "test_a_killed_run_ends_the_same[0]",
        "test_a_replaced_slice",
        "test_a_removed_slice_leaves_its_place",
    ]
)

KILLS = int(os.environ.get("WKFLOW_KILLS", "1"))
"""Runs that are killed three times each; a campaign sets more."""


def convert(source: Path, target: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """Convert and expect success."""
    run = wkflow("convert", *VOXEL_SIZE, *options, source, target)
    assert run.returncode == 0, run.stderr
    return run


def receipts(target: Path) -> dict[str, int]:
    """Give when each receipt was written, by its name."""
    folder = target.with_name(f"{target.name}.wkflow") / "receipts"
    return {str(p.relative_to(folder)): p.stat().st_mtime_ns for p in folder.rglob("*.json")}


def redone(target: Path, change: Callable[[], object], source: Path, *options: str) -> set[str]:
    """Convert, change something, convert again; give the receipts that are new."""
    convert(source, target, *options)
    before = receipts(target)
    change()
    convert(source, target, *options)
    return {name for name, when in receipts(target).items() if before.get(name) != when}


def test_a_second_run_has_nothing_to_do(tmp_path: Path) -> None:
    """It says so, and writes nothing into the dataset."""
    source = write_stack(tmp_path / "stack", noise(5, 20, 20))
    for days, path in enumerate(source.iterdir()):  # of a machine whose clock is ahead
        os.utime(path, (time.time() + days * 1e7 + 5,) * 2)
    convert(source, tmp_path / "out")
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*")}
    assert "nothing to do" in convert(source, tmp_path / "out").stderr
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*")} == before


SLABS = ("--job-size", "1")
"""Each batch of 32 slices is a slab, each shard a block: as large images have them."""


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """Give a stack of 100 slices: four slabs, the last one of 4 slices."""
    return write_stack(tmp_path / "stack", noise(100, 40, 50))


@dataclass(frozen=True)
class Finished:
    """A run that ended well, and the files that it made; who damages them mends them."""

    stack: Path
    out: Path
    files: dict[str, bytes]

    def again(self) -> "subprocess.CompletedProcess[str]":
        """Give the same command; in the end the dataset is what it was."""
        run = convert(self.stack, self.out, *SLABS)
        assert shard_bytes(self.out) == self.files
        return run


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Convert the stack once, for all tests that compare with it or go on from it."""
    folder = tmp_path_factory.mktemp("finished")
    stack, out = write_stack(folder / "stack", noise(100, 40, 50)), folder / "out"
    convert(stack, out, *SLABS)
    return Finished(stack, out, shard_bytes(out))


ABOVE = {
    "downsample_block/stack/2-2-1/b000000.json",
    "downsample_block/stack/4-4-2/b000000.json",
    "write_properties.json",
}


def test_a_replaced_slice_redoes_its_slab(stack: Path, tmp_path: Path) -> None:
    """Also when the new file is older than the last run: another size or time is enough."""

    def replace() -> None:
        tifffile.imwrite(stack / "slice_40.tif", np.zeros((40, 50), "uint8"))
        long_ago = time.time() - 1e6
        os.utime(stack / "slice_40.tif", (long_ago, long_ago))

    names = redone(tmp_path / "out", replace, stack, *SLABS)
    assert names == {"convert_slab/stack/z000000032.json"} | ABOVE
    planes = voxels(tmp_path / "out", "stack")
    assert not planes[40].any()
    assert intensity_range(tmp_path / "out") == list(
        np.percentile(planes, [0.1, 99.9], method="inverted_cdf")
    )


def intensity_range(dataset: Path) -> list[float]:
    """Give the values that are shown black and white."""
    (layer,) = json.loads((dataset / PROPERTIES).read_text())["dataLayers"]
    found: list[float] = layer["defaultViewConfiguration"]["intensityRange"]
    return found


def test_another_contrast_redoes_the_properties(stack: Path, tmp_path: Path) -> None:
    """And back again: no voxel is read for it."""
    convert(stack, tmp_path / "out", *SLABS)
    before = receipts(tmp_path / "out")
    ranges = [intensity_range(tmp_path / "out")]
    for contrast in ("5,60", "auto"):
        convert(stack, tmp_path / "out", *SLABS, "--contrast", contrast)
        ranges.append(intensity_range(tmp_path / "out"))
    after = receipts(tmp_path / "out")
    assert {name for name in after if after[name] != before[name]} == {"write_properties.json"}
    assert ranges == [ranges[0], [5, 60], ranges[0]]


def test_appended_slices_redo_the_last_slab(stack: Path, tmp_path: Path) -> None:
    """From the last slab on; the result is that of a run with all slices."""
    names = redone(
        tmp_path / "out", lambda: write_stack(stack, noise(40, 40, 50), 100), stack, *SLABS
    )
    assert {name for name in names if "convert" in name} == {
        "convert_slab/stack/z000000096.json",
        "convert_slab/stack/z000000128.json",
    }
    convert(stack, tmp_path / "fresh", *SLABS)
    assert voxels(tmp_path / "out", "stack").shape[0] == 140
    assert_same(tmp_path / "out", tmp_path / "fresh")


@pytest.mark.parametrize("number", [99, 50])
def test_a_removed_slice_redoes_from_its_slab_on(stack: Path, tmp_path: Path, number: int) -> None:
    """Where slices close up: slabs before it stay; shards beyond the new end go."""
    closed = (*SLABS, "--missing-slices", "close")
    names = redone(tmp_path / "out", (stack / f"slice_{number}.tif").unlink, stack, *closed)
    slabs = [f"convert_slab/stack/z{z:09d}.json" for z in range(number // 32 * 32, 99, 32)]
    assert {name for name in names if "convert" in name} == set(slabs)
    convert(stack, tmp_path / "fresh", *closed)
    assert_same(tmp_path / "out", tmp_path / "fresh")


def test_a_removed_slice_leaves_its_place(stack: Path, tmp_path: Path) -> None:
    """Its slab alone is redone, and once more when it comes back, to what it was."""
    out, own = tmp_path / "out", {"convert_slab/stack/z000000032.json"}
    convert(stack, out, *SLABS)
    whole = shard_bytes(out)
    taken = (stack / "slice_50.tif").rename(tmp_path / "slice_50.tif")
    before = receipts(out)
    told = convert(stack, out, *SLABS).stderr
    assert "numbers missing between slices: 50: their places stay blank" in told
    after = receipts(out)
    assert {n for n in after if "convert" in n and before[n] != after[n]} == own
    expected = noise(100, 40, 50)
    expected[50] = 0
    np.testing.assert_array_equal(voxels(out, "stack"), expected)
    report = json.loads((tmp_path / "out.wkflow" / "report.json").read_bytes())
    assert report["layers"][0]["missing_slices"] == ["50"]
    taken.rename(stack / "slice_50.tif")
    convert(stack, out, *SLABS)
    last = receipts(out)
    assert {n for n in last if "convert" in n and last[n] != after[n]} == own
    assert shard_bytes(out) == whole


def test_an_option_redoes_what_depends_on_it(stack: Path, tmp_path: Path) -> None:
    """Another interpolation mode leaves the finest mag as it is."""
    convert(stack, tmp_path / "out", *SLABS)
    before = receipts(tmp_path / "out")
    convert(stack, tmp_path / "out", *SLABS, "--interpolation-mode", "nearest")
    after = receipts(tmp_path / "out")
    assert {name for name in after if after[name] != before.get(name)} == ABOVE


def test_other_cores_and_doors_change_nothing(stack: Path, tmp_path: Path) -> None:
    """One core, two cores, plain Snakemake: the same bytes, and a run of one goes on in another."""
    convert(stack, tmp_path / "one", *SLABS, "--jobs", "1")
    convert(stack, tmp_path / "two", *SLABS, "--jobs", "2")
    assert_same(tmp_path / "one", tmp_path / "two")
    (tmp_path / "my.yaml").write_text(
        "{source: stack, target: three, voxel_size: [11.24, 11.24, 25], job_size: 1}"
    )
    run = snakemake("--configfile", "my.yaml", "--cores", "2", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert_same(tmp_path / "one", tmp_path / "three")
    assert "nothing to do" in convert(stack, tmp_path / "three", *SLABS).stderr


def test_overwriting_a_finished_run_does_it_again(stack: Path, tmp_path: Path) -> None:
    """All receipts are new, and the bytes are the same."""
    names = redone(tmp_path / "out", lambda: None, stack, "--overwrite-existing")
    assert names == set(receipts(tmp_path / "out"))


def test_a_replacement_that_is_killed_in_its_swap_is_ended(tmp_path: Path) -> None:
    """SIGKILL between its two renames, and when the old dataset goes: the same command ends it."""
    target = tmp_path / "out"
    volumes = {name: noise(5, 20, 20, seed=seed) for seed, name in enumerate("ab")}
    stacks = {name: write_stack(tmp_path / name, volume) for name, volume in volumes.items()}
    convert(stacks["a"], target)
    moments = {"b": "os.rename .out.wkflow-new' 1", "a": "os.remove .out.wkflow-old 1"}
    for name, moment in moments.items():
        hook = tmp_path / f"hook_{name}"
        command = ("convert", *VOXEL_SIZE, "--overwrite-existing", stacks[name], target)
        run = wkflow(*command, **killing(hook, moment))
        assert run.returncode == 5, run.stderr
        shutil.rmtree(hook)
        run = wkflow(*command)
        assert run.returncode == 0, run.stderr
        np.testing.assert_array_equal(voxels(target, name), volumes[name])
        assert {one.name for one in target.iterdir()} == {name, PROPERTIES, "zarr.json"}
        assert not list(tmp_path.glob(".out*"))


FULL = """
import collections, shutil

Usage = collections.namedtuple("Usage", "total used free")
shutil.disk_usage = lambda path: Usage(10**12, 10**12 - 500, 500)
"""
"""Lets each interpreter find a disk on which one small dataset fits, and two do not."""


def test_who_sits_at_a_terminal_is_asked(tmp_path: Path) -> None:
    """Where the disk cannot hold both datasets: `n` changes nothing, `y` replaces the old one.

    The answer holds for one run: the next one asks again.
    """
    target, volume = tmp_path / "out", noise(5, 20, 20, seed=1)
    convert(write_stack(tmp_path / "a", noise(5, 20, 20)), target)
    before = shard_bytes(target)
    source = write_stack(tmp_path / "b", volume)
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(FULL)
    assert at_terminal(tmp_path / "hook", source, target, "n") == 2
    assert shard_bytes(target) == before
    assert at_terminal(tmp_path / "hook", source, target, "y") == 0
    np.testing.assert_array_equal(voxels(target, "b"), volume)
    assert not (target / "a").exists()
    assert "assume_yes" not in (tmp_path / "out.wkflow" / "config.yaml").read_text()
    assert at_terminal(tmp_path / "hook", source, target, "n") == 2
    np.testing.assert_array_equal(voxels(target, "b"), volume)


def at_terminal(hook: Path, source: Path, target: Path, answer: str) -> int:
    """Overwrite a dataset at a terminal, where `answer` is typed to a question."""
    ours, theirs = pty.openpty()
    path = os.pathsep.join([str(hook), environment()["PYTHONPATH"]])
    os.write(ours, f"{answer}\n".encode())
    arguments = ["convert", *VOXEL_SIZE, "--quiet", "--overwrite-existing", source, target]
    with subprocess.Popen(
        [sys.executable, "-m", "wkflow.cli.main", *map(str, arguments)],
        env=environment() | {"PYTHONPATH": path},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        told = b""
        with contextlib.suppress(OSError):  # the end of a terminal
            while block := os.read(ours, 1000):
                told += block
        os.close(ours)
        status = process.wait(60)
    assert b"remove the old dataset now? [y/N]" in told, told.decode()
    return status


def test_a_lost_shard_is_noticed_and_made_anew(finished: Finished) -> None:
    """So are metadata, and state that cannot be read: the same command makes the dataset whole."""
    shard = finished.out / "stack/1/c/0/0/0/1"
    shard.write_bytes(shard.read_bytes()[:-9])
    (finished.out / "stack/2-2-1/zarr.json").unlink()
    (finished.out / PROPERTIES).write_text("{")
    histograms = sorted(finished.out.with_name("out.wkflow").glob("histograms/stack/*"))
    for histogram in histograms[:2]:  # the sum of all, and that of a slab
        histogram.write_bytes(b"")
    finished.again()


@pytest.mark.parametrize("turn", [0, 1])
def test_state_is_a_cache(finished: Finished, turn: int) -> None:
    """Whatever became of the files of a run folder, a dataset that is complete stays so."""
    damage_state(finished.out.with_name("out.wkflow"), turn)
    finished.again()
    assert "nothing to do" in finished.again().stderr


def test_a_lost_dataset_is_made_anew(finished: Finished) -> None:
    """Receipts of what is gone count for nothing."""
    shutil.rmtree(finished.out)
    finished.again()


@pytest.mark.parametrize("lost", [".", "stack/1/c/0/0/0/0", "stack/1/zarr.json"])
def test_what_is_deleted_in_mid_run_is_made_anew(
    finished: Finished, tmp_path: Path, lost: str
) -> None:
    """By the run itself, or it says what is missing; the same command makes the dataset whole."""
    target, receipts = tmp_path / "out", tmp_path / "out.wkflow/receipts"
    with start(finished.stack, target) as process:
        first = "convert_slab/stack/z000000000.json"
        await_file(receipts / ("create_layer/stack.json" if lost.endswith(".json") else first))
        remove(target / lost)
        _, told = process.communicate(timeout=120)
    if process.returncode:
        assert "Traceback" not in told
        assert "ive the same command" in told
        convert(finished.stack, target, *SLABS)
    assert shard_bytes(target) == finished.files


def test_plain_snakemake_looks_again_at_its_end(stack: Path, tmp_path: Path) -> None:
    """A shard that is removed when its job is long done: it fails, and the next run mends it."""
    options = {
        "source": str(stack), "target": str(tmp_path / "out"), "voxel_size": [11.24, 11.24, 25],
    }  # fmt: skip
    (tmp_path / "my.yaml").write_text(json.dumps(options))
    given = ("--cores", "2", "--configfile", tmp_path / "my.yaml")
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", *given]
    shard = tmp_path / "out/stack/1/c/0/0/0/0"
    with subprocess.Popen(
        list(map(str, command)),
        cwd=tmp_path,
        env=environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        await_file(tmp_path / "out.wkflow/receipts/write_properties.json")
        shard.unlink()
        told, _ = process.communicate(timeout=120)
    assert process.returncode == 1, told
    assert "stack/1/c/0/0/0/0" in told
    assert snakemake(*given, cwd=tmp_path).returncode == 0
    assert shard.is_file()


def remove(path: Path) -> None:
    """Remove a file, or a folder into which somebody writes."""
    if path.is_file():
        path.unlink()
    while path.exists():
        shutil.rmtree(path, ignore_errors=True)


def await_file(path: Path) -> None:
    """Wait until a run has come so far."""
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_run_ends_the_same(finished: Finished, tmp_path: Path, seed: int) -> None:
    """SIGKILL to the CLI, a job or everything, at any moment: the same bytes in the end."""
    chance = random.Random(seed)  # noqa: S311 -- chance, no secret
    for _ in range(3):
        with start(finished.stack, tmp_path / "out") as process:
            time.sleep(chance.uniform(0.2, 2.0))
            kill(process.pid, chance)
    convert(finished.stack, tmp_path / "out", *SLABS)
    assert shard_bytes(tmp_path / "out") == finished.files
    assert not list((tmp_path / "out").rglob("*.partial"))


def kill(pid: int, chance: random.Random) -> None:
    """Kill the CLI, its youngest descendant, or all of its family."""
    with contextlib.suppress(psutil.NoSuchProcess):
        family = [psutil.Process(pid)]
        family += family[0].children(recursive=True)
        for victim in chance.choice([family, family[:1], family[-1:]]):
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_stops_soon_and_says_how_to_go_on(
    stack: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """Exit 130 within seconds, no process left behind, and no dataset that looks finished."""
    with start(stack, tmp_path / "out") as process:
        await_file(tmp_path / "out.wkflow/logs/snakemake.log")
        time.sleep(0.2)
        process.send_signal(number)
        started = time.monotonic()
        _, told = process.communicate(timeout=30)
    assert process.returncode == 130, told
    assert time.monotonic() - started < 10
    assert "the same command goes on" in told
    assert not (tmp_path / "out" / PROPERTIES).exists()
    folder = tmp_path / "out.wkflow"
    assert not [p for p in psutil.process_iter() if _cwd(p) == str(folder)]


def test_a_second_run_at_the_same_time_is_refused(stack: Path, tmp_path: Path) -> None:
    """It says who is at work, and exits 5: later it will do."""
    with start(stack, tmp_path / "out") as process:
        while not (tmp_path / "out.wkflow/logs/snakemake.log").exists():
            time.sleep(0.05)
        run = wkflow("convert", *VOXEL_SIZE, stack, tmp_path / "out")
        assert run.returncode == 5, run.stderr
        assert "another run" in run.stderr
        process.communicate(timeout=60)
    assert process.returncode == 0


def start(source: Path, target: Path) -> "subprocess.Popen[str]":
    """Start a run and go on."""
    return subprocess.Popen(
        [sys.executable, "-m", "wkflow.cli.main", "convert", *VOXEL_SIZE, *SLABS, source, target],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )


def assert_same(one: Path, other: Path) -> None:
    """Compare two datasets byte by byte, but for the name in their properties."""
    ours, theirs = shard_bytes(one), shard_bytes(other)
    assert PROPERTIES in ours
    ours[PROPERTIES] = ours[PROPERTIES].replace(one.name.encode(), other.name.encode())
    assert list(ours) == list(theirs)
    assert [name for name in ours if ours[name] != theirs[name]] == []


def _cwd(process: psutil.Process) -> str | None:
    with contextlib.suppress(psutil.Error, OSError):
        return str(process.cwd())
    return None


def test_a_newer_script_redoes_nothing(finished: Finished) -> None:
    """An update of the program is no reason to convert again."""
    (ROOT / "scripts" / "convert_slab.py").touch()
    assert "nothing to do" in finished.again().stderr
