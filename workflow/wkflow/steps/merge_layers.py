"""Move layers that are whole into a dataset that exists, and list them there, all at once.

Each change is one rename, or one file that is replaced, and what comes next is noted before: so a
run that is killed between two of them goes on, and until the properties are replaced the dataset
is what it was.
"""

import json
import os
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from wkflow.errors import ConfigError, IncompleteError
from wkflow.formats.dataset_contents import remove_dataset
from wkflow.model.added_layers import AddedLayers
from wkflow.model.datasource_properties import Existing, listed_mags, local_path, paths_of
from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt
from wkflow.model.write_datasource import PROPERTIES, write_properties
from wkflow.path_safety import is_inside
from wkflow.run_folder import ADDING

Document = dict[str, Any]


def merge_layers(plan: Plan, run_folder: Path) -> Receipt:
    """Let the layers of a plan, which lie in the plan's dataset, become some of another dataset.

    Called again after it was interrupted, it comes to the same result.

    Raises
    ------
    ConfigError
        If the dataset has got a layer of the same name meanwhile, or something else is in the place
        of a layer.
    IncompleteError
        If a layer is neither here nor there: somebody moved it away.
    """
    staged = Path(plan.dataset)
    noted = AddedLayers.read(run_folder)
    if noted is None:
        raise IncompleteError(
            "does not say any more which dataset gets the layers", str(run_folder / ADDING),
            "Give the same command again.",
        )  # fmt: skip
    target = Path(noted.target)
    if not noted.is_moving:
        noted = _arranged(noted, staged, target)
        noted.write(run_folder)
    for layer, folder in noted.folders.items():
        _move(staged / layer, target / folder, run_folder)
    document = _read(target)
    _list(document, noted.entries)
    write_properties(target, document)
    listed = _listed(document)
    for path in noted.gone:
        _remove(target, path, listed)
    remove_dataset(staged)
    noted.done().write(run_folder)
    return Receipt("merge_layers")


def _read(dataset: Path) -> Document:
    return dict(json.loads((dataset / PROPERTIES).read_bytes()))


def _arranged(noted: AddedLayers, staged: Path, target: Path) -> AddedLayers:
    """Say where each layer goes, how it is listed, and what goes then."""
    document, new = _read(target), _read(staged)["dataLayers"]
    names = {str(layer["name"]) for layer in document["dataLayers"]}
    folders: dict[str, str] = {}
    for layer in new:
        name = str(layer["name"])
        if name in names and not noted.replaces:
            raise ConfigError(
                f"has got a layer {name} meanwhile", str(target),
                "Give another --layer-name, or --replace to let the new one take its place.",
            )  # fmt: skip
        folders[name] = _free(target, name)
        for mag in layer["mags"]:
            mag["path"] = f"./{folders[name]}/{mag['path'].rpartition('/')[2]}"
    gone = [
        path
        for one in Existing.parse(document, str(target)).layers
        if one.layer.name in folders
        for path in [*(path for mag in one.mags for path in mag.paths), one.layer.path]
    ]
    return replace(noted, folders=folders, entries=new, gone=gone)


def _free(target: Path, name: str) -> str:
    """Give a folder in the dataset that nothing has: called as the layer, or nearly so."""
    names = (name if number == 1 else f"{name}__{number}" for number in count(1))
    return next(one for one in names if not os.path.lexists(target / one))


def _move(source: Path, place: Path, run_folder: Path) -> None:
    if source.is_dir():
        if os.path.lexists(place):
            raise ConfigError(
                "has come into the place of a new layer", str(place), "Move it elsewhere."
            )
        source.rename(place)
    elif not place.is_dir():
        (run_folder / ADDING).unlink(missing_ok=True)  # the layer is made anew
        raise IncompleteError(
            "is not there, and not in the run folder", str(place), "Give the same command again."
        )


def _list(document: Document, entries: list[Document]) -> None:
    """Put the layers into the place of those of their names, else behind all others."""
    layers: list[Document] = document["dataLayers"]
    places = {str(layer["name"]): number for number, layer in enumerate(layers)}
    for entry in entries:
        place = places.get(str(entry["name"]), len(layers))
        layers[place : place + 1] = [entry]


def _listed(document: Document) -> set[str]:
    return {
        local_path(path) for layer, mag in listed_mags(document) for path in paths_of(layer, mag)
    }


def _remove(target: Path, path: str, listed: set[str]) -> None:
    """Remove a folder in the dataset, unless a mag that is listed lies in it."""
    place = Path(path)
    is_needed = any(one == path or one.startswith(f"{path}/") for one in listed)
    if is_needed or place.is_absolute() or ".." in place.parts or "://" in path:
        return
    if (target / path).is_symlink() or is_inside(target, path):
        remove_dataset(target, path)
