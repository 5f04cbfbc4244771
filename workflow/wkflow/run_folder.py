"""The run folder: the names of its files, and what it remembers of an extension that began.

All names are relative to the run folder. Snakemake writes its own state beside them.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wkflow import atomic_files

RECEIPTS = "receipts"
"""What each job wrote."""


def receipt_name(job: object) -> str:
    """Name the receipt of a job as rules do, from the run folder.

    >>> receipt_name("convert_slab/cells/z0")
    'receipts/convert_slab/cells/z0.json'
    """
    return f"{RECEIPTS}/{job}.json"


HISTOGRAMS = "histograms"
"""How often values occur in each slab of a color layer, and in all slabs together."""


def histogram_path(receipt: str | Path) -> Path:
    """Give the file with the histogram of the slab that a receipt tells of.

    >>> histogram_path("receipts/convert_slab/cells/z0.json").as_posix()
    'histograms/cells/z0.npz'
    """
    path = Path(receipt)
    return path.parents[3] / HISTOGRAMS / path.parent.name / f"{path.stem}.npz"


def layer_histogram_path(receipt: str | Path) -> Path:
    """Give the file with the sum of all histograms of a layer, from the receipt of some slab.

    >>> layer_histogram_path("receipts/convert_slab/cells/z0.json").as_posix()
    'histograms/cells/all.npz'
    """
    return histogram_path(receipt).with_name("all.npz")


SOURCE_METADATA = "source-metadata"
"""What the first file of each layer says of itself besides its voxels."""

COUNTS = "counts"
"""How often values occur in each slab of a source whose window is to be chosen."""


def counts_path(receipt: str | Path) -> Path:
    """Give the file with the counts of which the receipt of a slab tells.

    >>> counts_path("receipts/count_values/cells/0/z0.json").as_posix()
    'counts/cells/0/z0.npz'
    """
    path = Path(receipt)
    layer, digit = path.parts[-3:-1]
    return path.parents[4] / COUNTS / layer / digit / f"{path.stem}.npz"


BATCHES = "parcels"
"""Below the receipts: those of an upload's batches. Earlier versions called them so."""

# whose the run folder is, and who is at work in it

LOCK = "lock"
"""Held by the command that is at work here."""

CLAIM = "claim.json"
"""Says that the first job may have started, so the target is this folder's."""

ASKED = "asked"
"""There while the command has not told of the end. After a kill in the last moment the same
command means "was that all?" and not "once more"."""

# what is asked for and what is done

CONFIG = "config.yaml"
"""The options, which Snakemake reads."""

DRAFT = "draft.json"
"""What was planned while the rules were read; jobs read it."""

PLAN = "plan.json"
"""The plan that was carried out last."""

BEGUN = "begun.json"
"""Which plan the receipts belong to, and all folders that it ever wrote."""

EXTENDED = (receipt_name("extend_properties"), receipt_name("finish_mags"))
"""One of them says that the mags of a dataset which exists are all there."""

MANIFEST_RULE = "write_manifest"
"""The job that lists the files of the dataset with their digests."""

REPORT = "report.json"
"""What was done, as numbers."""

PAGE = "report.html"
"""What was done, for people: pictures of the layers, and all that is known of the run."""

PICTURES = "report"
"""The pictures and tables of the page as files, of which Snakemake makes its own report."""

FINISHED = "finished.json"
"""What options, source and dataset were when the run of a batch ended."""

ADDING = "adding.json"
"""Which layers are on their way into a dataset that exists, and how far they came."""

# for people who wait

LOGS = "logs"
"""What each job and each command said."""

LOG = f"{LOGS}/snakemake.log"
"""What Snakemake said."""

BENCHMARKS = "benchmarks"
"""Seconds, cores and memory of the jobs that read, write or send voxels, as Snakemake saw them."""

FAILURE_NOTE = ".failure.json"
"""Ends the name of a failure note, in place of its log's suffix."""

ENTRANCE = f"{LOGS}/entrance{FAILURE_NOTE}"
"""The failure note for what is not the fault of one job."""

BAD_SLICES = "bad-slices.txt"
"""All slices that cannot be read, with the cause."""

PROGRESS = "progress"
"""How many voxels or bytes each job has done."""

CLUSTER = "cluster.json"
"""Jobs that run and wait, and why they wait."""

# uploads

DELIVERY = "delivery.json"
"""The upload plan."""

UPLOAD = "upload"
"""The state of uploads, of each attempt below its number."""

ATTEMPT, LOST = "attempt.json", "lost.json"
"""In the folder of uploads: the last attempt; in that of an attempt: why it cannot be completed."""

PROOF, PROOF_COPY = "upload.json", f"{UPLOAD}/proof.json"
"""The upload report; the second one stays where the first is lost."""

# what goes before the run ends, or may go

SCRATCH = "scratch"
"""Shortcuts between mags, and what was fetched."""

FETCHED = "fetched"
"""In the scratch folder: what was downloaded."""

UNPACKED = "unpacked"
"""What an archive held."""

HEADERS = "headers.json"
"""What was seen of slices that have not changed since. A cache."""

DOUBTFUL = "doubtful-slices.json"
"""Slices beside missing numbers, and smaller ones that were padded: the page shows them."""

TEMPORARY = "temporary.json"
"""Which folders for temporary files the run has made elsewhere."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one run; a job is `rule`, or `rule/wildcard/...`, as text or a VoxelJob."""

    path: Path

    @property
    def receipts(self) -> Path:
        return self.path / RECEIPTS

    def receipt(self, job: object) -> Path:
        """Give the receipt of a job, be it there or not."""
        return self.path / receipt_name(job)


def is_finished(run_folder: Path) -> bool:
    """Whether the last plan of a run folder was carried out, to its report, and it was told."""
    is_extended = any((run_folder / done).exists() for done in EXTENDED)
    return is_extended and (run_folder / REPORT).exists() and not (run_folder / ASKED).exists()


def forget_finished(run_folder: Path) -> None:
    """Let the next run draw a plan of its own, if the last one was carried out and that was told.

    Which folders were ever written is kept.
    """
    if is_finished(run_folder):
        (run_folder / DRAFT).unlink(missing_ok=True)
        atomic_files.write_json(run_folder / BEGUN, _record(run_folder) | {"plan": None})


def note_published(run_folder: Path, state: str) -> None:
    """Remember that the plan changes the properties to what `state` digests."""
    atomic_files.write_json(run_folder / BEGUN, _record(run_folder) | {"published": state})


def published(run_folder: Path) -> str | None:
    """Give what `note_published` remembered of the plan."""
    return _record(run_folder).get("published")


def _record(run_folder: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError, TypeError):
        return dict(json.loads((run_folder / BEGUN).read_bytes()))
    return {}
