"""Kill whole runs at random instants, give the same command again, compare every byte.

python -m tests.campaigns.kills convert --runs 100          each format in turn
python -m tests.campaigns.kills remote-convert --runs 100   against the stand-in of a server
python -m tests.campaigns.kills downsample --runs 100       new mags, and mags that replace others

Each run is killed one to three times within the time that an uninterrupted one takes: the command,
Snakemake, a job, or everything at once. Then it ends, and its dataset is compared with that of the
uninterrupted run. A run that ends before its first kill shows nothing: another takes its place. The
exit status is 0 only if all are the same.
"""

import argparse
import itertools
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.runs import VOXEL_SIZE, environment, noise, shard_bytes, write_stack
from tests.standin.server import standin_in
from tests.test_downsample_resume import COURSES, JOBS, SHAPES, kill, undisturbed
from tests.upload import runs as uploads

FORMATS = ("zarr3", "zarr", "wkw", "n5", "neuroglancerPrecomputed")

MOST_KILLS = 3

FIRST_S = 0.2
"""Before that the interpreter starts."""

PATIENCE_S = 300

BYTES_PER_SECOND = 1.5e6
"""Of the stand-in: so that an upload takes a while and kills meet it."""

DONE = b": done in "
"""The last that a command says."""

Files = dict[str, bytes]


@dataclass(frozen=True)
class Trial:
    """A command in a folder of its own, and how the files that it has to make are read."""

    arguments: tuple[object, ...]
    folder: Path
    files: Callable[[], Files]
    environment: dict[str, str]

    @property
    def log(self) -> Path:
        """What the command printed, all times together."""
        return self.folder / "told.txt"

    def start(self) -> "subprocess.Popen[bytes]":
        """Start the command; what outlives it holds no pipe of ours."""
        command = [sys.executable, "-m", "wkflow.cli", *map(str, self.arguments)]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdout=log, stderr=log
            )

    def end(self) -> float:
        """Let the command end well; give the seconds that it took."""
        began = time.monotonic()
        status = self.start().wait(PATIENCE_S)
        if status:
            raise RuntimeError(f"exit status {status}: {self.log.read_text()[-500:]}")
        return time.monotonic() - began


Trials = Callable[[Path, int], Iterator[Trial]]
"""Gives the trial of a seed in a folder; what it needs meanwhile ends with it."""


def converting(place: Path) -> Trials:
    """Convert a stack of four slabs, to each format in turn."""
    stack = write_stack(place / "stack", noise(100, 40, 50))

    def trial(folder: Path, seed: int) -> Iterator[Trial]:
        options = (*VOXEL_SIZE, "--job-size", "1", "--data-format", FORMATS[seed % len(FORMATS)])
        target = folder / "out"
        arguments = ("convert", *options, stack, target)
        yield Trial(arguments, folder, lambda: shard_bytes(target), environment())

    return trial


def sending(place: Path) -> Trials:
    """Convert a stack of four slabs to a dataset on a server."""
    volume = noise(100, 200, 240)
    volume[32:64] = 0
    stack = write_stack(place / "stack", volume)

    def trial(folder: Path, _: int) -> Iterator[Trial]:
        slow = {"limit": {"bytes_per_second": BYTES_PER_SECOND}}
        with standin_in(folder / "server", faults=slow) as standin:
            arguments = ("remote-convert", *uploads.CONVERSION, "--jobs", "2", stack)
            yield Trial(
                arguments,
                folder,
                lambda: uploads.mag_files(uploads.remote_mags(uploads.only_one(standin))),
                uploads.shell(standin),
            )

    return trial


def downsampling(place: Path) -> Trials:
    """Give three layers more mags, which are new in one run and replace others in the next."""
    names = list(COURSES)
    courses = [undisturbed(place / name, (*COURSES[name], *JOBS), 3) for name in names]

    def trial(folder: Path, seed: int) -> Iterator[Trial]:
        course = courses[seed % len(courses)]
        dataset = course.copy(folder / "set")
        arguments = (
            "downsample",
            *SHAPES,
            "--job-size",
            "60K",
            *COURSES[names[seed % len(names)]],
            dataset,
        )
        yield Trial(arguments, folder, lambda: shard_bytes(dataset), environment())

    return trial


