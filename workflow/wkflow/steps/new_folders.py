"""The folders of new mags: names that nobody else has, and a memory of those that were ours."""

import json
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wkflow import durable
from wkflow.delivery import UPLOAD
from wkflow.errors import ConfigError
from wkflow.existing import ExistingLayer
from wkflow.inside import is_inside
from wkflow.mag import Mag
from wkflow.plan import ASKED, DRAFT, EXTENDED, REPORT, LayerPlan, Plan
from wkflow.settings import Settings
from wkflow.steps.dataset_files import require_dataset
from wkflow.steps.find_target import Target

_MAG = re.compile(r"(\d+|\d+-\d+-\d+)(__\d+)?")
"""Names of folders of mags: `2`, `2-2-1`, and `2__2` of what replaced the first."""

BEGUN = "begun.json"
"""In the run folder: which plan its receipts belong to, and all folders that it ever wrote."""


def is_finished(run_folder: Path) -> bool:
    """Whether the last plan of a run folder was carried out, to its report, and it was told."""
    is_extended = any((run_folder / done).exists() for done in EXTENDED)
    return is_extended and (run_folder / REPORT).exists() and not (run_folder / ASKED).exists()


def forget_finished(run_folder: Path) -> None:
    """Let the next run draw a plan of its own, if the last one was carried out and that was told.

    Which folders were ever written is kept.
    """
    if is_finished(run_folder):
        (run_folder / DRAFT).unlink(missing_ok=True)
        durable.write_json(run_folder / BEGUN, _record(run_folder) | {"plan": None})


def start_anew(plan: Plan, run_folder: Path) -> None:
    """Forget what an earlier plan left in the run folder, if this is another one."""
    if not is_finished(run_folder) and _record(run_folder).get("plan") == plan.drawn_from:
        return
    for name in ("receipts", UPLOAD):
        shutil.rmtree(run_folder / name, ignore_errors=True)
    (run_folder / REPORT).unlink(missing_ok=True)
    folders = sorted({*ours_of(run_folder), *_folders(plan.layers)})
    durable.write_json(run_folder / BEGUN, {"plan": plan.drawn_from, "folders": folders})


def note_published(run_folder: Path, state: str) -> None:
    """Remember that the plan changes the properties to what `state` digests."""
    durable.write_json(run_folder / BEGUN, _record(run_folder) | {"published": state})


def published(run_folder: Path) -> str | None:
    """Give what `note_published` remembered of the plan."""
    return _record(run_folder).get("published")


def _record(run_folder: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError, TypeError):
        return dict(json.loads((run_folder / BEGUN).read_bytes()))
    return {}


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


def folders_like(dataset: Path, folder: str, mag: Mag) -> list[str]:
    """List the folders of a layer that are called like a mag with the same largest factor."""
    found = []
    for place in (dataset / folder).iterdir() if (dataset / folder).is_dir() else ():
        named = _MAG.fullmatch(place.name)
        factors = [int(factor) for factor in named[1].split("-")] if named else []
        if factors and max(factors) == mag.largest:
            found.append(f"{folder}/{place.name}")
    return found


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
        if self.settings.is_remote:
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
