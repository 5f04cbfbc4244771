"""Ours against `webknossos convert` and EuBI-Bridge: the same data, in turn, whole commands.

python -m tests.benchmarks.convert --official ENV [--cases tiny …] [--repeat 3]

One round more, not for the clock, measures the memory. Warm caches: sources were just written.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from subprocess import DEVNULL, call

from tests.benchmarks import eubi_bridge
from tests.benchmarks.machine import GIB, machine
from tests.benchmarks.stacks import Shape, write_stack
from tests.benchmarks.table import show
from tests.benchmarks.watch import Run, proportional, watch

ROOT = Path(__file__).parents[2]
VOXEL_SIZE = "11.24,11.24,25"


@dataclass(frozen=True)
class Case:
    """A stack (z, y, x), and how many times faster than the official tool is wanted."""

    shape: Shape
    kind: str = "color"
    times: float | None = None


CASES = {
    "small": Case((16, 256, 256), times=8),
    "deep": Case((256, 1024, 1024), times=12),
    "wide": Case((32, 4096, 4096), times=10),
    "big": Case((64, 4096, 4096), times=10),
    "labels": Case((128, 1024, 1024), "segmentation", times=25),
    "tiny": Case((3, 64, 64)),
}
"""`tiny` only shows that the benchmark works; it is left out unless it is asked for."""

OURS, OFFICIAL, BRIDGE = "wkflow", "webknossos", "EuBI-Bridge"
EQUAL, ALONE = "EuBI-Bridge, equal work", "wkflow without engine"
PLAYERS = (OURS, OFFICIAL, BRIDGE, EQUAL, ALONE)

WANTED = {BRIDGE: "> 1, cpu > 1", EQUAL: "cpu 3", ALONE: "- 1.5 s"}

HEAD = ("case", "program", "s", "shortest-longest", "s / wkflow s", "cpu s", "cpu / wkflow cpu",
        "wanted", "GiB", "MB")  # fmt: skip

LEGEND = """\
s                 median of the rounds, whole command from start to exit
/ wkflow          median of the ratios within one round
cpu               seconds of all cores
GiB               peak of the memory of all processes, shared pages counted once, own round
MB                on disk
without engine    the same steps in one process, without Snakemake"""


@dataclass(frozen=True)
class Contest:
    """All programs on one source."""

    official: Path
    source: Path
    folder: Path
    case: Case

    def command(self, player: str) -> list[str]:
        """Spell a command as a person would: the category is found from names or voxels."""
        options = ["--voxel-size", VOXEL_SIZE]
        tail = [str(self.source), str(self.target(player))]
        match player:
            case "webknossos":
                return [str(self.official / "bin" / "webknossos"), "convert", *options, *tail]
            case "wkflow":
                return [str(Path(sys.executable).parent / "wkflow"), "convert", *options, *tail]
            case "wkflow without engine":
                return [sys.executable, "-m", "tests.benchmarks.pipeline", *tail, VOXEL_SIZE]
        environment = eubi_bridge.environment()
        command = eubi_bridge.command(environment, self.source, self.target(player))
        if player != EQUAL:
            return command
        return [*command, *eubi_bridge.equal_work(self.case.kind, self.level, self.case.shape[0])]

    def target(self, player: str) -> Path:
        """Give the folder that a program makes."""
        return self.folder / player.replace(", ", "-").replace(" ", "-")

    @property
    def level(self) -> int:
        """The level of zstd that ours took."""
        (report, *_) = self.folder.glob("wkflow.wkflow/report.json")
        codec = json.loads(report.read_bytes())["layers"][0]["codec"]
        return int(codec.split(":")[1])

    def run(self, player: str, *, pss: bool = False) -> Run:
        """Convert once, into a folder that is not there."""
        target = self.target(player)
        for left in (target, target.with_name(f"{target.name}.wkflow")):
            shutil.rmtree(left, ignore_errors=True)
        reading = {"reading": proportional} if pss else {}
        home = {"HOME": str(self.folder)} if player in {BRIDGE, EQUAL} else {}  # its own defaults
        return watch(self.command(player), environment=surroundings() | home, **reading)

    def size(self, player: str) -> int:
        """Give the bytes of the dataset."""
        files = self.target(player).rglob("*")
        return sum(file.stat().st_size for file in files if file.is_file())


def surroundings() -> dict[str, str]:
    """Give the environment of all children: bytecode is used, and this checkout is found."""
    own = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    path = [str(ROOT / "workflow"), str(ROOT), own.get("PYTHONPATH", "")]
    return own | {"PYTHONPATH": os.pathsep.join(filter(None, path))}


def readied(official: Path, *others: Path) -> Path:
    """Give the path of the official package's environment, once all environments are compiled.

    Files that are no Python of this version do not matter.
    """
    official = official.absolute()
    if not (official / "bin" / "webknossos").exists():
        sys.exit(f"no webknossos in {official}: run `pytest -m conformance` once, or --official")
    places = {
        **{
            one / "bin" / "python": one.glob("lib/python*/site-packages")
            for one in (official, *others)
        },
        Path(sys.executable): [
            *Path(sys.prefix).glob("lib/python*/site-packages"),
            *(ROOT / "workflow", ROOT / "scripts", ROOT / "tests" / "benchmarks"),
        ],
    }
    for python, folders in places.items():
        command = [str(python), "-m", "compileall", "-qq", "-j", "0", *map(str, folders)]
        call(command, env=surroundings(), stdout=DEVNULL, stderr=DEVNULL)
    return official


def measure(contest: Contest, name: str, players: Sequence[str], repeat: int) -> list[list[object]]:
    """Run all in turn, `repeat` times, and once for the memory; give a row for each."""
    rounds = [{player: attempt(contest, player) for player in players} for _ in range(repeat)]
    times = contest.case.times
    wanted = WANTED | {OFFICIAL: f"{times:g}" if times else "-"}
    rows: list[list[object]] = []
    for player in players:
        pairs = [(run, ours) for one in rounds if (run := one[player]) and (ours := one[OURS])]
        seconds = [run.seconds for run, _ in pairs]
        if len(pairs) < repeat:
            rows.append([name, player, "failed", *[""] * (len(HEAD) - 3)])
            continue
        rows.append([
            name, player, f"{median(seconds):.2f}", f"{min(seconds):.2f}-{max(seconds):.2f}",
            f"{median(run.seconds / ours.seconds for run, ours in pairs):.1f}",
            f"{median(run.cpu for run, _ in pairs):.2f}",
            f"{median(run.cpu / ours.cpu for run, ours in pairs):.1f}",
            wanted.get(player, ""), f"{contest.run(player, pss=True).peak / GIB:.2f}",
            f"{contest.size(player) / 1e6:.2f}",
        ])  # fmt: skip
    return rows


def attempt(contest: Contest, player: str) -> Run | None:
    """Run one; a rival may fail, as for want of memory, and that is said."""
    try:
        return contest.run(player)
    except RuntimeError as failure:
        if player in {OURS, ALONE}:
            raise
        print(f"{player} failed: {str(failure).strip().splitlines()[-1]}", file=sys.stderr)
        return None


@contextmanager
def data_folder(given: Path | None) -> Iterator[Path]:
    """Give a folder for sources, which are kept, or one that is cleaned up."""
    if given:
        given.mkdir(parents=True, exist_ok=True)
        yield given.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="wkflow-benchmark-") as folder:
        yield Path(folder)


def parser_of(benchmark: str, cases: Iterable[str]) -> argparse.ArgumentParser:
    """Give what benchmarks beside the official tool share; the case `tiny` is for tries."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.benchmarks.{benchmark}")
    names = list(cases)
    parser.add_argument(
        "--official",
        type=Path,
        default=ROOT / ".cache" / "official-4.3.3",
        help="environment of webknossos 4.3.3 [that of the conformance tests]",
    )
    parser.add_argument(
        "--cases",
        nargs="+",
        choices=names,
        metavar="CASE",
        default=[name for name in names if name != "tiny"],
        help=f"of {', '.join(names)} [all but tiny]",
    )
    parser.add_argument("--repeat", type=int, default=1, help="rounds, each with all in turn [1]")
    parser.add_argument("--data", type=Path, help="keep and reuse the sources in this folder")
    return parser


def main() -> None:
    """Measure the cases one by one and print the rows of each when they are known, then all."""
    parser = parser_of("convert", CASES)
    parser.add_argument(
        "--against", nargs="*", choices=PLAYERS[1:], default=PLAYERS[1:], metavar="PROGRAM",
        help=f"of {', '.join(map(repr, PLAYERS[1:]))} [all]",
    )  # fmt: skip
    options = parser.parse_args()
    players = (OURS, *options.against)
    rivals = [eubi_bridge.environment()] if {BRIDGE, EQUAL} & {*players} else []
    official = readied(options.official, *rivals)
    rows = []
    with data_folder(options.data) as folder:
        for name in options.cases:
            case = CASES[name]
            print(f"{name}: making the data", file=sys.stderr)
            source = write_stack(folder / name / "source", case.kind, case.shape)
            with tempfile.TemporaryDirectory(dir=folder, prefix=f"{name}-") as targets:
                contest = Contest(official, source, Path(targets), case)
                found = measure(contest, name, players, options.repeat)
                print(show(HEAD, found), file=sys.stderr)
                rows += found
            if not options.data:
                shutil.rmtree(folder / name)
    print(machine(), show(HEAD, rows), LEGEND, sep="\n\n")


if __name__ == "__main__":
    main()
