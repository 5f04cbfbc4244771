"""Snakemake as a fork of the command's own process, and what becomes of a fork that is not used."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from wkflow.cli.snakemake_process import Forked, forked, start

from tests.runs import environment

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="forks are used on Linux alone")

START = """
import os, sys
from wkflow.cli.snakemake_process import forked, start
kept = os.open(os.devnull, os.O_RDONLY)
with forked(is_wanted={is_wanted}) as forks, open("log", "w") as log:
    is_fork = bool(forks)
    command = [sys.executable, "-m", "snakemake", *{options!r}]
    known = os.environ | {{"TOLD": "an environment"}}
    noted = []
    files = {{"output": log.fileno(), "errors": log.fileno(), "kept": [kept]}}
    process = start(command, known, forks, **files, note=noted.append)
    in_session = process.pid == os.getpgid(process.pid) != os.getpgid(0)
    assert noted[-1] == process.pid
    print(is_fork, in_session, process.wait(60), process.poll(), process.returncode, forks)
"""


def run(code: str, folder: Path, **variables: str) -> str:
    """Run Python code in an interpreter without threads; give its output."""
    command = [sys.executable, "-c", code]
    known = environment() | variables
    return subprocess.run(
        command, env=known, cwd=folder, capture_output=True, text=True, check=True
    ).stdout


@on_linux
@pytest.mark.parametrize("is_wanted", [True, False])
def test_a_fork_does_as_an_interpreter_of_its_own(tmp_path: Path, is_wanted: bool) -> None:  # noqa: FBT001
    """Options, environment, output, working directory and status are what they would be."""
    (tmp_path / "Snakefile").write_text(
        "import os, sys\nprint(os.environ['TOLD'], os.getcwd(), sys.stdin.read() == '')\n"
        "rule all:\n    run: raise ValueError\n"
    )
    ends = (
        (["--cores", "1"], 1, f"an environment {tmp_path} True"),
        (["--version"], 0, "9."),
        (["--no-such-option"], 2, "usage: "),
    )
    for options, status, said in ends if is_wanted else ends[:1]:
        told = run(START.format(is_wanted=is_wanted, options=options), tmp_path)
        assert told.split()[:5] == [str(is_wanted), "True", *[str(status)] * 3]
        assert said in (tmp_path / "log").read_text()


@on_linux
def test_a_fork_that_gets_no_command_ends(tmp_path: Path) -> None:
    """Whether the command ends well, or is killed before it could end anything."""
    code = (
        "import os\nfrom wkflow.cli.snakemake_process import forked\n"
        "with forked(is_wanted=True) as forks:\n    print(forks[0].pid, flush=True)\n    "
    )
    ready = "import select; select.select([forks[0]._ours], [], []); "
    for end in ("pass", "os.kill(os.getpid(), 9)", ready + "os.kill(os.getpid(), 9)"):
        process = subprocess.run(
            [sys.executable, "-c", code + end],
            env=environment(), cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        until = time.monotonic() + 20
        while psutil.pid_exists(int(process.stdout)) and time.monotonic() < until:
            time.sleep(0.05)
        assert not psutil.pid_exists(int(process.stdout))
        assert "Traceback" not in process.stderr


@on_linux
def test_a_fork_that_died_is_replaced(tmp_path: Path) -> None:
    """As when memory ran out while it imported Snakemake: it has taken no command."""
    killed = "    os.kill(forks[0].pid, 9); forks[0].wait(); is_fork ="
    code = START.format(is_wanted=True, options=["--version"]).replace("    is_fork =", killed)
    told = run(code, tmp_path)
    assert told.split() == ["True", "True", "0", "0", "0", "[]"]


@on_linux
def test_nothing_is_forked_where_that_is_not_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside threads, on other systems, with a closed stream or a token set since the start."""
    done = threading.Event()
    beside = threading.Thread(target=done.wait)
    beside.start()
    try:
        assert Forked.if_possible() is None
    finally:
        done.set()
        beside.join()
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    with monkeypatch.context() as patch:
        patch.setenv("WK_TOKEN", "set by --token")
        assert Forked.if_possible() is None
    for stream in ("__stdin__", "__stdout__", "__stderr__"):
        with monkeypatch.context() as patch:
            patch.setattr(sys, stream, None)
            assert Forked.if_possible() is None
    monkeypatch.setattr(sys, "platform", "darwin")
    assert Forked.if_possible() is None
    with forked(is_wanted=True) as forks:
        assert forks == []


def test_without_a_fork_an_interpreter_is_started(tmp_path: Path) -> None:
    """With the same environment and files."""
    noted: list[int] = []
    with (tmp_path / "log").open("w") as log:
        command = [sys.executable, "-c", "import os; print(os.environ['TOLD'])"]
        process = start(
            command, os.environ | {"TOLD": "here"}, [],
            output=log.fileno(), errors=log.fileno(), kept=[], note=noted.append,
        )  # fmt: skip
        assert process.wait(60) == 0
    assert noted == [process.pid]
    assert (tmp_path / "log").read_text() == "here\n"
