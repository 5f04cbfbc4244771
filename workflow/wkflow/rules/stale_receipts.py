"""Before Snakemake decides: receipts of what is not there any more go, so that it is made anew.

Shards that were sent may go from the disk. A new upload wants all of them again; a block that has
to be built again wants those below it. Everything else has to be there in its size.
"""

import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

from wkflow.errors import ConfigError
from wkflow.formats.missing_files import DESCRIBED, Lost, Sizes, find_lost, forget, lost_shards
from wkflow.model.claim import place_of
from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt
from wkflow.model.voxel_job import VoxelJob
from wkflow.model.write_datasource import PROPERTIES
from wkflow.rules.inputs import RuleInputs
from wkflow.run_folder import DRAFT, EXTENDED, MANIFEST_RULE, PROOF, REPORT, RunFolder
from wkflow.voxels.scratch_mag import has_shortcut, is_kept_reduced
from wkflow.webknossos.upload_plan import UploadPlan
from wkflow.webknossos.upload_report import UploadReport


def drop_stale_receipts(ask: RuleInputs, delivery: UploadPlan, run_folder: Path) -> None:
    """Remove the receipts of jobs whose files are gone and wanted again."""
    folder, state = RunFolder(run_folder), delivery.state(run_folder)
    is_new = delivery.attempt > 1 and not state.exists()
    if not delivery.discard:
        drop_lost(ask.plan, run_folder)
    elif is_new or not UploadReport.is_of(run_folder / PROOF, delivery.upload_id):
        wanted = _Wanted(ask, run_folder)
        jobs = wanted.of_all() if is_new else wanted.unsent() | wanted.again()
        _unlink(map(folder.receipt, jobs))
    if is_new:
        shutil.rmtree(folder.receipts / "upload_shards", ignore_errors=True)
        _forget_metadata(Path(ask.plan.dataset), folder)
    state.mkdir(parents=True, exist_ok=True)


def drop_lost(plan: Plan, run_folder: Path) -> list[Lost]:
    """Remove the receipts of files that are not there in their size; list the files.

    With them go the receipts of what a run has to reach: else Snakemake would not look below.
    """
    folder = RunFolder(run_folder)
    lost = find_lost(_where_it_is(plan, run_folder), folder.receipts)
    if plan.destination:
        lost = [one for one in lost if _is_unsent_mag(plan, folder, one.job)]
    if lost:
        forget(lost, folder.receipts)
        done = map(folder.receipt, DESCRIBED)
        _unlink([*done, run_folder / REPORT, run_folder / EXTENDED[0]])
    _drop_lost_manifest(Path(plan.dataset), folder.receipt(MANIFEST_RULE))
    return lost


def _drop_lost_manifest(dataset: Path, path: Path) -> None:
    """Let the manifest be written anew if it is gone: no other file depends on it."""
    receipt = Receipt.find(path)
    if receipt and lost_shards(MANIFEST_RULE, receipt, Sizes(dataset)):
        path.unlink()


def _where_it_is(plan: Plan, run_folder: Path) -> Plan:
    """Give the plan with the folder that jobs write: beside the target where it replaces one."""
    return replace(plan, dataset=str(place_of(Path(plan.dataset), run_folder)))


def reopen(run_folder: Path) -> None:
    """Let the last plan of a dataset that was there before be carried on, if files of it are lost.

    What it added is known by its receipts alone: a plan drawn anew would begin above it.
    """
    with suppress(OSError, ConfigError):
        plan = Plan.read(run_folder / DRAFT)
        if plan.extends:
            drop_lost(plan, run_folder)


def _is_unsent_mag(plan: Plan, folder: RunFolder, name: str) -> bool:
    """Whether what a job wrote is still to be sent to a dataset that a server has."""
    if (folder.path / EXTENDED[1]).exists():
        return False
    job = VoxelJob.parse(name)
    one = plan.layer(job.layer)
    small = [str(grid.mag) for grid in one.made if not one.is_big(grid)]
    mags = [job.mag] if job.mag else small
    return not all(folder.receipt(f"upload_mag/{job.layer}/{mag}").exists() for mag in mags)


def _unlink(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _forget_metadata(dataset: Path, folder: RunFolder) -> None:
    """Remove the receipts of groups, arrays and properties if those went with the dataset."""
    if not (dataset / PROPERTIES).exists():
        shutil.rmtree(folder.receipts / "create_layer", ignore_errors=True)
        folder.receipt("write_properties").unlink(missing_ok=True)


class _Wanted:
    """Which jobs have to write their shards again."""

    def __init__(self, ask: RuleInputs, run_folder: Path) -> None:
        self._ask, self._run_folder = ask, run_folder
        self._is_gone = cache(self._look)
        self._sizes = Sizes(Path(ask.plan.dataset))

    def of_all(self) -> list[str]:
        """List those whose shards are not all there."""
        return [job for job, _ in self._ask.plan.jobs() if self._is_gone(job)]

    def unsent(self) -> set[str]:
        """List those whose shards are not all there, and not all on the server."""
        return {job for job in self.of_all() if not self._sent(job).exists()}

    def again(self) -> set[str]:
        """List those whose shards will be read by a job that runs, and are not there.

        A job runs if its receipt is missing, or if one below it runs; then it wants all below it.
        """
        upstream = self._ask.upstream()
        lost = self.unsent()
        runs = {job for job in upstream if job in lost or not self._receipt(job).exists()}
        wanted: set[str] = set()
        before = -1
        while len(runs) > before:
            before = len(runs)
            runs |= {job for job, below in upstream.items() if not runs.isdisjoint(below)}
            for job in sorted(runs):
                wanted |= self._lacking(upstream[job], runs)
            runs |= wanted
        return wanted

    def _lacking(self, below: list[str], runs: set[str]) -> set[str]:
        """Give what a job that runs would not find.

        Shortcuts are used all or none: where shards are gone, all shortcuts have to be there.
        """
        plan, folder = self._ask.plan, self._run_folder
        gone = {job for job in below if self._is_gone(job)} - runs
        if gone and all(has_shortcut(plan, job) for job in below):
            return {job for job in below if not is_kept_reduced(plan, folder, job)} - runs
        return gone

    def _look(self, job: str) -> bool:
        receipt = Receipt.find(self._receipt(job))
        return receipt is not None and bool(lost_shards(job, receipt, self._sizes))

    def _receipt(self, job: str) -> Path:
        return RunFolder(self._run_folder).receipt(job)

    def _sent(self, job: str) -> Path:
        return RunFolder(self._run_folder).receipt(f"upload_shards/{job}")
