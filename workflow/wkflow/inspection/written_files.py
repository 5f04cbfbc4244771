"""What the runs beside a dataset say that they wrote: shards by receipts, metadata by plan."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from wkflow.errors import ConfigError
from wkflow.formats.missing_files import Lost, Sizes, lost_documents
from wkflow.model.datasource_properties import Existing
from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt, ShardFile
from wkflow.model.voxel_job import BLOCK_RULE, REST_RULE, SLAB_RULE
from wkflow.run_folder import PLAN, RunFolder

ENDINGS = (".wkflow", ".downsample")
"""Of the run folders beside a dataset."""

WRITERS = (SLAB_RULE, BLOCK_RULE, REST_RULE)
"""Rules that write voxels, and keep receipts below their names."""


def run_folders_of(dataset: Path) -> list[Path]:
    """List the folders of the runs that may have written a dataset, as they are called by default.

    >>> [folder.name for folder in run_folders_of(Path("/data/em"))]
    ['em.wkflow', 'em.downsample']
    """
    return [dataset.with_name(dataset.name + ending) for ending in ENDINGS]


def written_files(run_folders: Iterable[Path]) -> dict[str, ShardFile]:
    """Give the shards that receipts name, by their paths in the dataset; the last one counts."""
    paths = (path for folder in run_folders for path in _receipts(RunFolder(folder)))
    by_age = sorted((path.stat().st_mtime_ns, path) for path in paths)
    receipts = (Receipt.find(path) for _, path in by_age)
    return {file.path: file for receipt in receipts if receipt for file in receipt.files}


def _receipts(folder: RunFolder) -> Iterator[Path]:
    for rule in WRITERS:
        yield from (folder.receipts / rule).rglob("*.json")


def lost_metadata(dataset: Path, run_folders: Iterable[Path], existing: Existing) -> list[Lost]:
    """List the metadata of listed mags that are not as the last run wrote them."""
    lost: list[Lost] = []
    folders = {path for layer in existing.layers for mag in layer.mags for path in mag.paths}
    for folder in run_folders:
        with suppress(OSError, ConfigError):
            plan = replace(Plan.read(folder / PLAN), dataset=str(dataset))
            for one in plan.layers:
                made = {f"{one.layer.path}/{grid.name}" for grid in one.made}
                if made <= folders:  # else somebody took away or replaced some since
                    lost += lost_documents(plan, one, Sizes(dataset))
    return lost
