"""The dataset that gets layers, in a folder or on a server: what it has, and if it may change."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wkflow.errors import SourceError
from wkflow.model.datasource_properties import Existing
from wkflow.model.write_datasource import PROPERTIES
from wkflow.options.settings import Settings


@dataclass(frozen=True, slots=True)
class Destination:
    """A dataset that gets layers.

    Attributes
    ----------
    existing
        Its voxel size and layers; of one on a server without those that this run added already.
    where
        Its folder, or its address on a server.
    is_remote
        Whether it is on a server.
    obstacle
        Why the server adds no layers to it; empty if it does.
    """

    existing: Existing
    where: str
    is_remote: bool = False
    obstacle: str = ""


def find_destination(settings: Settings) -> Destination | None:
    """Read the dataset that gets layers; None where a run makes a dataset of its own.

    Raises
    ------
    SourceError
        If it cannot be read.
    ServerError
        If it is not there, cannot be used, or the token is missing or wrong.
    TransientError
        If the server cannot be reached.
    """
    if not settings.kind.adds_layers:
        return None
    if settings.kind.composes:
        from wkflow.planning.find_remote_destination import find_remote_destination  # noqa: PLC0415 -- most datasets are in folders

        return find_remote_destination(settings)
    place = str(settings.place)
    return Destination(Existing.parse(properties_of(settings.place), place), place)


def properties_of(dataset: Path) -> dict[str, Any]:
    """Read the properties of a dataset in a folder.

    Raises
    ------
    SourceError
        If they are no JSON object.
    """
    path = dataset / PROPERTIES
    try:
        return dict(json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        remedy = "Open it with the tool that made it."
        raise SourceError(f"cannot be read ({error})", str(path), remedy) from None
