"""Shards that were sent and removed, and are wanted again: their receipts go first.

A new upload wants all of them; a block that has to be built again wants those below it.
"""

import shutil
from functools import cache
from pathlib import Path

from wkflow.datasource import PROPERTIES
from wkflow.delivery import Delivery
from wkflow.joints import Joints
from wkflow.receipt import Receipt
from wkflow.steps.discard_shards import has_shortcut, is_kept_reduced


def regain(ask: Joints, delivery: Delivery, run_folder: Path) -> None:
    """Remove the receipts of jobs whose shards are gone and wanted again."""
    receipts, state = run_folder / "receipts", delivery.state(run_folder)
    is_new = delivery.attempt > 1 and not state.exists()
    if is_new or (receipts / "discard_shards").exists():
        wanted = _Wanted(ask, run_folder)
        for job in wanted.of_all() if is_new else wanted.again():
            (receipts / f"{job}.json").unlink(missing_ok=True)
    if is_new:
        shutil.rmtree(receipts / "upload_shards", ignore_errors=True)
        _forget_metadata(Path(ask.plan.dataset), receipts)
    state.mkdir(parents=True, exist_ok=True)


def _forget_metadata(dataset: Path, receipts: Path) -> None:
    """Remove the receipts of groups, arrays and properties if those went with the dataset."""
    if not (dataset / PROPERTIES).exists():
        shutil.rmtree(receipts / "create_layer", ignore_errors=True)
        (receipts / "write_properties.json").unlink(missing_ok=True)


class _Wanted:
    """Which jobs have to write their shards again."""

    def __init__(self, ask: Joints, run_folder: Path) -> None:
        self._ask, self._run_folder = ask, run_folder
        self._is_gone = cache(self._look)

    def of_all(self) -> list[str]:
        """List those whose shards are not all there."""
        return [job for job, _ in self._ask.plan.jobs() if self._is_gone(job)]

    def again(self) -> set[str]:
        """List those whose shards will be read by a job that runs, and are not there.

        A job runs if its receipt is missing, or if one below it runs; then it wants all below it.
        """
        feeders = self._ask.feeders()
        runs = {job for job in feeders if not self._receipt(job).exists()}
        wanted: set[str] = set()
        before = -1
        while len(runs) > before:
            before = len(runs)
            runs |= {job for job, below in feeders.items() if not runs.isdisjoint(below)}
            for job in sorted(runs):
                wanted |= self._lacking(feeders[job], runs)
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
        path = self._receipt(job)
        if not path.exists():
            return False
        dataset = Path(self._ask.plan.dataset)
        return not all((dataset / file.path).exists() for file in Receipt.read(path).files)

    def _receipt(self, job: str) -> Path:
        return self._run_folder / "receipts" / f"{job}.json"
