"""The run folder: the names of its files, and what it remembers of an extension that began."""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wkflow import atomic_files

RECEIPTS = "receipts"
"""In the run folder: what each job wrote."""


def receipt_name(job: object) -> str:
    """Name the receipt of a job as rules do, from the run folder.

    >>> receipt_name("convert_slab/cells/z0")
    'receipts/convert_slab/cells/z0.json'
    """
    return f"{RECEIPTS}/{job}.json"


BEGUN = "begun.json"
"""In the run folder: which plan its receipts belong to, and all folders that it ever wrote."""


BAD_SLICES = "bad-slices.txt"


LOG = "logs/snakemake.log"


PROOF = "upload.json"


DELIVERY = "delivery.json"
"""In the run folder."""

UPLOAD = "upload"
"""The folder of an upload's state, in the run folder."""


PLAN = "plan.json"
"""In the run folder: the plan that was carried out last."""

EXTENDED = (receipt_name("extend_properties"), receipt_name("finish_mags"))
"""In the run folder: one of them says that the mags of a dataset which exists are all there."""

REPORT = "report.json"
"""In the run folder: what was done."""

CONFIG = "config.yaml"
"""In the run folder: the options, which Snakemake reads."""

ASKED = "asked"
"""In the run folder, while the command has not told of the end. After a kill in the last moment
the same command means "was that all?" and not "once more"."""

CLUSTER = "cluster.json"
"""In the run folder, for the person who waits: jobs that run and wait, and why they wait."""

SCRATCH = "scratch"
"""In the run folder: files that go before the run ends."""

DRAFT = "draft.json"
"""In the run folder: what was planned while the rules were read; jobs read it."""


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
