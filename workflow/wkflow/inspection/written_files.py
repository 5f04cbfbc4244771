"""What the runs beside a dataset say that they wrote: shards by receipts, metadata by plan.

Layers that were added are told of as they were made, in a folder of the run: of those that were
moved into the dataset, and are listed there as they were moved, the paths there are given.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from glob import escape
from operator import itemgetter
from pathlib import Path

from wkflow.errors import ConfigError
from wkflow.formats.missing_files import Lost, Sizes, lost_documents
from wkflow.model.added_layers import ENDING as ADDED
from wkflow.model.added_layers import AddedLayers
from wkflow.model.datasource_properties import Existing
from wkflow.model.plan import LayerPlan, Plan
from wkflow.model.receipt import Receipt, ShardFile
from wkflow.model.voxel_job import BLOCK_RULE, REST_RULE, SLAB_RULE
from wkflow.model.write_datasource import PROPERTIES
from wkflow.run_folder import PLAN, RunFolder

ENDINGS = (".wkflow", ".downsample")
"""Of the run folders beside a dataset, beside those of layers that were added."""

WRITERS = (SLAB_RULE, BLOCK_RULE, REST_RULE)
"""Rules that write voxels, and keep receipts below their names."""


def run_folders_of(dataset: Path) -> list[Path]:
    """List the folders of the runs that may have written a dataset, as they are called by default.

    >>> [folder.name for folder in run_folders_of(Path("/data/em"))]
    ['em.wkflow', 'em.downsample']
    """
    added = sorted(dataset.parent.glob(f"{escape(dataset.name)}*{ADDED}"))
    return [*(dataset.with_name(dataset.name + ending) for ending in ENDINGS), *added]


def written_files(dataset: Path, run_folders: Iterable[Path]) -> dict[str, ShardFile]:
    """Give the shards that receipts name, by their paths in the dataset; the last one counts."""
    found = []
    for folder in run_folders:
        if (moved := _moved(dataset, folder)) is not None:
            paths = _receipts(RunFolder(folder))
            found += [(path.stat().st_mtime_ns, path, moved) for path in paths]
    written: dict[str, ShardFile] = {}
    for _, path, moved in sorted(found, key=itemgetter(0, 1)):
        receipt = Receipt.find(path)
        for file in receipt.files if receipt else ():
            place = _place(file.path, moved)
            written[place] = replace(file, path=place)
    return written


def _moved(dataset: Path, run_folder: Path) -> dict[str, str] | None:
    """Say where layers of a run lie in the dataset, other than they are called.

    None if they are none of this dataset: being made, or no more as they were added.
    """
    if not run_folder.name.endswith(ADDED):
        return {}
    noted = AddedLayers.read(run_folder)
    with suppress(OSError, ValueError, LookupError, TypeError):
        document = json.loads((dataset / PROPERTIES).read_bytes())
        is_of_it = noted and noted.is_done and Path(noted.target).resolve() == dataset.resolve()
        if noted and is_of_it and noted.is_listed(document):
            return noted.folders
    return None


def _place(path: str, moved: Mapping[str, str]) -> str:
    layer, slash, rest = path.partition("/")
    return f"{moved.get(layer, layer)}{slash}{rest}"


def _receipts(folder: RunFolder) -> Iterator[Path]:
    for rule in WRITERS:
        yield from (folder.receipts / rule).rglob("*.json")


def lost_metadata(dataset: Path, run_folders: Iterable[Path], existing: Existing) -> list[Lost]:
    """List the metadata of listed mags that are not as the last run wrote them."""
    lost: list[Lost] = []
    folders = {path for layer in existing.layers for mag in layer.mags for path in mag.paths}
    for folder in run_folders:
        moved = _moved(dataset, folder)
        with suppress(OSError, ConfigError):
            plan = replace(Plan.read(folder / PLAN), dataset=str(dataset))
            layers = [_placed(one, moved) for one in plan.layers if moved is not None]
            plan = replace(plan, layers=tuple(layers))
            for one in plan.layers:
                made = {f"{one.layer.path}/{grid.name}" for grid in one.made}
                if made <= folders:  # else somebody took away or replaced some since
                    lost += lost_documents(plan, one, Sizes(dataset))
    return lost


def _placed(one: LayerPlan, moved: Mapping[str, str] | None) -> LayerPlan:
    """Give the plan of a layer where it lies in the dataset."""
    folder = (moved or {}).get(one.layer.name, "")
    return replace(one, layer=replace(one.layer, folder=folder)) if folder else one
