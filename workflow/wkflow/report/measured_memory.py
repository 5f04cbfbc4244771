"""What memory jobs took, as Snakemake saw it."""

import csv
import math
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wkflow.run_folder import BENCHMARKS, RECEIPTS

MIB = 1024 * 1024
"""Snakemake's unit of memory, which it calls MB."""


@dataclass(frozen=True, slots=True)
class MeasuredMemory:
    """Of how many of all jobs memory was measured, and the most that one took, in bytes.

    Snakemake looks at a job now and then: of what it took between two looks nothing is known, and
    nothing of a job that was gone before the first. So `peak` is a lower bound; None where of no
    job anything was seen.
    """

    jobs: int
    measured: int = 0
    peak: int | None = None


def read_memory(run_folder: Path, receipts: Iterable[str]) -> MeasuredMemory:
    """Read what was measured of the jobs that wrote receipts.

    The files of jobs that an earlier start of the run did are there as well, and those of jobs on a
    cluster, which are measured where they run. Files of jobs that the plan no longer has are not
    looked at.

    Parameters
    ----------
    run_folder
        The folder of the run.
    receipts
        Paths of receipts as the rules name them: a benchmark has the same name in its own folder.
    """
    paths = list(receipts)
    found = []
    for path in paths:
        with suppress(OSError, ValueError, LookupError, TypeError, csv.Error):
            parts = Path(path).parts
            inner = Path(*parts[parts.index(RECEIPTS) + 1 :])  # without the prefix of a module
            found.append(_peak(run_folder / BENCHMARKS / inner.with_suffix(".tsv")))
    seen = [peak for peak in found if peak > 0]
    return MeasuredMemory(len(paths), len(seen), max(seen, default=None))


def _peak(file: Path) -> int:
    """Give the resident memory of a job with its children in bytes; ValueError for "NA"."""
    with file.open(encoding="utf-8", newline="") as lines:
        peaks = [float(row["max_rss"]) for row in csv.DictReader(lines, delimiter="\t")]
    if not all(map(math.isfinite, peaks)):
        raise ValueError(file)
    return round(max(peaks) * MIB)
