"""One writer of a dataset at a time; a killed one is in nobody's way."""

import errno
import fcntl
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from wkflow import locks_dataset
from wkflow.errors import TransientError
from wkflow.locks_dataset import HELD, holding, lock_of

from tests import runs

HOLDER = """
import sys, time
from pathlib import Path
from wkflow.locks_dataset import holding
with holding(Path(sys.argv[-1])):
    print("held", flush=True)
    sys.stdin.readline()
"""

CROWD = """
import sys, time
from pathlib import Path
from wkflow.errors import TransientError
from wkflow.locks_dataset import holding
dataset, end = Path(sys.argv[1]), time.monotonic() + 1
held = 0
while time.monotonic() < end:
    try:
        with holding(dataset):
            (dataset / "alone").mkdir()  # fails if another one is inside
            (dataset / "alone").rmdir()
            held += 1
    except TransientError:
        pass
print(held)
"""


def started(program: str, *arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(Path(locks_dataset.__file__).parents[1])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def held(*arguments: object) -> "subprocess.Popen[str]":
    """Start a process and wait until it holds the dataset."""
    process = started(HOLDER, *arguments)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = tmp_path / "cells"
    folder.mkdir()
    return folder


def test_a_second_writer_is_refused(dataset: Path) -> None:
    """It is told who writes; when that one ends, the lock is gone and the next one is let in."""
    with held(dataset) as holder:
        with pytest.raises(TransientError) as caught, holding(dataset):
            pass
        assert caught.value.where == str(dataset)
        assert caught.value.what == (
            f"is being written by another run (host {platform.node()}, process {holder.pid})"
        )
        assert lock_of(dataset).exists()
        holder.communicate("\n")
    assert list(dataset.parent.iterdir()) == [dataset]
    with holding(dataset):
        pass


def test_a_killed_holder_is_in_nobodys_way(dataset: Path) -> None:
    """Its file is left, and names it until the next holder signs."""
    with held(dataset) as holder:
        holder.kill()
        holder.communicate()
    assert json.loads(lock_of(dataset).read_text())["process"] == holder.pid
    with holding(dataset):
        assert json.loads(lock_of(dataset).read_text())["process"] == os.getpid()
        with pytest.raises(TransientError, match=f"process {os.getpid()}"), holding(dataset):
            pass
    assert not lock_of(dataset).exists()


def test_the_lock_names_the_command_without_its_options(dataset: Path) -> None:
    """An option may be a token, and others may read the file."""
    with held("downsample", "--token", "hush", dataset) as holder:
        note = json.loads(lock_of(dataset).read_text())
        holder.communicate("\n")
    assert note == {
        "host": platform.node(), "process": holder.pid, "command": "-c downsample"
    }  # fmt: skip
    with held("--token=hush", dataset) as holder:
        assert json.loads(lock_of(dataset).read_text())["command"] == "-c"
        holder.communicate("\n")


def test_links_lead_to_the_same_lock(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So do relative paths: it is the folder that is held."""
    (dataset.parent / "link").symlink_to(dataset)
    monkeypatch.chdir(dataset)
    with holding(dataset.parent / "link"):
        for path in (dataset, Path(), Path("../link")):
            with pytest.raises(TransientError), holding(path):
                pass


def test_datasets_side_by_side_have_locks_of_their_own(dataset: Path) -> None:
    """Also where there is no dataset yet."""
    with holding(dataset), holding(dataset.parent / "other"):
        assert lock_of(dataset).parent == dataset.parent


def test_only_one_of_a_crowd_is_inside(dataset: Path) -> None:
    """Files are removed and made all the time; nobody locks one that is no longer there."""
    crowd = [started(CROWD, dataset) for _ in range(4)]
    counts = [int(process.communicate(timeout=60)[0]) for process in crowd]
    assert [process.returncode for process in crowd] == [0] * 4
    assert sum(counts) > 10
    assert list(dataset.parent.iterdir()) == [dataset]


def test_plain_snakemake_is_refused_as_well(dataset: Path) -> None:
    """Also where its run folder is another one; it says who writes, and begins nothing."""
    source = runs.write_stack(dataset.parent / "slices", runs.noise(2, 16, 16))
    options = (f"source={source}", f"target={dataset}", f"work_dir={dataset.parent / 'run'}")
    command = ("--cores", 1, "--config", *options, "voxel_size=[1,1,1]")
    with held(dataset) as holder:
        run = runs.snakemake(*command, cwd=dataset.parent)
        assert run.returncode == 1
        assert f"is being written by another run (host {platform.node()}, process" in run.stderr
        assert list(dataset.iterdir()) == []
        holder.communicate("\n")
    run = runs.snakemake(*command, cwd=dataset.parent)
    assert run.returncode == 0, run.stderr
    assert not lock_of(dataset).exists()


def test_a_process_holds_until_it_exits(dataset: Path) -> None:
    """Unless the one that started it does."""
    until_exit = HOLDER.replace("with holding", "if not hold_until_exit")
    until_exit = until_exit.replace("import holding", "import hold_until_exit")
    with started(until_exit, dataset) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(TransientError), holding(dataset):
            pass
        holder.communicate("\n")
    assert not lock_of(dataset).exists()
    with holding(dataset), pytest.MonkeyPatch.context() as patch:
        patch.setenv(HELD, str(dataset))
        with started(until_exit, dataset) as holder:
            assert holder.communicate("\n")[0] == "held\n"


def test_a_failing_writer_frees_the_dataset(dataset: Path) -> None:
    """Whatever it raised; also when the folder beside it is gone by then."""
    with pytest.raises(KeyError), holding(dataset):
        raise KeyError
    with holding(dataset):
        lock_of(dataset).unlink()
    with holding(dataset):
        pass


@pytest.mark.parametrize("note", ["", "{", "[]", "3", "null", "{}"])
def test_a_holder_that_has_not_signed_is_unknown(dataset: Path, note: str) -> None:
    """It locks first, and signs then."""
    lock_of(dataset).write_text(note)
    with lock_of(dataset).open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(TransientError, match="host unknown, process unknown"), holding(dataset):
            pass


def test_where_no_lock_can_be_made_there_is_none(tmp_path: Path) -> None:
    """Here its name would be too long; so it is in folders that nobody may write to."""
    dataset = tmp_path / ("x" * 250)
    dataset.mkdir()
    with holding(dataset), holding(dataset):
        assert list(tmp_path.iterdir()) == [dataset]


def test_where_nothing_can_be_locked_nothing_is_left(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some network file systems know no locks; none of those is at hand."""

    def refused(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refused)
    with holding(dataset), holding(dataset):
        assert list(dataset.parent.iterdir()) == [dataset]


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """Give a folder in which everybody may write: pytest's own are their owner's alone."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_the_lock_of_another_user_counts(open_to_all: Path) -> None:
    """It may be for reading only; left by a killed one, it is taken all the same."""
    dataset = open_to_all / "cells"
    lock_of(dataset).write_text('{"host": "there", "process": 7}')
    lock_of(dataset).chmod(0o644)
    with lock_of(dataset).open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        os.seteuid(65534)
        try:
            with pytest.raises(TransientError, match="host there, process 7"), holding(dataset):
                pass
            fcntl.flock(file, fcntl.LOCK_UN)
            with holding(dataset), pytest.raises(TransientError), holding(dataset):
                pass
        finally:
            os.seteuid(0)
    assert not lock_of(dataset).exists()
