"""What a batch would do, as one table: nothing is written."""

import json
import shutil
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from wkflow.cli.batch.pool import pool_for
from wkflow.cli.messages import facts_of, say
from wkflow.cli.show import show
from wkflow.errors import ResourceError, WkflowError
from wkflow.model.run_kind import RunKind
from wkflow.model.units import shown_bytes
from wkflow.options.settings import Settings
from wkflow.options.sheet_layers import Row
from wkflow.planning.check_resources import (
    check_room,
    folder_of_disk,
    measure_room,
    written_bytes,
)
from wkflow.planning.check_target import check_target
from wkflow.planning.finished_state import is_unchanged, look_at_source
from wkflow.planning.list_dataset_files import find_batches
from wkflow.planning.plan_conversion import plan_conversion
from wkflow.planning.plan_downsampling import plan_downsampling
from wkflow.planning.plan_upload import plan_contents_upload
from wkflow.report.text_table import Part, TextTable
from wkflow.rules.failure_report import shortened
from wkflow.rules.job import foresee
from wkflow.run_folder import DELIVERY, RunFolder

GB = 1e9

HEAD = ("row", "dataset", "state", "jobs", "GB", "GB disk", "GB memory", "target")


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One dataset: its state (`unchanged`, `begun`, `new` or `wrong`), and what a run would take.

    `jobs` are those of the whole plan, `there` of them have receipts. `bytes` are uncompressed,
    `disk` those that it probably takes there, of which `needed` are not there yet; `folder` is on
    their disk. `memory` is that of the largest job.
    """

    row: str
    name: str
    state: str
    place: str
    jobs: int = 0
    there: int = 0
    bytes: int = 0
    disk: int = 0
    memory: int = 0
    needed: int = 0
    folder: str = ""
    error: dict[str, str] | None = None
    exit_status: int = 0


def show_plan(rows: Sequence[Row], *, as_json: bool) -> int:
    """Print the table, or an object; give the worst exit status."""
    planned = plan_rows(rows)
    short = disks_too_small(planned)
    statuses = [one.exit_status for one in planned] + ([short.exit_status] if short else [])
    if as_json:
        told = {"command": "batch", "end": "planned", "exit_status": max(statuses)}
        told["error"] = facts_of(short) if short else None
        say(json.dumps(told | {"datasets": [asdict(one) for one in planned]}), sys.stdout)
    else:
        show(planned_parts(planned))
        if short:
            say(f"\n{short}", sys.stdout)
    return max(statuses)


def plan_rows(rows: Sequence[Row]) -> list[PlannedRow]:
    """Draw the plans of all datasets, on all cores."""
    workers = max(1, min(pool_for(row.settings for row in rows).cores, len(rows)))
    with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
        return list(pool.map(plan_row, rows, chunksize=max(1, len(rows) // (8 * workers))))


def disks_too_small(planned: Sequence[PlannedRow]) -> ResourceError | None:
    """Say which file system does not hold what is yet to be written on it by all together."""
    needed: dict[int, int] = {}
    folders: dict[int, str] = {}
    for one in planned:
        if one.needed:
            device = Path(one.folder).stat().st_dev
            needed[device] = needed.get(device, 0) + one.needed
            folders.setdefault(device, one.folder)
    for device, count in needed.items():
        free = shutil.disk_usage(folders[device]).free
        if count > free:
            return ResourceError(
                f"the datasets need about {shown_bytes(count)} together, {shown_bytes(free)} are "
                "free", folders[device],
                "Free space there, or give some of them targets on another disk; --dry-run shows "
                "what each needs.",
            )  # fmt: skip
    return None


def plan_row(row: Row) -> PlannedRow:
    """Draw the plan of a dataset; what is wrong with it is told, as for the others."""
    settings = row.settings
    place = settings.target or f"{settings.dataset_name} on {settings.webknossos_url}"
    try:
        if is_unchanged(settings, look_at_source(settings)):
            return PlannedRow(row.place, settings.dataset_name, "unchanged", place)
        return PlannedRow(row.place, settings.dataset_name, place=place, **_planned(settings))
    except WkflowError as error:
        told = shortened(error, settings.run_folder)
    except (OSError, MemoryError) as error:
        foreseen = foresee(error)
        if foreseen is None:
            raise
        told = foreseen
    return PlannedRow(
        row.place, settings.dataset_name, "wrong", place, error=facts_of(told),
        exit_status=told.exit_status,
    )  # fmt: skip


def _planned(settings: Settings) -> dict[str, Any]:
    check_target(settings)
    if settings.kind is RunKind.UPLOAD:
        return _sent(settings)
    draw = plan_downsampling if settings.kind.downsamples else plan_conversion
    plan = draw(settings, is_trial=True)
    if not plan.layers:
        return {"state": "unchanged"}
    check_room(plan, settings)
    room = measure_room(plan, settings)
    jobs = [job for job, _ in plan.jobs()]
    folder = RunFolder(settings.run_folder)
    there = sum(folder.receipt(job).exists() for job in jobs)
    return {
        "state": "begun" if there else "new",
        "jobs": len(jobs),
        "there": there,
        "bytes": room.raw,
        "disk": room.expected,
        "memory": room.memory_per_job,
        "needed": max(0, room.expected - written_bytes(plan, settings)),
        "folder": str(folder_of_disk(plan, settings)),
    }


def _sent(settings: Settings) -> dict[str, Any]:
    """Count what would be sent of a dataset that exists."""
    contents = find_batches(settings.dataset, follow_links=settings.follows_links)
    delivery = plan_contents_upload(settings, contents)
    is_begun = (settings.run_folder / DELIVERY).exists()
    count, size = len(delivery.batches), delivery.byte_bound
    return {"state": "begun" if is_begun else "new", "jobs": count, "bytes": size}


def planned_parts(planned: Sequence[PlannedRow]) -> list[Part]:
    """Show each dataset in a line, and the sums."""
    rows: list[tuple[str, ...]] = []
    for one in planned:
        words = f"{one.error['where']}: {one.error['what']}" if one.error else one.place
        state = f"{one.there} of it" if one.there else one.state
        sizes = (
            f"{count / GB:.3f}" if one.jobs else "" for count in (one.bytes, one.disk, one.memory)
        )
        jobs = str(one.jobs or "")
        rows.append((one.row, one.name, state, jobs, *sizes, words.splitlines()[0]))
    states = ", ".join(f"{sum(one.state == state for one in planned)} {state}"
                       for state in ("new", "begun", "unchanged", "wrong")
                       if any(one.state == state for one in planned))  # fmt: skip
    largest = f"{max(one.memory for one in planned) / GB:.2f} GB of memory"
    raw = f"{sum(one.bytes for one in planned) / GB:.3f} GB uncompressed"
    disk = f"about {sum(one.disk for one in planned) / GB:.3f} GB on disk"
    return [
        TextTable(HEAD, tuple(rows), "<<<>>>><", (8, 20, 10, 6, 9, 9, 9, 0)),
        "",
        f"datasets   {len(planned)}: {states}",
        f"jobs       {sum(one.jobs for one in planned)}, the largest with {largest}",
        f"bytes      {raw}, {disk}; {_free(planned) / GB:.1f} GB free",
    ]


def _free(planned: Sequence[PlannedRow]) -> int:
    """Give the free bytes of the disk of the first target."""
    place = Path(planned[0].place)
    folders = (folder for folder in (place, *place.parents) if folder.is_dir())
    return shutil.disk_usage(next(folders, Path.cwd())).free
