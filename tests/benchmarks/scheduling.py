"""Plan and schedule 1000, 5000 and 20 000 jobs that do nothing: what the engine itself costs.

python -m tests.benchmarks.scheduling [--jobs 1000 5000 20000] [--plain]

The source is the metadata of a Zarr array of terabytes without a single chunk. Snakefile, rules and
inputs are the real ones. The executor says of each job at once that it is done (see `idle/`), so
that the last columns are the scheduler's: a cluster adds what one submission takes.
"""

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import yaml
from wkflow.model.plan import Plan
from wkflow.rules.inputs import RuleInputs
from wkflow.run_folder import DRAFT
from wkflow.workflow_files import snakefile

from tests.benchmarks.convert import ROOT, surroundings
from tests.benchmarks.planning import ROOMY
from tests.benchmarks.table import show
from tests.benchmarks.watch import Run, watch

SIZES = (1000, 5000, 20_000)
EDGE, SLAB_DEPTH, JOB_SIZE = 4096, 32, "512M"
PER_SLAB = 1.067
"""Jobs of all mags for one slab of this shape."""

HUNDRED_TB = (46_416, 46_416, 46_416)
MIB = 2**20

PLAN_ALONE = """\
import sys
import yaml
from wkflow.options.settings import Settings
from wkflow.planning.plan_conversion import plan_conversion
options = yaml.safe_load(open(sys.argv[1]))
plan_conversion(Settings.parse(options, where="benchmark"))
"""

READ_ALONE = "import sys; from wkflow.model.plan import Plan; Plan.read(sys.argv[1])"

JOBS_IN_FLIGHT = 100
FLEET = ("--executor", "idle", "--jobs", str(JOBS_IN_FLIGHT), "--cores", str(JOBS_IN_FLIGHT))
EASED = ("--scheduler-subsample", "100", "--max-jobs-per-timespan", "100000/1s")
"""Look at some of the jobs that are ready, and never wait between two submissions."""

FLAGS = ("--scheduler", "greedy", "--nolock", "--rerun-triggers", "mtime", "params", "input")


@dataclass(frozen=True)
class Case:
    """A source (z, y, x) on paper, and the folder of its run."""

    folder: Path
    shape: tuple[int, int, int]
    job_size: str | None = None

    @property
    def run_folder(self) -> Path:
        """Where config and receipts are."""
        return self.folder / "run"

    @property
    def config(self) -> Path:
        """The options of the run."""
        return self.run_folder / "config.yaml"

    def write(self) -> None:
        """Write the metadata of the source, and the options."""
        source = self.folder / "em"
        source.mkdir(parents=True)
        self.run_folder.mkdir()
        document = {"zarr_format": 2, "shape": self.shape, "chunks": [128] * 3, "dtype": "|u1",
                    "compressor": None, "fill_value": 0, "order": "C", "filters": None}  # fmt: skip
        (source / ".zarray").write_text(json.dumps(document))
        options = {"source": str(source), "target": str(self.folder / "target"),
                   "category": "color", "voxel_size": [10.0] * 3, "job_size": self.job_size,
                   "work_dir": str(self.run_folder)}  # fmt: skip
        self.config.write_text(yaml.safe_dump(options))

    def snakemake(self, *arguments: str) -> Run:
        """Run Snakemake on the real rules, on a disk that seems to have room."""
        command = [sys.executable, "-c", ROOMY, "--snakefile", str(snakefile()), "--configfile",
                   str(self.config), "--directory", str(self.run_folder), *FLAGS,
                   "--quiet", "all", *arguments]  # fmt: skip
        idle = ROOT / "tests" / "benchmarks" / "idle"
        own = surroundings()
        return watch(command, environment=own | {"PYTHONPATH": f"{idle}:{own['PYTHONPATH']}"})

    def python(self, code: str, path: Path) -> Run:
        """Run a few lines of Python on a file."""
        return watch([sys.executable, "-c", code, str(path)], environment=surroundings())

    def receipts(self) -> list[str]:
        """List the receipts of all jobs that write voxels; the plan was drawn."""
        return RuleInputs(Plan.read(self.run_folder / DRAFT)).receipts()


def measure(case: Case, flags: tuple[str, ...]) -> list[object]:
    """Plan, then schedule: seconds and memory of each."""
    drawn = case.python(PLAN_ALONE, case.config)
    planned = case.snakemake("--cores", "2", "--dry-run")
    receipts = case.receipts()
    one = case.snakemake("--cores", "2", "--dry-run", receipts[0])
    read = case.python(READ_ALONE, case.run_folder / DRAFT)
    rest = next(receipt for receipt in receipts if "downsample_rest" in receipt)
    ran = case.snakemake(*FLEET, *flags, rest)
    each_ms = 1000 * (ran.seconds - one.seconds) / len(receipts)
    seconds = [f"{run.seconds:.1f}" for run in (drawn, read, one, planned, ran)]
    return [len(receipts), *seconds, planned.peak // MIB, ran.peak // MIB, f"{each_ms:.1f}"]


def tell_of_100_tb(folder: Path) -> None:
    """Plan a source of 100 TB with the jobs that it has by default."""
    case = Case(folder, HUNDRED_TB)
    case.write()
    run = case.snakemake("--cores", "2", "--dry-run")
    count = len(case.receipts())
    print(f"\n100 TB by default: {count} jobs that write voxels, planned by `snakemake -n` in "
          f"{run.seconds:.1f} s and {run.peak // MIB} MiB", flush=True)  # fmt: skip


HEAD = ("jobs", "draw s", "read s", "one -n s", "-n s", "run s", "-n MiB", "run MiB", "ms/job")


def main() -> None:
    """Measure each size and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scheduling")
    parser.add_argument("--jobs", type=int, nargs="+", default=SIZES)
    parser.add_argument("--plain", action="store_true", help="leave the scheduler as it is")
    options = parser.parse_args()
    rows = []
    folder = Path(tempfile.mkdtemp(prefix="wkflow-scheduling-"))
    try:
        for jobs in options.jobs:
            depth = round(jobs / PER_SLAB) * SLAB_DEPTH
            case = Case(folder / str(jobs), (depth, EDGE, EDGE), JOB_SIZE)
            case.write()
            rows.append(measure(case, () if options.plain else EASED))
            print(show(HEAD, rows[-1:]), flush=True)
        tell_of_100_tb(folder / "100TB")
    finally:
        shutil.rmtree(folder)
    print(show(HEAD, rows))


if __name__ == "__main__":
    main()
