"""How often SLURM's commands are called for a job, and what a job costs the machine of the command.

python -m tests.benchmarks.cluster_calls [--cases slurm batching groups arrays ...] [--slabs 8 40]

A real SLURM of one node runs slabs of next to nothing; commands on PATH count their calls. Two
sizes tell what one more slab costs, as the start of a run falls out. Jobs run beside on the same
cores: so seconds are those of a processor, of the command and all that it started, and of no job.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests import runs
from tests.benchmarks.convert import surroundings
from tests.benchmarks.table import show
from tests.benchmarks.watch import watch
from tests.slurm.cluster import Cluster, cluster_in, why_not

COUNTED = ("sbatch", "squeue", "sacct", "scontrol", "scancel", "sinfo")
DEPTH, EDGE = 16, 64
SHAPES = (*runs.VOXEL_SIZE, "--shard-shape", "64,64,16", "--chunk-shape", "16")
ONLY_SLABS = ("--no-downsample", "--no-report")
ONE_SLAB, FOUR_SLABS = ("--job-size", "60K"), ("--job-size", "270K")
SLABS = (8, 40)
GROUP = 4
LATE_S = 600
"""A case that takes longer never ends."""

LATE = 124
"""The status of timeout then."""

CASES = {
    "slurm": (ONE_SLAB, ()),
    "batching": (FOUR_SLABS, ()),
    "groups": (
        ONE_SLAB,
        ("--groups", "convert_slab=slabs", "--group-components", f"slabs={GROUP}"),
    ),
    "arrays": (ONE_SLAB, ("--slurm-array-jobs", "convert_slab")),
    "arrays, 5 jobs at once": ((*ONE_SLAB, "--jobs", "5"), ("--slurm-array-jobs", "convert_slab")),
}
"""What is added to the options of wkflow, and to Snakemake's. The second is what `slurm+batching`
does where nobody gives a size of jobs."""

HEAD = ("case", "slabs", "status", "sbatch", "test-only", "squeue", "others", "in jobs",
        "cpu s", "s")  # fmt: skip

WRAPPER = """\
#!/bin/sh
case "$*" in *--test-only*) name=test-only;; *) name={name};; esac
[ -z "$SLURM_JOB_ID" ] || name=in-jobs
echo $name >>'{log}'
exec {real} "$@"
"""


@dataclass(frozen=True)
class CallCounter:
    """Commands before SLURM's own on PATH, which write down each call."""

    folder: Path

    @property
    def log(self) -> Path:
        """One line a call."""
        return self.folder / "calls"

    def write(self) -> None:
        """Write the commands."""
        self.folder.mkdir()
        for name in COUNTED:
            if real := shutil.which(name):
                path = self.folder / name
                path.write_text(WRAPPER.format(name=name, log=self.log, real=real))
                path.chmod(0o755)

    def calls(self) -> Counter[str]:
        """Count since the last time."""
        found = Counter(self.log.read_text().split()) if self.log.exists() else Counter[str]()
        self.log.unlink(missing_ok=True)
        return found


def measure(
    cluster: Cluster, counter: CallCounter, case: str, slabs: int, stack: Path
) -> list[object]:
    """Convert so many slabs in one way, and count."""
    own, passed_on = CASES[case]
    target = stack.with_name("dataset")
    command = [sys.executable, "-m", "wkflow.cli.main", "convert", *SHAPES, *ONLY_SLABS]
    command += [*("--distribution-strategy", "slurm"), *own, str(stack), str(target)]
    command += ["--", *passed_on] if passed_on else []
    environment = surroundings() | cluster.variables
    environment["PATH"] = os.pathsep.join([str(counter.folder), environment["PATH"]])
    counter.calls()
    run = watch(
        ["timeout", "--signal=INT", "--kill-after=60", str(LATE_S), *command],
        environment=environment,
        statuses=tuple(range(256)),
    )
    calls = counter.calls()
    if run.status:
        print(run.output)
    status = "late" if run.status == LATE else run.status
    for left in stack.parent.glob("dataset*"):
        shutil.rmtree(left)
    others = sum(calls[name] for name in ("sacct", "scontrol", "scancel", "sinfo"))
    return [case, slabs, status, calls["sbatch"], calls["test-only"], calls["squeue"],
            others, calls["in-jobs"], f"{run.cpu:.2f}", f"{run.seconds:.0f}"]  # fmt: skip


def main() -> None:
    """Print a row for each case and number of slabs as soon as it is known, then all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.cluster_calls")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--slabs", type=int, nargs="+", default=SLABS)
    given = parser.parse_args()
    if reason := why_not():
        parser.error(f"no SLURM: {reason}")
    print(show(HEAD, measure_all(given.cases, given.slabs)))


def measure_all(cases: Sequence[str], slabs: Sequence[int]) -> list[list[object]]:
    """Start a SLURM, and measure each case with each number of slabs."""
    rows = []
    with tempfile.TemporaryDirectory() as place, cluster_in(Path(place) / "cluster") as cluster:
        counter = CallCounter(Path(place) / "counted")
        counter.write()
        for count in slabs:
            folder = Path(place) / str(count)
            stack = runs.write_stack(folder / "em", runs.noise(count * DEPTH, EDGE, EDGE))
            for case in cases:
                rows.append(measure(cluster, counter, case, count, stack))
                print(*rows[-1], flush=True)
    return rows


if __name__ == "__main__":
    main()
