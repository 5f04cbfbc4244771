"""Layers on their way into a dataset that exists: what is noted of it in the run folder.

They are made in the run folder, moved into the dataset and listed there by one replacement of its
properties. The note says how far a killed run came.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from glob import escape
from pathlib import Path
from typing import Any, Self

from wkflow import json_document
from wkflow.model.plan import Plan
from wkflow.run_folder import ADDING

ENDING = ".add-layer"
"""Of the run folders beside a dataset in which layers for it are made."""


@dataclass(frozen=True, slots=True)
class AddedLayers:
    """The layers of one plan, and the dataset that gets them.

    Attributes
    ----------
    target
        Folder of the dataset.
    recipe
        Digests the plan of the layers.
    replaces
        Whether layers that have their names may go.
    folders
        Where the layers lie in the dataset, by their names; empty before they are moved.
    entries
        Their descriptions for the properties.
    gone
        Paths in the dataset, of what nothing refers to when they are listed.
    is_done
        Whether all of that has happened.
    """

    target: str
    recipe: str
    replaces: bool = False
    folders: dict[str, str] = field(default_factory=dict)
    entries: list[dict[str, Any]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    is_done: bool = False

    @property
    def is_moving(self) -> bool:
        """Whether the layers are being moved, or were."""
        return bool(self.folders)

    def is_listed(self, document: Mapping[str, Any]) -> bool:
        """Whether properties list all of these layers where they were moved to."""
        listed = {_place(layer) for layer in document["dataLayers"]}
        return self.is_moving and {_place(layer) for layer in self.entries} <= listed

    def write(self, run_folder: Path) -> None:
        """Keep it, whole or not at all."""
        json_document.write(run_folder / ADDING, self)

    @classmethod
    def read(cls, run_folder: Path) -> Self | None:
        """Read what `write` wrote; None where there is none, or one that cannot be read."""
        try:
            return json_document.read(cls, run_folder / ADDING)
        except (OSError, *json_document.WRONG):
            return None

    def done(self) -> Self:
        """Give the note of layers that are all in the dataset."""
        return replace(self, is_done=True)


def added_entries(dataset: Path, besides: Collection[str]) -> list[dict[str, Any]]:
    """Give the descriptions of layers that were added to a dataset and are there.

    A run that makes the other layers anew keeps them: what it writes lists its own alone. They are
    known by the run folders beside the dataset. `besides` are names that it has itself.
    """
    noted = [
        AddedLayers.read(path.parent)
        for path in sorted(dataset.parent.glob(f"{escape(dataset.name)}*{ENDING}/{ADDING}"))
    ]
    entries = {
        str(entry["name"]): entry
        for one in noted
        if one and one.is_done and one.target == str(dataset)
        for entry in one.entries
        if (dataset / str(entry["mags"][0]["path"])).is_dir()
    }
    return [entry for name, entry in entries.items() if name not in besides]


def dataset_of(plan: Plan, run_folder: Path) -> str:
    """Give the folder of the dataset that a plan is about, wherever its layers are made."""
    noted = AddedLayers.read(run_folder)
    return noted.target if noted else plan.dataset


def recipe_of(plan: Plan) -> str:
    """Digest the layers of a plan; what is said of them in notes does not count."""
    return replace(plan, notes=()).recipe()


def _place(layer: Mapping[str, Any]) -> tuple[str, str]:
    """Tell a layer by its name and by where its finest mag lies."""
    mags = layer.get("mags") or [{}]
    return str(layer["name"]), str(mags[0].get("path"))
