"""Locks of run folders, datasets and files: one process at a time, and the dead lock nothing."""

import errno
import fcntl
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from wkflow import locks
from wkflow.errors import TransientError
from wkflow.locks import (
    LOCK,
    LOCKED,
    dataset_lock,
    dataset_lock_file,
    file_lock,
    is_locked,
    note_process_group,
    run_folder_lock,
)

from tests import runs


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(Path(locks.__file__).parents[1])}


SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]

RUN = """
import sys, time
from pathlib import Path
from wkflow.locks import run_folder_lock, note_process_group
with run_folder_lock(Path(sys.argv[1])) as file:
    note_process_group(file, 4321)
    print("locked", flush=True)
    time.sleep(60)
"""


def started(command: list[str], folder: Path) -> "subprocess.Popen[str]":
    """Start a process in a group of its own, and wait until it works."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    assert process.stdout.readline()
    process.stdout.close()
    return process


def kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.wait()


def test_a_second_run_is_refused(tmp_path: Path) -> None:
    """It is told which processes are at work; after they were killed, the next one is let in."""
    folder = tmp_path / "t.wkflow"
    run = started([sys.executable, "-c", RUN, str(folder)], tmp_path)
    try:
        with (
            pytest.raises(TransientError, match="process group 4321") as caught,
            run_folder_lock(folder),
        ):
            pass
        assert caught.value.where == str(folder)
    finally:
        kill(run)
    with run_folder_lock(folder):
        pass


def test_a_good_end_leaves_nothing_to_stop(tmp_path: Path) -> None:
    """The lock's file stays, empty; the folder is made on the way."""
    with run_folder_lock(tmp_path / "deep" / "run") as file:
        for group in (os.getpid(), 2**22 + 1):  # the other one is no process
            note_process_group(file, group)
            noted = (tmp_path / "deep" / "run" / LOCK).read_text().split()
            assert noted[0] == str(group)
            assert (noted[1] == "None") == (group != os.getpid())
    assert (tmp_path / "deep" / "run" / LOCK).read_text() == ""


@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX")
def test_orphans_are_stopped(tmp_path: Path) -> None:
    """The noted group works in this folder: it is killed before anybody writes here."""
    orphan = started(SLEEP, tmp_path)
    (tmp_path / LOCK).write_text(str(orphan.pid))
    try:
        with run_folder_lock(tmp_path):
            assert not psutil.pid_exists(orphan.pid)
    finally:
        kill(orphan)


@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX")
@pytest.mark.parametrize("is_same", [True, False])
def test_an_orphan_is_known_by_its_beginning(tmp_path: Path, is_same: bool) -> None:  # noqa: FBT001
    """Whatever it does by then, also if it was stopped; another process of its number is not."""
    elsewhere, run = tmp_path / "elsewhere", tmp_path / "run"
    elsewhere.mkdir()
    orphan = started(SLEEP, elsewhere)
    with run_folder_lock(run) as file:
        note_process_group(file, orphan.pid)
        noted = (run / LOCK).read_text()
    (run / LOCK).write_text(noted if is_same else f"{noted}5")
    orphan.send_signal(signal.SIGSTOP)
    try:
        with run_folder_lock(run):
            assert (orphan.poll() is None) != is_same
    finally:
        kill(orphan)


@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX")
def test_an_orphan_that_only_starts_is_stopped(tmp_path: Path) -> None:
    """It is not in the folder yet, and was not told of it: it writes its log there."""
    elsewhere, run = tmp_path / "elsewhere", tmp_path / "run"
    elsewhere.mkdir()
    (run / "logs").mkdir(parents=True)
    with (run / "logs" / "snakemake.log").open("w") as log:
        orphan = subprocess.Popen(
            SLEEP, cwd=elsewhere, stdout=log, text=True, start_new_session=True
        )
    (run / LOCK).write_text(str(orphan.pid))
    try:
        with run_folder_lock(run):
            assert not psutil.pid_exists(orphan.pid)
    finally:
        kill(orphan)


