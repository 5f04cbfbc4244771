"""The folders of new mags: names that nobody else has, and a memory of those that were ours."""

import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wkflow import atomic_files
from wkflow.errors import ConfigError
from wkflow.formats.dataset_contents import require_dataset
from wkflow.formats.mag_folder_names import folders_like
from wkflow.model.datasource_properties import ExistingLayer
from wkflow.model.mag import Mag
from wkflow.model.plan import LayerPlan, Plan
from wkflow.options.settings import Settings
from wkflow.path_safety import is_inside
from wkflow.planning.find_dataset import Target
from wkflow.run_folder import (
    BEGUN,
    DRAFT,
    PAGE,
    PICTURES,
    RECEIPTS,
    REPORT,
    UPLOAD,
    _record,
    is_finished,
)


def start_anew(plan: Plan, run_folder: Path) -> None:
    """Forget what an earlier plan left in the run folder, if this is another one."""
    if not is_finished(run_folder) and _record(run_folder).get("plan") == plan.drawn_from:
        return
    for name in (RECEIPTS, UPLOAD):
        shutil.rmtree(run_folder / name, ignore_errors=True)
    for name in (REPORT, PAGE, PICTURES):
        atomic_files.discard(run_folder / name)
    folders = sorted({*ours_of(run_folder), *_folders(plan.layers)})
    atomic_files.write_json(run_folder / BEGUN, {"plan": plan.drawn_from, "folders": folders})


def ours_of(run_folder: Path) -> frozenset[str]:
    """List the folders, below the dataset, that runs of this run folder began to write."""
    folders = _record(run_folder).get("folders")
    if isinstance(folders, list) and all(isinstance(name, str) for name in folders):
        return frozenset(folders)
    with suppress(OSError, ConfigError):  # the record cannot be read: what was planned last is ours
        plan = Plan.read(run_folder / DRAFT)
        return frozenset(_folders(plan.layers)) if plan.extends else frozenset()
    return frozenset()


def taken(target: Target, layers: list[LayerPlan]) -> frozenset[str]:
    """List the folders of all mags that are listed or planned already."""
    listed = {path for one in target.existing.layers for mag in one.mags for path in mag.paths}
    return frozenset(listed | set(_folders(layers)))


def require_replaceable(settings: Settings, target: Target, layers: list[LayerPlan]) -> None:
    """Refuse to replace a mag in whose folder lies what no dataset is made of.

    Such a file would stay there after the mag is gone, and nobody would know.

    Raises
    ------
    ConfigError
        Naming the files.
    """
    listed = {one.layer.name: one.mags for one in target.existing.layers}
    for one in layers:
        for grid in one.made:
            same = (mag for mag in listed[one.layer.name] if mag.mag.largest == grid.mag.largest)
            places = {path for mag in same for path in mag.paths}
            if grid.folder or settings.overwrite_mags:
                places.update(folders_like(settings.dataset, one.layer.path, grid.mag))
            for path in sorted(places):
                if is_inside(settings.dataset, path) and not (settings.dataset / path).is_symlink():
                    require_dataset(settings.dataset, path)


def _folders(layers: Iterable[LayerPlan]) -> list[str]:
    return [f"{one.layer.path}/{grid.name}" for one in layers for grid in one.made]


@dataclass(frozen=True, slots=True)
class NewFolders:
    """Chooses the folders of a layer's new mags.

    None of them is `taken`, or another program's: `ours` are those that runs of this run folder
    began to write.
    """

    settings: Settings
    layer: ExistingLayer
    taken: frozenset[str]
    ours: frozenset[str]

    def name(self, mag: Mag) -> str:
        """Give the name for `Grid.folder`; empty for the usual one."""
        if self.settings.kind.is_remote:
            return ""
        usual = f"{self.layer.layer.path}/{mag}"
        if usual in self.taken:
            number = 2
            while f"{usual}__{number}" in self.taken:
                number += 1
            return f"{mag}__{number}"
        folder = self.settings.dataset / usual
        if folder.exists() and not (usual in self.ours or self.settings.overwrite_mags):
            raise ConfigError(
                "is there, but not in the properties: another program may have left it",
                str(folder),
                "Remove it, or let --overwrite-mags replace it.",
            )
        return ""
