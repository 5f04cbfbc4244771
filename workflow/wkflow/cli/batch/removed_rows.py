"""What a sheet named before and names no more: it is told, and left alone.

A dataset stays as it is by itself. A layer of one whose other rows are still there is planned on,
or the run would take it away.
"""

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from wkflow import atomic_files
from wkflow.network.urls import identity
from wkflow.options.layers import layer_options
from wkflow.options.settings import Settings
from wkflow.options.sheet_layers import Row

Layer = dict[str, Any]
"""The options of one layer, as `layers` has them."""


@dataclass(slots=True)
class RowRecord:
    """What runs of a sheet made: the places of datasets, and the layers of those that are whole."""

    datasets: list[str] = field(default_factory=list)
    layers: dict[str, list[Layer]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what the last run of a sheet kept; what cannot be read was not kept."""
        with suppress(OSError, ValueError, TypeError, LookupError, AttributeError):
            document: dict[str, Any] = json.loads(path.read_bytes())
            layers = {
                str(place): [dict(one) for one in each if one.get("source")]
                for place, each in document.get("layers", {}).items()
            }
            return cls([str(one) for one in document["datasets"]], layers)
        return cls()

    def removed(self, rows: Sequence[Row]) -> list[str]:
        """Name the datasets that the sheet does not name any more."""
        known = {place_of_dataset(row.settings) for row in rows}
        return [one for one in self.datasets if one not in known]

    def with_all_layers(self, rows: Sequence[Row]) -> tuple[list[Row], list[str]]:
        """Give the datasets with the layers that their rows had before, and name those."""
        whole = [self._with_removed_layers(row) for row in rows]
        return [row for row, _ in whole], [one for _, names in whole for one in names]

    def _with_removed_layers(self, row: Row) -> tuple[Row, list[str]]:
        """With `overwrite_existing` a dataset becomes what the sheet says now."""
        settings, place = row.settings, place_of_dataset(row.settings)
        earlier = self.layers.get(place, [])
        if settings.overwrite_existing or not (earlier and settings.kind.converts):
            return row, []
        now = layers_of(settings)
        gone = [one for one in earlier if not _is_named(one, now, earlier)]
        if not gone:
            return row, []
        layers = (*(settings.layers or ()), *gone)
        whole = Row(row.place, settings.model_copy(update={"layers": layers}))
        return whole, [f"{place}, layer {one.get('layer_name', one['source'])}" for one in gone]

    def after(
        self, rows: Sequence[Row], ends: Mapping[str, str], removed: Sequence[str]
    ) -> "RowRecord":
        """Give what to remember: what was ever made, as long as it is there."""
        left = [one for one in removed if os.path.lexists(one)]
        datasets = [*(place_of_dataset(row.settings) for row in rows), *left]
        layers = {place: each for place, each in self.layers.items() if place in datasets}
        for row in rows:
            is_made = ends.get(row.place) in {"done", "nothing_to_do", "unchanged"}
            if is_made and row.settings.kind.converts:
                layers[place_of_dataset(row.settings)] = layers_of(row.settings)
        return RowRecord(datasets, layers)

    def write(self, path: Path) -> None:
        """Keep it, whole or not at all."""
        atomic_files.write_json(path, {"datasets": self.datasets, "layers": self.layers})


def layers_of(settings: Settings) -> list[Layer]:
    """Give the options of each layer, or of all that one source makes."""
    own = layer_options(Settings.model_fields)
    told = settings.to_dict()
    first = {name: value for name, value in told.items() if name in own}
    return [first, *told.get("layers", [])]


def place_of_dataset(settings: Settings) -> str:
    """Say where a dataset is, or, of one on a server, its run folder."""
    return settings.target or str(settings.run_folder)


def _is_named(one: Layer, now: Sequence[Layer], earlier: Sequence[Layer]) -> bool:
    """Whether a layer is still in the sheet, be it in a row that was given another name."""
    known = {each.get("layer_name") for each in earlier}
    name, source = one.get("layer_name"), identity(one["source"])
    return any(
        each.get("layer_name") == name
        if name and each.get("layer_name") in known
        else identity(each["source"]) == source
        for each in now
    )