SUBJECTS = {"convert": converting, "remote-convert": sending, "downsample": downsampling}

VARIANTS = {"convert": len(FORMATS), "remote-convert": 1, "downsample": len(COURSES)}
"""How many kinds of runs take turns."""


@dataclass
class Campaign:
    """One command, its uninterrupted runs, and the counts so far."""

    subject: str
    place: Path
    expected: dict[int, Files] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)
    same: int = 0
    runs: int = 0
    kills: int = 0

    def __post_init__(self) -> None:
        self._trial = contextmanager(SUBJECTS[self.subject](self.place))

    def run(self, seed: int) -> None:
        """Kill one run, let the same command end, compare, and say so."""
        chance = random.Random(seed)  # noqa: S311 -- chance, no secret
        variant = seed % VARIANTS[self.subject]
        if variant not in self.expected:
            self._let_end(variant)
        folder = self._folder(f"run{seed}")
        instants: list[str] = []
        with self._trial(folder, seed) as trial:
            status = None
            for _ in range(chance.randint(1, MOST_KILLS)):
                instant = chance.uniform(FIRST_S, self.seconds[variant])
                began = time.monotonic()
                status = killed(trial, instant, chance)
                if status is not None:
                    if not instants:
                        self.seconds[variant] = time.monotonic() - began
                    break
                instants.append(f"{instant:.1f}")
            try:
                if status != 0:  # one that ended well is done: once more may mean to replace mags
                    trial.end()
                fault = differences(trial.files(), self.expected[variant])
            except (RuntimeError, AssertionError, subprocess.TimeoutExpired, OSError) as error:
                fault = str(error)
        self.kills += len(instants)
        if instants or fault:
            self.runs += 1
            self.same += not fault
        at = f"killed after {', '.join(instants)} s" if instants else "ended before the kill"
        print(f"{self.subject} {seed}: {at}: {fault or 'identical'}", flush=True)
        if not fault:
            shutil.rmtree(folder)

    def _let_end(self, variant: int) -> None:
        """Run a variant once without a kill."""
        with self._trial(self._folder(f"whole{variant}"), variant) as trial:
            self.seconds[variant] = trial.end()
            self.expected[variant] = trial.files()

    def _folder(self, name: str) -> Path:
        folder = self.place / name
        folder.mkdir()
        return folder


def killed(trial: Trial, instant: float, chance: random.Random) -> int | None:
    """Start the command and kill it, or parts of it; give its status if it ended of itself.

    One that is killed in its last moment, when all is done and told, ended well in spite of it.
    """
    told = trial.log.stat().st_size if trial.log.exists() else 0
    process = trial.start()
    try:
        return process.wait(instant)
    except subprocess.TimeoutExpired:
        kill(process, chance)
        status = process.wait(PATIENCE_S)
        is_done = DONE in trial.log.read_bytes()[told:]
        return None if status and not is_done else 0


def differences(found: Files, expected: Files) -> str:
    """Name the files that are not the same, if any."""
    names = sorted(found.keys() ^ expected.keys())
    names += [name for name in found.keys() & expected.keys() if found[name] != expected[name]]
    return f"{len(names)} files differ: {', '.join(names[:3])}" if names else ""


def main() -> int:
    """Run a campaign and print its counts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("command", choices=SUBJECTS)
    parser.add_argument("--runs", type=int, default=100, help="how many are killed and compared")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where runs that differ are kept")
    options = parser.parse_args()
    place = options.folder or Path(tempfile.mkdtemp(prefix="wkflow-kills-"))
    place.mkdir(parents=True, exist_ok=True)
    campaign = Campaign(options.command, place.absolute())
    seeds = itertools.count(options.first_seed)
    while campaign.runs < options.runs:
        campaign.run(next(seeds))
    print(
        f"{options.command}: {campaign.same} of {campaign.runs} runs byte-identical "
        f"after {campaign.kills} kills"
    )
    if campaign.same == campaign.runs and not options.folder:
        shutil.rmtree(place)
    return int(campaign.same < campaign.runs)


if __name__ == "__main__":
    os.environ.setdefault("SLURM_CONF", os.devnull)  # as tests do: no controller is looked for
    sys.exit(main())
