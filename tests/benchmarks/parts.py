"""A part of a source against a source that is just that part.

python -m tests.benchmarks.parts [--gib 100] [--rounds 3] [--data FOLDER]

Of a source of so many GiB 1 GiB is converted: some slices, or a box of 1024 voxels an edge that
begins at chunks. Most slices are links to 64 that are different, and the volume has holes, so that
the disk has room; all that is read is in the page cache. Pairs are run in turn; what is printed are
medians, and how many times as long the part takes. Rows of compressed strips are decoded over their
whole width: there the part has four times as much to do.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np
import tifffile

from tests.benchmarks.convert import GIB, VOXEL_SIZE, surroundings
from tests.benchmarks.machine import machine
from tests.benchmarks.stacks import write_stack
from tests.benchmarks.table import show
from tests.benchmarks.watch import Run, watch

EDGE, DISTINCT, BOX = 4096, 64, 1024
WIDE = 2048
"""Edge of the planes of the volume."""

X, Y, Z = 1536, 1024, 2048
"""Where the boxes begin."""

HEAD = ("source", "s of 1 GiB alone", "s of the part", "times", "cpu s alone", "of the part")

Pair = tuple[str, list[str], list[str]]
"""Name, and what is given for the source that is the part, and for the part."""


def linked(folder: Path, slices: list[Path], count: int, first: int = 0) -> str:
    """Give a folder of so many slices: links to some, in turn, beginning with the first."""
    folder.mkdir()
    for number in range(count):
        (folder / f"s{number:06}.tif").hardlink_to(slices[(first + number) % len(slices)])
    return str(folder)


def pairs(folder: Path, gib: float) -> Iterator[Pair]:
    """Make the sources, one pair after the other."""
    depth = max(round(gib * GIB / EDGE**2), Z + BOX)
    whole = sorted(write_stack(folder / "distinct", "color", (DISTINCT, EDGE, EDGE)).rglob("*.tif"))
    box = ["--bounding-box", f"{X},{Y},{Z},{BOX},{BOX},{BOX}"]
    for name, compression in (("plain", None), ("lzw", "lzw")):
        files: dict[str, list[Path]] = {"large": [], "small": []}
        for number, path in enumerate(whole):
            voxels = tifffile.imread(path)
            parts = {"large": voxels, "small": voxels[Y : Y + BOX, X : X + BOX]}
            for size, part in parts.items():
                files[size].append(folder / f"{name}-{size}-{number}.tif")
                tifffile.imwrite(files[size][-1], part, compression=compression, rowsperstrip=16)
        large = linked(folder / f"{name}-large", files["large"], depth)
        if compression is None:
            slices = EDGE // BOX * EDGE // BOX
            count = BOX // slices
            alone = linked(folder / f"{name}-slices", files["large"], count, Z)
            yield "plain TIFF, slices", [alone], [large, "--slices", f"{Z}:{Z + count}"]
        small = linked(folder / f"{name}-small", files["small"], BOX, Z)
        yield f"{name} TIFF, box", [small], [large, *box]
    yield "volume, box", *_volumes(folder, gib, box)


def _volumes(folder: Path, gib: float, box: list[str]) -> tuple[list[str], list[str]]:
    """Give a file without a header that is the box, and one that holds it."""
    planes = max(round(gib * GIB / WIDE**2), Z + BOX)
    x, y = X // 2, Y // 2
    large = np.memmap(folder / "large.raw", np.uint8, "w+", shape=(planes, WIDE, WIDE))
    small = np.memmap(folder / "small.raw", np.uint8, "w+", shape=(BOX, BOX, BOX))
    rng = np.random.default_rng(0)
    for z in range(BOX):
        small[z] = rng.normal(128, 8, (BOX, BOX)).clip(0, 255)
        large[Z + z, y : y + BOX, x : x + BOX] = small[z]
    like = ["--raw-dtype", "uint8", "--raw-shape"]
    box = ["--bounding-box", f"{x},{y},{Z},{BOX},{BOX},{BOX}"]
    return (
        [str(folder / "small.raw"), *like, f"{BOX},{BOX},{BOX}"],
        [str(folder / "large.raw"), *like, f"{WIDE},{WIDE},{planes}", *box],
    )


def measure(pair: Pair, folder: Path, rounds: int) -> list[object]:
    """Convert both in turn."""
    name, *both = pair
    runs: tuple[list[Run], list[Run]] = ([], [])
    for _ in range(rounds):
        for given, found in zip(both, runs, strict=True):
            program, target = Path(sys.executable).with_name("wkflow"), folder / "dataset"
            options = ["--voxel-size", VOXEL_SIZE, "--category", "color", "--no-report"]
            command = [str(program), "convert", *options, *given, str(target)]
            found.append(watch(command, environment=surroundings()))
            for left in folder.iterdir():
                shutil.rmtree(left)
    alone, part = (median(run.seconds for run in found) for found in runs)
    cpu = [f"{median(run.cpu for run in found):.1f}" for found in runs]
    return [name, f"{alone:.1f}", f"{part:.1f}", f"{part / alone:.2f}", *cpu]


def main() -> None:
    """Print a row for each pair as soon as it is known, then all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.parts")
    parser.add_argument("--gib", type=float, default=100.0, help="of the source")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, help="where sources and datasets lie for a while")
    options = parser.parse_args()
    rows: list[list[object]] = []
    with tempfile.TemporaryDirectory(prefix="wkflow-parts-", dir=options.data) as name:
        folder = Path(name)
        (folder / "runs").mkdir()
        for pair in pairs(folder, options.gib):
            rows.append(measure(pair, folder / "runs", options.rounds))
            print(show(HEAD, rows[-1:]), file=sys.stderr)
    print(machine(), show(HEAD, rows), sep="\n\n")


if __name__ == "__main__":
    main()
