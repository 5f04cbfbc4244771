"""Whether the disks hold all datasets of a batch, asked before the first one is begun."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from wkflow.options.sheet_layers import Row

MOST_PER_BYTE = 64
"""Bytes of a dataset for one of its source: slices may be compressed. Labels become small again."""


def check_disks(rows: Sequence[Row], source_bytes: int) -> None:
    """Refuse datasets that have no room together; `source_bytes` are those of their sources.

    Plans are drawn only where it may be close. What comes from a network is counted only then.

    Raises
    ------
    ResourceError
        Naming a folder on the file system that is too small.
    """
    places = {existing(row.settings.dataset) for row in rows}
    free = min((shutil.disk_usage(place).free for place in places), default=0)
    if not rows or source_bytes * MOST_PER_BYTE <= free:
        return
    from wkflow.cli.batch.dry_run import disks_too_small, plan_rows  # noqa: PLC0415 -- imports all readers

    if short := disks_too_small(plan_rows(rows)):
        raise short


def existing(path: Path) -> Path:
    """Give the folder itself, or the nearest one above it that is there."""
    return next(folder for folder in (path, *path.parents) if folder.exists())
