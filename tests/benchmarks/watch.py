"""Run a command from start to exit: seconds, and the memory of all its processes."""

import os
import resource
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import perf_counter

PERIOD_S = 0.05
PAGE = os.sysconf("SC_PAGE_SIZE")
PROC = Path("/proc")

Reading = Callable[[int], int]


@dataclass(frozen=True)
class Run:
    """What one command took: wall seconds, peak bytes summed over processes, status, output.

    `cpu` are the seconds of all cores, of the program and of the system; a process counts that
    was waited for.
    """

    seconds: float
    peak: int
    status: int
    output: str
    cpu: float


def resident(pid: int) -> int:
    """Give the resident bytes of a process; pages shared by several count in each."""
    return int((PROC / str(pid) / "statm").read_text().split()[1]) * PAGE


def proportional(pid: int) -> int:
    """Give the resident bytes of a process, shared pages divided among those that share.

    Reading this holds up a process of many gigabytes, so it is no company for a clock.
    """
    for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def watch(
    command: list[str],
    *,
    reading: Reading = resident,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    statuses: tuple[int, ...] = (0,),
) -> Run:
    """Run a command and sample its process tree meanwhile.

    Raises
    ------
    RuntimeError
        With what it said, if it ends with none of `statuses`.
    """
    os.sync()
    started, before = perf_counter(), _of_children()
    process = subprocess.Popen(
        command,
        env=environment,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    ended = Event()
    peaks: list[int] = [0]
    sampler = Thread(target=_sample, args=(process.pid, reading, ended, peaks))
    sampler.start()
    output, _ = process.communicate()
    seconds = perf_counter() - started
    ended.set()
    sampler.join()
    if process.returncode not in statuses:
        raise RuntimeError(f"{subprocess.list2cmdline(command)}\n{output}")
    return Run(seconds, max(peaks), process.returncode, output, _of_children() - before)


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _sample(pid: int, reading: Reading, ended: Event, peaks: list[int]) -> None:
    while not ended.wait(PERIOD_S):
        total = 0
        for member in _tree(pid):
            with suppress(OSError):  # it may have ended in between
                total += reading(member)
        peaks.append(total)


def _tree(pid: int) -> Iterator[int]:
    """Give a process and all below it; psutil would look at every process of the machine."""
    yield pid
    with suppress(OSError):
        for task in (PROC / str(pid) / "task").iterdir():
            with suppress(OSError):
                for child in (task / "children").read_text().split():
                    yield from _tree(int(child))
