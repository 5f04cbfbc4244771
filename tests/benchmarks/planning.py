"""Plan a source of 100 000 slices, 10 TB: links to a few sparse files stand for them.

python -m tests.benchmarks.planning [--slices 100000] [--engine]
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import tifffile
import yaml
from wkflow.workflow_files import snakefile

from tests.benchmarks.convert import GIB, VOXEL_SIZE, surroundings
from tests.benchmarks.watch import Run, watch

EDGE = 10_000
LINKS_PER_FILE = 30_000
"""ext4 allows 65 000 links to a file."""

DISK_TOO_SMALL = 6
"""The status after the table has been printed: 10 TB are not free here."""

LIMIT_S, LIMIT_GIB = 30, 2

ROOMY = """\
import shutil, sys
from snakemake.cli import main
usage = shutil.disk_usage
shutil.disk_usage = lambda path: usage(path)._replace(free=10**15)
main(sys.argv[1:])
"""
"""Snakemake on a machine that only seems to have room for the dataset."""


def write_source(folder: Path, slices: int) -> None:
    """Write sparse files that are valid images, and link to them."""
    folder.mkdir()
    for z in range(slices):
        file = folder / f"slice_{z:06d}.tif"
        if z % LINKS_PER_FILE == 0:
            original = file
            tifffile.imwrite(file, shape=(EDGE, EDGE), dtype="uint8")
        else:
            os.link(original, file)


def plan_by_cli(source: Path, target: Path) -> Run:
    """Run `wkflow convert --dry-run`."""
    command = [str(Path(sys.executable).parent / "wkflow"), "convert", "--dry-run"]
    options = ["--voxel-size", VOXEL_SIZE, "--category", "color"]
    return watch(
        [*command, *options, str(source), str(target)],
        environment=surroundings(),
        statuses=(0, DISK_TOO_SMALL),
    )


def plan_by_engine(source: Path, target: Path) -> Run:
    """Run `snakemake -n` as the command line would start it."""
    config = target.with_suffix(".yaml")
    options = {"source": str(source), "target": str(target), "category": "color",
               "voxel_size": [float(edge) for edge in VOXEL_SIZE.split(",")]}  # fmt: skip
    config.write_text(yaml.safe_dump(options))
    command = [sys.executable, "-c", ROOMY, "--snakefile", str(snakefile()), "--configfile",
               str(config), "--directory", f"{target}.wkflow", "--cores", "2", "--scheduler",
               "greedy", "--nolock", "--dry-run", "--quiet", "all"]  # fmt: skip
    return watch(command, environment=surroundings())


def tell(what: str, run: Run) -> None:
    """Print the end of what a command said, and what it took."""
    print(*run.output.splitlines()[-24:], sep="\n")
    print(f"{what}: {run.seconds:.1f} s, {run.peak / GIB:.2f} GiB, status {run.status}", flush=True)


def main() -> None:
    """Make the source, plan it in one or two ways, and clean up."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.planning")
    parser.add_argument("--slices", type=int, default=100_000)
    parser.add_argument("--engine", action="store_true", help="also time `snakemake -n`: minutes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wkflow-planning-") as folder:
        source, target = Path(folder, "source"), Path(folder, "target")
        write_source(source, options.slices)
        tell("wkflow convert --dry-run", plan_by_cli(source, target))
        print(f"wanted: under {LIMIT_S} s and {LIMIT_GIB} GiB, a few thousand jobs", flush=True)
        if options.engine:
            tell("snakemake --dry-run", plan_by_engine(source, target))


if __name__ == "__main__":
    main()
