"""Ours against `webknossos downsample`: a dataset with its finest mag only, to the end.

python -m tests.benchmarks.downsample --official ENV [--cases tiny ...] [--repeat 3]
"""

import argparse
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.benchmarks.convert import (
    GIB,
    VOXEL_SIZE,
    data_folder,
    parser_of,
    readied,
    surroundings,
)
from tests.benchmarks.stacks import Shape, write_stack
from tests.benchmarks.table import show
from tests.benchmarks.watch import Run, watch

MEMORY_GIB = 1.5


@dataclass(frozen=True)
class Case:
    """A stack (z, y, x) that becomes the dataset, and how many times faster is wanted."""

    shape: Shape
    kind: str
    times: float | None = None


CASES = {
    "color": Case((128, 2048, 2048), "color", 8),
    "big": Case((128, 4096, 4096), "color", 6),
    "labels": Case((128, 1024, 1024), "segmentation", 15),
    "tiny": Case((3, 64, 64), "color"),
}
"""512 MiB of uint8 and of uint32, 2 GiB of uint8; `tiny` only shows that the benchmark works."""

HEAD = ("case", "official s", "wkflow s", "ratio", "wanted", "official GiB", "wkflow GiB",
        "wanted")  # fmt: skip

LEGEND = """\
s      median of the rounds, whole commands from start to exit
ratio  official s / wkflow s, median of those of one round
GiB    peak of the resident memory of all processes, shared pages counted in each"""

PLAYERS = ("official", "wkflow")


def programs(official: Path) -> dict[str, str]:
    """Say which program each player runs."""
    return {
        "official": str(official / "bin" / "webknossos"),
        "wkflow": str(Path(sys.executable).with_name("wkflow")),
    }


def make_dataset(folder: Path, case: Case) -> Path:
    """Convert the stack, finest mag only, unless an earlier run did."""
    dataset = folder / "dataset"
    if not dataset.exists():
        source = write_stack(folder / "source", case.kind, case.shape)
        how = ["--voxel-size", VOXEL_SIZE, "--category", case.kind, "--no-downsample"]
        command = [programs(folder)["wkflow"], "convert", *how, "--work-dir", str(folder / "run")]
        watch([*command, str(source), str(dataset)], environment=surroundings())
    return dataset


def run(program: str, dataset: Path, folder: Path) -> Run:
    """Downsample a fresh copy."""
    copy = folder / "copy"
    shutil.copytree(dataset, copy)
    done = watch([program, "downsample", str(copy)], environment=surroundings())
    mags = [path for path in copy.glob("*/*") if path.is_dir()]
    if len(mags) < 3:
        sys.exit(f"{program} made no pyramid:\n{done.output}")
    for left in folder.iterdir():
        shutil.rmtree(left)
    return done


def measure(name: str, dataset: Path, official: Path, repeat: int) -> list[object]:
    """Run both in turn, `repeat` times; medians, and the highest memory."""
    case = CASES[name]
    with tempfile.TemporaryDirectory(dir=dataset.parent) as folder:
        rounds = [
            {player: run(program, dataset, Path(folder))
             for player, program in programs(official).items()}
            for _ in range(repeat)
        ]  # fmt: skip
    middle = {player: median(one[player].seconds for one in rounds) for player in PLAYERS}
    ratio = median(one["official"].seconds / one["wkflow"].seconds for one in rounds)
    peak = {player: max(one[player].peak for one in rounds) / GIB for player in PLAYERS}
    return [
        *(name, *(f"{middle[player]:.2f}" for player in PLAYERS)),
        f"{ratio:.1f} x",
        f"{case.times:g} x" if case.times else "-",
        *(f"{peak[player]:.2f}" for player in PLAYERS),
        f"{MEMORY_GIB:g}",
    ]


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    return parser_of("downsample", CASES).parse_args(arguments)


def main() -> None:
    """Measure the cases one by one and print each line when it is known, then the table."""
    options = parse()
    official = readied(options.official)
    rows = []
    with data_folder(options.data) as folder:
        for name in options.cases:
            print(f"{name}: making the data", file=sys.stderr)
            dataset = make_dataset(folder / name, CASES[name])
            rows.append(measure(name, dataset, official, options.repeat))
            print(show(HEAD, rows[-1:]), file=sys.stderr)
    print(show(HEAD, rows), LEGEND, sep="\n\n")


if __name__ == "__main__":
    main()