@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX")
@pytest.mark.parametrize("note", ["elsewhere", "", "no number"])
def test_strangers_are_left_alone(tmp_path: Path, note: str) -> None:
    """A number that was given to another process since, or a note that says nothing."""
    elsewhere, run = tmp_path / "elsewhere", tmp_path / "run"
    elsewhere.mkdir()
    run.mkdir()
    stranger = started(SLEEP, elsewhere)
    (run / LOCK).write_text(str(stranger.pid) if note == "elsewhere" else note)
    try:
        with run_folder_lock(run):
            assert psutil.pid_exists(stranger.pid)
            assert stranger.poll() is None
    finally:
        kill(stranger)


def test_a_failing_run_frees_the_folder(tmp_path: Path) -> None:
    """Whatever it raised, the next one is let in."""
    with pytest.raises(KeyError), run_folder_lock(tmp_path):
        raise KeyError
    with run_folder_lock(tmp_path):
        pass


WRITER = """
import sys, time
from pathlib import Path
from wkflow.locks import dataset_lock
with dataset_lock(Path(sys.argv[-1])):
    print("held", flush=True)
    sys.stdin.readline()
"""

CROWD = """
import sys, time
from pathlib import Path
from wkflow.errors import TransientError
from wkflow.locks import dataset_lock
dataset, end = Path(sys.argv[1]), time.monotonic() + 1
held = 0
while time.monotonic() < end:
    try:
        with dataset_lock(dataset):
            (dataset / "alone").mkdir()  # fails if another one is inside
            (dataset / "alone").rmdir()
            held += 1
    except TransientError:
        pass
print(held)
"""


