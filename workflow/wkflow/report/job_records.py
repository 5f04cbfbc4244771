"""The jobs of a run folder: when each was at work, and what its receipt says that it did."""

import json
from base64 import urlsafe_b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wkflow.model.receipt import Receipt
from wkflow.model.voxel_job import BLOCK_RULE, REST_RULE, SLAB_RULE
from wkflow.run_folder import PROOF, RECEIPTS, RunFolder

VOXEL_RULES = frozenset({SLAB_RULE, BLOCK_RULE, REST_RULE})
SENDING_RULES = ("upload_shards", "upload_mag")

LISTING = frozenset({"write_properties", "extend_properties", "discard_shards"})
"""Rules whose receipts list files and voxels that other jobs wrote."""

SNAKEMAKE_RECORDS = ".snakemake/metadata"
"""One file for each output: its encoded name, in which `starttime` and `endtime` stand."""

UNREADABLE = (OSError, ValueError, TypeError, LookupError, AttributeError)


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One job: its rule and layer, its time in seconds since 1970, and what it wrote or sent."""

    rule: str
    layer: str
    begin: float
    end: float
    voxels: int = 0
    bytes: int = 0
    files: tuple[tuple[str, int], ...] = field(default=(), repr=False)


def read_jobs(run_folder: Path, voxel_receipts: Mapping[str, Receipt]) -> list[JobRecord]:
    """Give what is known of all jobs, in the order of their beginnings.

    Of jobs that write voxels those count that the plan has: `voxel_receipts` are theirs, by their
    paths as the rules name them. Those of others are read; what cannot be read is left out.
    """
    found = []
    for path, receipt in voxel_receipts.items():
        with suppress(*UNREADABLE):
            parts = Path(path).parts
            name = "/".join(parts[parts.index(RECEIPTS) :])  # without the prefix of a module
            layer = Path(name).with_suffix("").parts[2]
            files = tuple((file.path, file.bytes) for file in receipt.files)
            span = _span(run_folder, name, receipt.seconds)
            done = receipt.bytes_written
            found.append(JobRecord(receipt.rule, layer, *span, receipt.voxels, done, files))
    for file in [*_other_receipts(RunFolder(run_folder).receipts), run_folder / PROOF]:
        name = file.relative_to(run_folder).as_posix()
        parts = Path(name).with_suffix("").parts
        rule = parts[1] if parts[0] == RECEIPTS else "finish_upload"
        with suppress(*UNREADABLE):
            document = dict(json.loads(file.read_bytes()))
            found.append(_record(run_folder, name, rule, ("", *parts[2:3])[-1], document))
    return sorted(found, key=lambda job: job.begin)


def _other_receipts(receipts: Path) -> Iterator[Path]:
    """List the receipts of jobs that write no voxels."""
    for one in receipts.iterdir() if receipts.is_dir() else ():
        if one.is_dir() and one.name not in VOXEL_RULES:
            yield from one.rglob("*.json")
        elif one.suffix == ".json":
            yield one


def _record(
    run_folder: Path, name: str, rule: str, layer: str, document: dict[str, Any]
) -> JobRecord:
    begin, end = _span(run_folder, name, float(document.get("seconds") or 0))
    listed = document.get("files")
    own = [] if rule in LISTING or not isinstance(listed, list) else listed
    files = tuple((str(one["path"]), int(one["bytes"])) for one in own)
    done = int(document.get("bytes_sent") or 0) or sum(size for _, size in files)
    voxels = 0 if rule in LISTING else int(document.get("voxels") or 0)
    return JobRecord(rule, layer, begin, end, voxels, done, files)


def _span(run_folder: Path, name: str, seconds: float) -> tuple[float, float]:
    """Say when a job ran: as Snakemake noted, else by when its receipt was written."""
    if recorded := _recorded(run_folder, name):
        return recorded
    end = (run_folder / name).stat().st_mtime
    return end - seconds, end


def _recorded(run_folder: Path, output: str) -> tuple[float, float] | None:
    """Give what Snakemake noted of the job that made a file."""
    place = run_folder / SNAKEMAKE_RECORDS / urlsafe_b64encode(output.encode()).decode()
    with suppress(*UNREADABLE):
        noted = json.loads(place.read_bytes())
        return float(noted["starttime"]), float(noted["endtime"])
    return None


@dataclass(frozen=True, slots=True)
class RuleSum:
    """What all jobs of a rule did. `wall_s` is how long at least one of them was at work."""

    rule: str
    jobs: int
    voxels: int
    bytes: int
    job_s: float
    wall_s: float


def sum_by_rule(jobs: Iterable[JobRecord]) -> list[RuleSum]:
    """Sum jobs up rule by rule, in the order in which rules began."""
    by_rule: dict[str, list[JobRecord]] = defaultdict(list)
    for job in jobs:
        by_rule[job.rule].append(job)
    return [
        RuleSum(
            rule,
            len(some),
            sum(job.voxels for job in some),
            sum(job.bytes for job in some),
            sum(job.end - job.begin for job in some),
            sum(end - begin for begin, end in busy([(job.begin, job.end) for job in some])),
        )
        for rule, some in by_rule.items()
    ]


def busy(spans: Iterable[tuple[float, float]], within: float = 0.0) -> list[tuple[float, float]]:
    """Merge spans of time that overlap, or lie no more than `within` seconds apart.

    >>> busy([(5, 6), (0, 2), (1, 3)])
    [(0, 3), (5, 6)]
    """
    merged: list[tuple[float, float]] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1] + within:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((begin, end))
    return merged


def bytes_by_mag(jobs: Iterable[JobRecord], folders: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Give files and their bytes for each folder of a mag, relative to the dataset.

    They are those that jobs wrote; where none was written, those that were sent.
    """
    jobs, wanted = list(jobs), set(folders)
    depths = sorted({folder.count("/") + 1 for folder in wanted}, reverse=True)
    writing = [job for job in jobs if job.rule in VOXEL_RULES]
    sums: dict[str, tuple[int, int]] = {}
    for job in writing or [job for job in jobs if job.rule in SENDING_RULES]:
        for path, size in job.files:
            parts = path.split("/")
            names = ("/".join(parts[:depth]) for depth in depths)
            mag = next((name for name in names if name in wanted), None)
            if mag is not None:
                count, total = sums.get(mag, (0, 0))
                sums[mag] = count + 1, total + size
    return sums
