"""A process of ours is watched, and none of its group outlives a stop."""

import fcntl
import os
import pty
import resource
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from wkflow.cli.process import ASKING, GRACE_S, Interrupts, watch
from wkflow.process_limits import raise_open_files

CHILD = (
    "import subprocess, time; child = subprocess.Popen(['sleep', '600']);"
    "print(child.pid, flush=True);"
)
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);"


def engine(code: str) -> "subprocess.Popen[bytes]":
    """Start Python code as the leader of a session, as Snakemake is started."""
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True
    )


def child_of(process: "subprocess.Popen[bytes]") -> int:
    """Give the process that it started, once that is there."""
    assert process.stdout is not None
    return int(process.stdout.readline())


def is_gone(pid: int) -> bool:
    """Whether a process has ended, reaped or not, now or in a moment."""
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def kill_self(number: int) -> Callable[[], None]:
    """Give what sends this process a signal when it is called."""
    return lambda: os.kill(os.getpid(), number)


@pytest.mark.parametrize("status", [0, 3])
def test_the_end_is_told(status: int) -> None:
    """A process that ends by itself gives its status."""
    with (
        Interrupts() as interrupts,
        engine(f"import time; time.sleep(0.3); raise SystemExit({status})") as process,
    ):
        assert watch(process, lambda: None, interrupts, has_pods=False) == status


def test_what_a_process_leaves_is_ended() -> None:
    """A job of a Snakemake that was killed has no master any more."""
    with Interrupts() as interrupts, engine(CHILD + "raise SystemExit(1)") as process:
        child = child_of(process)
        assert watch(process, lambda: None, interrupts, has_pods=False) == 1
    assert is_gone(child)


@pytest.mark.parametrize("number", ASKING, ids=lambda number: number.name)
@pytest.mark.parametrize("has_pods", [False, True])
def test_an_interrupt_ends_everything(number: int, *, has_pods: bool) -> None:
    """Control-C and what batch systems send: the process and its children are gone."""
    with Interrupts() as interrupts, engine(CHILD + "time.sleep(600)") as process:
        child = child_of(process)
        with pytest.raises(KeyboardInterrupt):
            watch(process, kill_self(number), interrupts, has_pods=has_pods)
    assert process.returncode != 0
    assert is_gone(child)


def test_the_deaf_are_killed_after_a_while() -> None:
    """Asking first, insisting later."""
    with Interrupts() as interrupts, engine(DEAF + CHILD + "time.sleep(600)") as process:
        child = child_of(process)
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            watch(process, kill_self(signal.SIGINT), interrupts, has_pods=False)
        assert time.monotonic() - began >= GRACE_S
    assert process.returncode == -signal.SIGKILL
    assert is_gone(child)


def test_a_second_interrupt_insists(tmp_path: Path) -> None:
    """Who is in a hurry does not wait for those who are deaf, not even for pods."""
    heard = tmp_path / "heard"
    told = f"signal.signal(signal.SIGINT, lambda *_: open({str(heard)!r}, 'w'));"
    with (
        Interrupts() as interrupts,
        engine(DEAF + told + CHILD + "[time.sleep(1) for _ in range(600)]") as process,
    ):
        child = child_of(process)
        script = f"until test -e {heard}; do sleep 0.05; done; kill -INT {os.getpid()}"
        again = subprocess.Popen(["/bin/sh", "-c", script])
        with pytest.raises(KeyboardInterrupt):
            watch(process, kill_self(signal.SIGINT), interrupts, has_pods=True)
        again.wait()
        assert interrupts.count == 2
    assert process.returncode == -signal.SIGKILL
    assert is_gone(child)


def test_a_process_that_was_done_is_done() -> None:
    """An interrupt that comes too late takes nothing back."""
    with (
        Interrupts() as interrupts,
        engine(
            "import signal; signal.signal(signal.SIGTERM, lambda *_: exit(0));"
            "print(1, flush=True);"
            "import time; time.sleep(600)"
        ) as process,
    ):
        child_of(process)
        assert watch(process, kill_self(signal.SIGINT), interrupts, has_pods=False) == 0


def test_an_error_while_showing_leaves_no_process() -> None:
    """Also a bug of ours ends what was started."""

    def show() -> None:
        raise ZeroDivisionError

    with Interrupts() as interrupts, engine(CHILD + "time.sleep(600)") as process:
        child = child_of(process)
        with pytest.raises(ZeroDivisionError):
            watch(process, show, interrupts, has_pods=False)
    assert is_gone(child)


