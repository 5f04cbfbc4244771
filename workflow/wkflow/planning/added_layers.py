"""Layers for a dataset that exists: whether they fit beside those it has, and how far they are."""

import os
import shutil
from dataclasses import replace

from wkflow.atomic_files import discard
from wkflow.errors import ConfigError, SourceError, VerificationError
from wkflow.formats.dataset_contents import remove_dataset
from wkflow.formats.missing_files import Lost, Sizes, fault_of
from wkflow.model.added_layers import AddedLayers, recipe_of
from wkflow.model.datasource_properties import Existing
from wkflow.model.layer_names import suggest
from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt
from wkflow.model.units import shown_extent
from wkflow.model.write_datasource import PROPERTIES
from wkflow.options.settings import Settings
from wkflow.planning.find_destination import Destination, properties_of
from wkflow.run_folder import ADDING, PAGE, PICTURES, RECEIPTS, REPORT, RunFolder

NAMED = 3
"""Of the layers, how many give the dataset its name that holds their files on a server."""


def require_extensible(settings: Settings) -> None:
    """Refuse a target that is no dataset, or into which nothing can be moved from the run folder.

    Raises
    ------
    SourceError
        If it is no dataset.
    ConfigError
        If it may not be changed, or lies on another file system than the run folder.
    """
    target = settings.place
    if not (target / PROPERTIES).is_file():
        what = f"is no dataset: it has no {PROPERTIES}" if target.exists() else "is not there"
        remedy = "Give the folder of a dataset; `wkflow convert` makes one of images."
        raise SourceError(what, str(target), remedy)
    if not os.access(target, os.W_OK | os.X_OK):
        raise ConfigError("may not be changed", str(target), "Ask for the right to write there.")
    folder = next(
        one for one in (settings.run_folder, *settings.run_folder.parents) if one.exists()
    )
    if folder.stat().st_dev != target.stat().st_dev:
        raise ConfigError(
            f"lies on another file system than the dataset, {target}: layers are made here, and "
            "moved there",
            str(settings.run_folder),
            "Choose a --work-dir beside the dataset, or leave it out.",
        )


def with_place_for(plan: Plan, known: Destination, settings: Settings) -> Plan:
    """Give the plan of layers that have a place in the dataset, with notes of how they lie there.

    Raises
    ------
    ConfigError
        If a layer of the dataset has the name of one of them, and is not to be replaced.
    """
    existing, own = known.existing, {one.layer.name for one in plan.layers}
    noted = AddedLayers.read(settings.run_folder)
    is_ours = noted and noted.is_moving and noted.recipe == recipe_of(plan)
    others = [one.layer for one in existing.layers if one.layer.name not in own]
    taken = sorted(own & {one.layer.name for one in existing.layers})
    if taken and not (settings.replace or is_ours):
        raise ConfigError(
            f"has a layer {taken[0]} already", known.where,
            "Give another --layer-name" + (
                "." if known.is_remote else ", or --replace to let the new one take its place."
            ),
        )  # fmt: skip
    notes = [
        f"layer {one.layer.name} has the box {_box(one.layer.begin, one.layer.box.size)}, "
        f"layer {other.name} {_box(other.begin, other.box.size)}"
        for one in plan.layers
        for other in others[:1]
        if (one.layer.begin, one.layer.box.size) != (other.begin, other.box.size)
    ]
    placed = replace(plan, notes=(*plan.notes, *notes))
    return _on_server(placed, known) if known.is_remote else placed


def _on_server(plan: Plan, known: Destination) -> Plan:
    """Call the dataset that holds the files of the layers by both names; say what shows them.

    Where the dataset itself can get no layers, that one links those which are there.
    """
    layers = "_".join(one.layer.name for one in plan.layers[:NAMED])
    name = suggest(f"{known.existing.name}_{layers}")
    note = f"dataset {name} holds the files: what is deleted with it is gone from {known.where}"
    if known.obstacle:
        note = (
            f"{known.where} stays as it is, {known.obstacle}: {name} is new, and links its layers"
        )
    notes = (*plan.notes, note)
    return replace(plan, name=name, adds_to=known.where, links=bool(known.obstacle), notes=notes)


def _box(begin: tuple[int, int, int], size: tuple[int, int, int]) -> str:
    return f"{shown_extent(size)} at {','.join(map(str, begin))}"


def begin_adding(settings: Settings, plan: Plan) -> bool:
    """Note which layers are made for which dataset; say whether they are on their way into it.

    Then what the receipts tell of is there, and not in the run folder. What an earlier plan of the
    folder left is forgotten.

    Raises
    ------
    VerificationError
        If files of layers are gone that were added; where they are to be replaced, they are made
        anew.
    """
    folder, target = settings.run_folder, settings.place
    recipe, noted = recipe_of(plan), AddedLayers.read(folder)
    if noted and noted.is_moving:
        is_listed = noted.is_listed(properties_of(target))
        if noted.recipe == recipe and (is_listed or not noted.is_done):
            lost = _lost(noted, settings, plan) if noted.is_done else []
            if not lost:
                return True
            if not settings.replace:
                raise VerificationError(
                    fault_of(lost, "").what, str(target),
                    "Add --replace to make what this command added anew.",
                )  # fmt: skip
        _forget(noted, settings, is_listed=is_listed)
        noted = None
    if noted is None or (noted.recipe, noted.replaces) != (recipe, settings.replace):
        AddedLayers(str(target), recipe, settings.replace).write(folder)
    if not (settings.dataset / PROPERTIES).exists():
        RunFolder(folder).receipt("write_properties").unlink(missing_ok=True)
    return False


def _lost(noted: AddedLayers, settings: Settings, plan: Plan) -> list[Lost]:
    """List the shards of layers that were moved into the dataset, and are there no more.

    Their sizes do not count: `wkflow downsample` may have made some anew since.
    """
    sizes = Sizes(settings.place)
    found: list[Lost] = []
    for job, _ in plan.jobs():
        receipt = Receipt.find(RunFolder(settings.run_folder).receipt(job))
        for file in receipt.files if receipt else ():
            layer, _, rest = file.path.partition("/")
            path = f"{noted.folders.get(layer, layer)}/{rest}"
            if sizes.of(path) is None:
                found.append(Lost(job, path, file.bytes, None))
    return found


def _forget(noted: AddedLayers, settings: Settings, *, is_listed: bool) -> None:
    """Forget layers that were moved, in whole or in part: other ones are to be made."""
    folder = settings.run_folder
    if not is_listed:  # a run was killed while it moved them: nothing refers to them
        listed = {
            one.layer.path for one in Existing.parse(properties_of(settings.place), "").layers
        }
        for place in noted.folders.values():
            if place not in listed:
                remove_dataset(settings.place, place)
    for name in (REPORT, PAGE, PICTURES, ADDING):
        discard(folder / name)
    shutil.rmtree(folder / RECEIPTS, ignore_errors=True)
    remove_dataset(settings.dataset)
