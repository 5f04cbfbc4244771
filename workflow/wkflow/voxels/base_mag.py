"""The mags that others are computed from: which of their files went since that was planned."""

import shutil
from pathlib import Path

from wkflow.errors import SourceError
from wkflow.formats.mag_reader import open_mag
from wkflow.model.plan import LayerPlan, Plan
from wkflow.model.stored_mag import StoredMag
from wkflow.model.voxel_job import BLOCK_RULE, VoxelJob
from wkflow.run_folder import RunFolder
from wkflow.voxels.finer_mag import opened_files

NAMED = 3


def require_base(plan: Plan, run_folder: Path | None = None) -> None:
    """Make sure that the mags which others are computed from lost no file since that was planned.

    What was computed without them is not what it should be: its receipts go.

    Raises
    ------
    SourceError
        Naming what is missing.
    """
    for one in plan.layers:
        given = one.given
        if given is None or given.absent is None or given.misses == "zeros":
            continue
        name = f"mag {one.grids[0].mag} of layer {one.layer.name}"
        absent = _absent(given, one)
        if absent is None or len(absent) > given.absent:
            if run_folder:
                folder = RunFolder(run_folder)
                shutil.rmtree(folder.receipts / BLOCK_RULE / one.layer.name, ignore_errors=True)
                folder.receipt(VoxelJob.of_rest(one.layer.name)).unlink(missing_ok=True)
            what = "is not there any more" if absent is None else (
                f"lacks {len(absent)} files, and lacked {given.absent} when this run began: "
                f"{some_of(absent)}"
            )  # fmt: skip
            raise SourceError(
                f"{name} {what}", given.root,
                "Restore it, and give the same command; or remove the run folder to begin anew.",
            )  # fmt: skip


def _absent(given: StoredMag, one: LayerPlan) -> list[str] | None:
    """List the files of a mag that are not there; None if not even its metadata is."""
    try:
        with opened_files(given) as files:
            return open_mag(files, given, one.layer, one.grids[0]).absent()
    except SourceError:
        return None


def some_of(files: list[str]) -> str:
    """Name the first of many files."""
    return ", ".join(files[:NAMED]) + " ..." * (len(files) > NAMED)
