"""Ours against `webknossos convert`: the same data, in turn, whole commands from start to exit.

python -m tests.benchmarks.convert --official ENV [--cases tiny …] [--repeat 3]
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from subprocess import DEVNULL, call

from tests.benchmarks.stacks import Shape, write_stack
from tests.benchmarks.table import show
from tests.benchmarks.watch import Run, proportional, watch

ROOT = Path(__file__).parents[2]
VOXEL_SIZE = "11.24,11.24,25"
GIB = 2**30


@dataclass(frozen=True)
class Case:
    """A stack (z, y, x) and what is wanted: so many times faster, or so many seconds."""

    shape: Shape
    kind: str = "color"
    times: float | None = None
    seconds: float | None = None

    @property
    def wanted(self) -> str:
        return f"{self.times:g} x" if self.times else f"{self.seconds:g} s" if self.seconds else "-"


CASES = {
    "small": Case((16, 256, 256), seconds=2),
    "deep": Case((256, 1024, 1024), times=8),
    "wide": Case((32, 4096, 4096), times=6),
    "big": Case((128, 4096, 4096), times=8),
    "labels": Case((128, 1024, 1024), "segmentation", times=15),
    "tiny": Case((3, 64, 64)),
}
"""`tiny` only shows that the benchmark works; it is left out unless it is asked for."""

HEAD = ("case", "slices", "pixels", "official s", "wkflow s", "spread", "pipeline s", "engine s",
        "ratio", "wanted", "official cpu", "wkflow cpu", "official GiB", "wkflow GiB",
        "official MB", "wkflow MB", "size")  # fmt: skip

LEGEND = """\
s         median of the rounds; spread = shortest and longest of wkflow
pipeline  the same steps in one process, without Snakemake; engine = wkflow - pipeline (aim: 1.5 s)
ratio     official s / wkflow s, median of those within one round
cpu       seconds of all cores, median
GiB       peak of the resident memory of all processes, shared pages counted in each
size      wkflow MB / official MB on disk"""


@dataclass(frozen=True)
class Contest:
    """Both programs on one source."""

    official: Path
    source: Path
    folder: Path

    @property
    def commands(self) -> dict[str, list[str]]:
        """Spell the commands as a person would: the category is found from names or voxels."""
        options = ["--voxel-size", VOXEL_SIZE]
        tail = {name: [str(self.source), str(self.folder / name)] for name in PLAYERS}
        bin_folder = Path(sys.executable).parent
        return {
            "official": [str(self.official / "bin" / "webknossos"), "convert", *options,
                         *tail["official"]],
            "wkflow": [str(bin_folder / "wkflow"), "convert", *options, *tail["wkflow"]],
            "pipeline": [sys.executable, "-m", "tests.benchmarks.pipeline", *tail["pipeline"],
                         VOXEL_SIZE],
        }  # fmt: skip

    def run(self, player: str, *, pss: bool = False) -> Run:
        """Convert once, into a folder that is not there."""
        for left in self.folder.glob(f"{player}*"):
            shutil.rmtree(left)
        reading = {"reading": proportional} if pss else {}
        return watch(self.commands[player], environment=surroundings(), **reading)

    def size(self, player: str) -> int:
        """Give the bytes of the dataset."""
        files = (self.folder / player).rglob("*")
        return sum(file.stat().st_size for file in files if file.is_file())


PLAYERS = ("official", "wkflow", "pipeline")


def surroundings() -> dict[str, str]:
    """Give the environment of all children: bytecode is used, and this checkout is found."""
    own = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    path = [str(ROOT / "workflow"), str(ROOT), own.get("PYTHONPATH", "")]
    return own | {"PYTHONPATH": os.pathsep.join(filter(None, path))}


def readied(official: Path) -> Path:
    """Give the path of the official package's environment, once both environments are compiled.

    Files that are no Python of this version do not matter.
    """
    official = official.absolute()
    if not (official / "bin" / "webknossos").exists():
        sys.exit(f"no webknossos in {official}: run `pytest -m conformance` once, or --official")
    places = {
        official / "bin" / "python": official.glob("lib/python*/site-packages"),
        Path(sys.executable): [
            *Path(sys.prefix).glob("lib/python*/site-packages"),
            *(ROOT / "workflow", ROOT / "scripts", ROOT / "tests" / "benchmarks"),
        ],
    }
    for python, folders in places.items():
        command = [str(python), "-m", "compileall", "-qq", "-j", "0", *map(str, folders)]
        call(command, env=surroundings(), stdout=DEVNULL, stderr=DEVNULL)
    return official


def measure(contest: Contest, name: str, case: Case, repeat: int) -> list[object]:
    """Run all in turn, `repeat` times."""
    rounds = [{player: contest.run(player) for player in PLAYERS} for _ in range(repeat)]
    seconds = {player: [one[player].seconds for one in rounds] for player in PLAYERS}
    middle = {player: median(seconds[player]) for player in PLAYERS}
    cpu = {player: median(one[player].cpu for one in rounds) for player in PLAYERS}
    ratio = median(one["official"].seconds / one["wkflow"].seconds for one in rounds)
    peak = {player: max(one[player].peak for one in rounds) / GIB for player in PLAYERS}
    size = {player: contest.size(player) / 1e6 for player in PLAYERS}
    depth, height, width = case.shape
    return [
        *(name, depth, f"{width}x{height}"),
        *(f"{middle[player]:.2f}" for player in PLAYERS[:2]),
        f"{min(seconds['wkflow']):.2f}-{max(seconds['wkflow']):.2f}",
        f"{middle['pipeline']:.2f}",
        f"{middle['wkflow'] - middle['pipeline']:.2f}",
        f"{ratio:.1f} x",
        case.wanted,
        *(f"{cpu[player]:.2f}" for player in PLAYERS[:2]),
        *(f"{peak[player]:.2f}" for player in PLAYERS[:2]),
        *(f"{size[player]:.2f}" for player in PLAYERS[:2]),
        f"{size['wkflow'] / size['official']:.3f}",
    ]


def measure_pss(contest: Contest) -> str:
    """Run both once more, not for the clock."""
    peaks = (contest.run(player, pss=True).peak / GIB for player in PLAYERS[:2])
    return "GiB, shared pages counted once: official {:.2f}, wkflow {:.2f}".format(*peaks)


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


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = parser_of("convert", CASES)
    parser.add_argument(
        "--pss",
        action="store_true",
        help="one more, untimed round for memory with shared pages counted once",
    )
    return parser.parse_args(arguments)  # fmt: skip


def main() -> None:
    """Measure the cases one by one and print each line when it is known, then the table."""
    options = parse()
    official = readied(options.official)
    rows = []
    with data_folder(options.data) as folder:
        for name in options.cases:
            case = CASES[name]
            print(f"{name}: making the data", file=sys.stderr)
            source = write_stack(folder / name / "source", case.kind, case.shape)
            with tempfile.TemporaryDirectory(dir=folder, prefix=f"{name}-") as targets:
                contest = Contest(official, source, Path(targets))
                rows.append(measure(contest, name, case, options.repeat))
                print(show(HEAD, rows[-1:]), file=sys.stderr)
                if options.pss:
                    print(f"{name}: {measure_pss(contest)}")
            if not options.data:
                shutil.rmtree(folder / name)
    print(show(HEAD, rows), LEGEND, sep="\n\n")


if __name__ == "__main__":
    main()