def test_handlers_come_back_and_what_is_ignored_stays_so() -> None:
    """A run that was started behind nohup or in a script's background is not woken by Control-C."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interrupts() as interrupts:
            os.kill(os.getpid(), signal.SIGINT)
            assert signal.getsignal(signal.SIGTERM) != signal.SIG_DFL
        assert interrupts.count == 0
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGINT, before)


COMMAND = """
import signal, subprocess, sys
from wkflow.cli.process import Interrupts, watch

def show():
    print("so far", file=sys.stderr, flush=True)

if "nohup" in sys.argv:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
with Interrupts() as interrupts, open(sys.argv[1], "w") as out:
    child = [sys.executable, "-c", sys.argv[2]]
    process = subprocess.Popen(child, stdout=out, start_new_session=True)
    try:
        status = watch(process, show, interrupts, has_pods=False)
    except KeyboardInterrupt:
        status = 130
print("the end", file=sys.stderr)
raise SystemExit(status)
"""
"""A command that shows something while a process works, as ours does."""


def written(path: Path) -> int:
    """Give the number in a file, once it is there."""
    for _ in range(500):
        if path.exists() and path.read_text().endswith("\n"):
            return int(path.read_text())
        time.sleep(0.02)
    raise AssertionError(path)


def started(file: Path, code: str, *words: str, stderr: int) -> "subprocess.Popen[bytes]":
    """Start the command with a terminal of its own, or a pipe, for what it shows."""

    def take_terminal() -> None:
        if os.isatty(stderr):
            fcntl.ioctl(stderr, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(file), code, *words],
        stdout=stderr,
        stderr=stderr,
        start_new_session=True,
        preexec_fn=take_terminal,  # noqa: PLW1509 -- this process has no threads
    )
    os.close(stderr)
    return process


@pytest.mark.parametrize("ends", [pty.openpty, os.pipe], ids=["terminal", "pipe"])
def test_a_terminal_that_is_closed_ends_everything(
    tmp_path: Path, ends: Callable[[], tuple[int, int]]
) -> None:
    """Also a pipe whose reader has seen enough: `| head`; no traceback, no job that lives on."""
    reader, writer = ends()
    command = started(tmp_path / "pid", CHILD + "time.sleep(600)", stderr=writer)
    child = written(tmp_path / "pid")
    os.read(reader, 6)
    os.close(reader)
    assert command.wait(20) == 130
    assert is_gone(child)


@pytest.mark.parametrize("ends", [pty.openpty, os.pipe], ids=["terminal", "pipe"])
def test_behind_nohup_a_run_goes_on_without_a_terminal(
    tmp_path: Path, ends: Callable[[], tuple[int, int]]
) -> None:
    """It shows nothing any more, and comes to its end."""
    reader, writer = ends()
    code = "import os, time; print(os.getpid(), flush=True);"
    code += f"time.sleep(1.5); open({str(tmp_path / 'made')!r}, 'w').close()"
    command = started(tmp_path / "pid", code, "nohup", stderr=writer)
    written(tmp_path / "pid")
    os.close(reader)
    assert command.wait(20) == 0
    assert (tmp_path / "made").exists()


def test_an_error_of_the_disk_is_no_closed_terminal() -> None:
    """It is told; nothing is left either."""

    def show() -> None:
        raise OSError(5, "input/output error", "/disk")

    with Interrupts() as interrupts, engine(CHILD + "time.sleep(600)") as process:
        child = child_of(process)
        with pytest.raises(OSError, match="/disk"):
            watch(process, show, interrupts, has_pods=False)
    assert is_gone(child)


def test_as_many_files_as_may_be_are_open() -> None:
    """The soft limit is raised to the hard one, for children as well."""
    before = soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 200), hard))
        raise_open_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_streams_that_are_closed_lead_nowhere(tmp_path: Path) -> None:
    """No file gets their numbers, and what is said to them is lost without a fault."""
    code = (
        "import sys\nfrom wkflow.cli.process import open_closed_streams\nopen_closed_streams()\n"
        "print('lost', file=sys.stderr)\n"
        "with open('kept', 'w') as kept: kept.write(str(kept.fileno()) + sys.stdin.read())\n"
    )
    shell = ["sh", "-c", '"$0" -c "$1" <&- >&- 2>&-', sys.executable, code]
    subprocess.run(shell, cwd=tmp_path, check=True)
    assert int((tmp_path / "kept").read_text()) > 2
