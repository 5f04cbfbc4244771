"""One run at a time; what a killed run left running is stopped."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from wkflow import locks
from wkflow.errors import TransientError
from wkflow.locks import LOCK, locked, remember

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]

HOLDER = """
import sys, time
from pathlib import Path
from wkflow.locks import locked, remember
with locked(Path(sys.argv[1])) as file:
    remember(file, 4321)
    print("held", flush=True)
    time.sleep(60)
"""


def started(command: list[str], folder: Path) -> "subprocess.Popen[str]":
    """Start a process in a group of its own, and wait until it works."""
    environment = os.environ | {"PYTHONPATH": str(Path(locks.__file__).parents[1])}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
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
    holder = started([sys.executable, "-c", HOLDER, str(folder)], tmp_path)
    try:
        with pytest.raises(TransientError, match="process group 4321") as caught, locked(folder):
            pass
        assert caught.value.where == str(folder)
    finally:
        kill(holder)
    with locked(folder):
        pass


def test_a_good_end_leaves_nothing_to_stop(tmp_path: Path) -> None:
    """The lock's file stays, empty; the folder is made on the way."""
    with locked(tmp_path / "deep" / "run") as file:
        remember(file, 77)
        assert json.loads((tmp_path / "deep" / "run" / LOCK).read_text()) == 77
        remember(file, 78)
        assert json.loads((tmp_path / "deep" / "run" / LOCK).read_text()) == 78
    assert (tmp_path / "deep" / "run" / LOCK).read_text() == ""


@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX")
def test_orphans_are_stopped(tmp_path: Path) -> None:
    """The noted group works in this folder: it is killed before anybody writes here."""
    orphan = started(SLEEP, tmp_path)
    (tmp_path / LOCK).write_text(str(orphan.pid))
    try:
        with locked(tmp_path):
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
        with locked(run):
            assert psutil.pid_exists(stranger.pid)
            assert stranger.poll() is None
    finally:
        kill(stranger)


def test_a_failing_run_frees_the_folder(tmp_path: Path) -> None:
    """Whatever it raised, the next one is let in."""
    with pytest.raises(KeyError), locked(tmp_path):
        raise KeyError
    with locked(tmp_path):
        pass
