"""Folders of a layer that are called like mags."""

import re
from pathlib import Path

from wkflow.model.mag import Mag

_MAG = re.compile(r"(\d+|\d+-\d+-\d+)(__\d+)?")
"""Names of folders of mags: `2`, `2-2-1`, and `2__2` of what replaced the first."""


def folders_like(dataset: Path, folder: str, mag: Mag) -> list[str]:
    """List the folders of a layer that are called like a mag with the same largest factor."""
    found = []
    for place in (dataset / folder).iterdir() if (dataset / folder).is_dir() else ():
        named = _MAG.fullmatch(place.name)
        factors = [int(factor) for factor in named[1].split("-")] if named else []
        if factors and max(factors) == mag.largest:
            found.append(f"{folder}/{place.name}")
    return found
