"""Shards that were sent and removed, and are wanted again: their receipts go first.

A new upload wants all of them; a block that has to be built again wants those below it.
"""

from pathlib import Path

from wkflow.delivery import Delivery
from wkflow.joints import Joints
from wkflow.receipt import Receipt
from wkflow.steps.discard_shards import is_spared


def regain(ask: Joints, delivery: Delivery, run_folder: Path) -> None:
    """Remove the receipts of jobs whose shards are gone and wanted again."""
    state = delivery.state(run_folder)
    is_new = delivery.attempt > 1 and not state.exists()
    if is_new or (run_folder / "receipts" / "discard_shards").exists():
        _forget(ask, run_folder, wants_all=is_new)
    state.mkdir(parents=True, exist_ok=True)


def _forget(ask: Joints, run_folder: Path, *, wants_all: bool) -> None:
    """Look at coarse mags first: what is forgotten there is wanted from those below."""
    for job, consumers in reversed(ask.consumers().items()):
        path = _receipt(run_folder, job)
        is_open = any(not _receipt(run_folder, consumer).exists() for consumer in consumers)
        if not path.exists() or not (wants_all or is_open):
            continue
        is_gone = not _is_there(Path(ask.plan.dataset), Receipt.read(path))
        if is_gone and (wants_all or not is_spared(ask.plan, run_folder, job)):
            path.unlink()


def _receipt(run_folder: Path, job: str) -> Path:
    return run_folder / "receipts" / f"{job}.json"


def _is_there(dataset: Path, receipt: Receipt) -> bool:
    return all((dataset / file.path).exists() for file in receipt.files)
