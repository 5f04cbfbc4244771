"""How time and memory of a conversion grow with the data and with the cores.

python -m tests.benchmarks.growth [--gib 0.25 1 4 16] [--cores 1 2] [--data FOLDER]

Slices of 4096 x 4096; beyond the first 64 they are links to these, so that the disk has room. One
run each: what is asked is how the cost of a GiB changes, not what it is.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.convert import GIB, VOXEL_SIZE, surroundings
from tests.benchmarks.machine import machine
from tests.benchmarks.stacks import write_stack
from tests.benchmarks.table import show
from tests.benchmarks.watch import proportional, watch

EDGE, DISTINCT = 4096, 64
SIZES_GIB = (0.25, 1, 4, 16)
HEAD = ("GiB", "slices", "cores", "s", "s / GiB", "cpu s / GiB", "GiB of memory", "MB written")


def stack(folder: Path, count: int) -> Path:
    """Give a folder of so many slices, the later ones links to the first."""
    distinct = write_stack(folder / "distinct", "color", (DISTINCT, EDGE, EDGE))
    slices = sorted(distinct.rglob("*.tif"))
    source = folder / f"stack-{count}"
    source.mkdir()
    for number in range(count):
        (source / f"slice_{number:05}.tif").hardlink_to(slices[number % DISTINCT])
    return source


def measure(source: Path, folder: Path, cores: int) -> list[object]:
    """Convert once for the clock, and once for the memory."""
    count = len(list(source.iterdir()))
    size = count * EDGE * EDGE / GIB
    program, target = Path(sys.executable).with_name("wkflow"), folder / "dataset"
    options = ["--voxel-size", VOXEL_SIZE, "--category", "color", "--jobs", str(cores)]
    command = [str(program), "convert", *options, str(source), str(target)]
    run = watch(command, environment=surroundings())
    written = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
    _clear(folder)
    peak = watch(command, environment=surroundings(), reading=proportional).peak
    _clear(folder)
    return [f"{size:g}", count, cores, f"{run.seconds:.1f}", f"{run.seconds / size:.2f}",
            f"{run.cpu / size:.2f}", f"{peak / GIB:.2f}", f"{written / 1e6:.0f}"]  # fmt: skip


def _clear(folder: Path) -> None:
    for left in folder.iterdir():
        shutil.rmtree(left)


def main() -> None:
    """Print a row for each size and number of cores as soon as it is known, then all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.growth")
    parser.add_argument("--gib", type=float, nargs="+", default=SIZES_GIB)
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("--cores", type=int, nargs="+", default=sorted({1, cores}))
    parser.add_argument("--data", type=Path, help="where sources and datasets lie for a while")
    options = parser.parse_args()
    rows: list[list[object]] = []
    with tempfile.TemporaryDirectory(prefix="wkflow-growth-", dir=options.data) as name:
        folder = Path(name)
        (folder / "runs").mkdir()
        for size in options.gib:
            source = stack(folder, round(size * GIB / EDGE**2))
            for cores in options.cores:
                rows.append(measure(source, folder / "runs", cores))
                print(show(HEAD, rows[-1:]), file=sys.stderr)
            shutil.rmtree(source)
    print(machine(), show(HEAD, rows), sep="\n\n")


if __name__ == "__main__":
    main()