def begun(program: str, *arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def writing(*arguments: object) -> "subprocess.Popen[str]":
    """Start a process and wait until it holds the dataset."""
    process = begun(WRITER, *arguments)
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
    with writing(dataset) as holder:
        with pytest.raises(TransientError) as caught, dataset_lock(dataset):
            pass
        assert caught.value.where == str(dataset)
        assert caught.value.what == (
            f"is being written by another run (host {platform.node()}, process {holder.pid})"
        )
        assert dataset_lock_file(dataset).exists()
        holder.communicate("\n")
    assert list(dataset.parent.iterdir()) == [dataset]
    with dataset_lock(dataset):
        pass


def test_a_killed_holder_is_in_nobodys_way(dataset: Path) -> None:
    """Its file is left, and names it until the next holder signs."""
    with writing(dataset) as holder:
        holder.kill()
        holder.communicate()
    assert json.loads(dataset_lock_file(dataset).read_text())["process"] == holder.pid
    with dataset_lock(dataset):
        assert json.loads(dataset_lock_file(dataset).read_text())["process"] == os.getpid()
        with pytest.raises(TransientError, match=f"process {os.getpid()}"), dataset_lock(dataset):
            pass
    assert not dataset_lock_file(dataset).exists()


def test_the_lock_names_the_command_without_its_options(dataset: Path) -> None:
    """An option may be a token, and others may read the file."""
    with writing("downsample", "--token", "hush", dataset) as holder:
        note = json.loads(dataset_lock_file(dataset).read_text())
        holder.communicate("\n")
    assert note == {
        "host": platform.node(), "process": holder.pid, "command": "-c downsample"
    }  # fmt: skip
    with writing("--token=hush", dataset) as holder:
        assert json.loads(dataset_lock_file(dataset).read_text())["command"] == "-c"
        holder.communicate("\n")


def test_links_lead_to_the_same_lock(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So do relative paths: it is the folder that is held."""
    (dataset.parent / "link").symlink_to(dataset)
    monkeypatch.chdir(dataset)
    with dataset_lock(dataset.parent / "link"):
        for path in (dataset, Path(), Path("../link")):
            with pytest.raises(TransientError), dataset_lock(path):
                pass


def test_datasets_side_by_side_have_locks_of_their_own(dataset: Path) -> None:
    """Also where there is no dataset yet."""
    with dataset_lock(dataset), dataset_lock(dataset.parent / "other"):
        assert dataset_lock_file(dataset).parent == dataset.parent


def test_only_one_of_a_crowd_is_inside(dataset: Path) -> None:
    """Files are removed and made all the time; nobody locks one that is no longer there."""
    crowd = [begun(CROWD, dataset) for _ in range(4)]
    counts = [int(process.communicate(timeout=60)[0]) for process in crowd]
    assert [process.returncode for process in crowd] == [0] * 4
    assert sum(counts) > 10
    assert list(dataset.parent.iterdir()) == [dataset]


def test_plain_snakemake_is_refused_as_well(dataset: Path) -> None:
    """Also where its run folder is another one; it says who writes, and begins nothing."""
    source = runs.write_stack(dataset.parent / "slices", runs.noise(2, 16, 16))
    options = (f"source={source}", f"target={dataset}", f"work_dir={dataset.parent / 'run'}")
    command = ("--cores", 1, "--config", *options, "voxel_size=[1,1,1]")
    with writing(dataset) as holder:
        run = runs.snakemake(*command, cwd=dataset.parent)
        assert run.returncode == 1
        assert f"is being written by another run (host {platform.node()}, process" in run.stderr
        assert list(dataset.iterdir()) == []
        holder.communicate("\n")
    run = runs.snakemake(*command, cwd=dataset.parent)
    assert run.returncode == 0, run.stderr
    assert not dataset_lock_file(dataset).exists()


def test_a_process_holds_until_it_exits(dataset: Path) -> None:
    """Unless the one that started it does."""
    until_exit = WRITER.replace("with dataset_lock", "if not lock_dataset_until_exit")
    until_exit = until_exit.replace("import dataset_lock", "import lock_dataset_until_exit")
    with begun(until_exit, dataset) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(TransientError), dataset_lock(dataset):
            pass
        holder.communicate("\n")
    assert not dataset_lock_file(dataset).exists()
    with dataset_lock(dataset), pytest.MonkeyPatch.context() as patch:
        patch.setenv(LOCKED, str(dataset))
        with begun(until_exit, dataset) as holder:
            assert holder.communicate("\n")[0] == "held\n"


def test_a_failing_writer_frees_the_dataset(dataset: Path) -> None:
    """Whatever it raised; also when the folder beside it is gone by then."""
    with pytest.raises(KeyError), dataset_lock(dataset):
        raise KeyError
    with dataset_lock(dataset):
        dataset_lock_file(dataset).unlink()
    with dataset_lock(dataset):
        pass


@pytest.mark.parametrize("note", ["", "{", "[]", "3", "null", "{}"])
def test_a_holder_that_has_not_signed_is_unknown(dataset: Path, note: str) -> None:
    """It locks first, and signs then."""
    dataset_lock_file(dataset).write_text(note)
    with dataset_lock_file(dataset).open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with (
            pytest.raises(TransientError, match="host unknown, process unknown"),
            dataset_lock(dataset),
        ):
            pass


def test_where_no_lock_can_be_made_there_is_none(tmp_path: Path) -> None:
    """Here its name would be too long; so it is in folders that nobody may write to."""
    dataset = tmp_path / ("x" * 250)
    dataset.mkdir()
    with dataset_lock(dataset), dataset_lock(dataset):
        assert list(tmp_path.iterdir()) == [dataset]


def test_where_nothing_can_be_locked_nothing_is_left(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some network file systems know no locks; none of those is at hand."""

    def refused(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refused)
    with dataset_lock(dataset), dataset_lock(dataset):
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
    dataset_lock_file(dataset).write_text('{"host": "there", "process": 7}')
    dataset_lock_file(dataset).chmod(0o644)
    with dataset_lock_file(dataset).open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        os.seteuid(65534)
        try:
            with (
                pytest.raises(TransientError, match="host there, process 7"),
                dataset_lock(dataset),
            ):
                pass
            fcntl.flock(file, fcntl.LOCK_UN)
            with dataset_lock(dataset), pytest.raises(TransientError), dataset_lock(dataset):
                pass
        finally:
            os.seteuid(0)
    assert not dataset_lock_file(dataset).exists()


DOWNLOAD = """
import sys, time
from pathlib import Path
from wkflow.locks import file_lock
with file_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(os.name != "posix", reason="locks are POSIX")
def test_the_dead_hold_nothing(tmp_path: Path) -> None:
    """A killed process frees its lock; a living one does not."""
    path = tmp_path / "deep" / "lock"
    command = [sys.executable, "-c", DOWNLOAD, str(path)]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline()
        assert is_locked(path)
        holder.kill()
        holder.wait()
    assert not is_locked(path)
    with file_lock(path):
        assert is_locked(path)
