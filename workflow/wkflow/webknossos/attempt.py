"""How often the server was asked to take this dataset, and whether it still knows of it.

An upload belongs to one plan: what a server has accepted it never takes again, so a changed plan,
and an upload that the server lost, ask for a new one.
"""

import json
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from wkflow import atomic_files
from wkflow.errors import ConfigError
from wkflow.run_folder import ATTEMPT, DELIVERY, LOST, UPLOAD
from wkflow.webknossos.upload_plan import UploadPlan


@dataclass(frozen=True, slots=True)
class Attempt:
    """One upload: its number, the name that the server knows it by, the recipe of what it holds."""

    number: int
    upload_id: str
    recipe: str

    def folder(self, run_folder: Path) -> Path:
        """Give where its state is kept."""
        return run_folder / UPLOAD / str(self.number)


def current(run_folder: Path) -> Attempt | None:
    """Give the last attempt, if there was one; the delivery knows it, too."""
    with suppress(OSError, ValueError, TypeError, LookupError):
        document = json.loads((run_folder / UPLOAD / ATTEMPT).read_bytes())
        if isinstance(document["number"], int) and isinstance(document["upload_id"], str):
            return Attempt(**document)
    with suppress(OSError, ConfigError):
        delivery = UploadPlan.read(run_folder / DELIVERY)
        if delivery.upload_id:
            return Attempt(delivery.attempt, delivery.upload_id, delivery.recipe)
    return None


def renewed(run_folder: Path, recipe: str) -> Attempt:
    """Give the attempt for this recipe: the last one if it still holds, else a new one."""
    last = current(run_folder)
    if last and last.recipe == recipe and why_lost(run_folder, last) is None:
        return last
    numbers = (int(path.name) for path in (run_folder / UPLOAD).glob("[0-9]*"))
    number = max([last.number if last else 0, *numbers]) + 1
    attempt = Attempt(number, _upload_id(), recipe)
    atomic_files.write_json(run_folder / UPLOAD / ATTEMPT, asdict(attempt))
    return attempt


def mark_lost(folder: Path, why: str) -> None:
    """Note, in the folder of an attempt, that it cannot be completed."""
    atomic_files.write_json(folder / LOST, why)


def why_lost(run_folder: Path, attempt: Attempt) -> str | None:
    """Say why an attempt cannot be completed; None if it can."""
    try:
        return str(json.loads((attempt.folder(run_folder) / LOST).read_bytes()))
    except (OSError, ValueError):
        return None


def _upload_id() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S}__{uuid.uuid4()}"
