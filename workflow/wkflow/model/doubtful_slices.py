"""Slices that a person should look at, because of what was seen before any voxel was read.

They are kept in the run folder, for the page alone: the plan does not depend on them.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wkflow import atomic_files
from wkflow.run_folder import DOUBTFUL


@dataclass(frozen=True, slots=True)
class DoubtfulSlices:
    """What is doubtful, in words that go behind a number of slices, and the places along z.

    Places count the slices of the layer's source from 0.
    """

    what: str
    places: tuple[int, ...]


ByLayer = Mapping[str, tuple[DoubtfulSlices, ...]]


def keep_doubtful(run_folder: Path, found: ByLayer) -> None:
    """Write down what was found in each layer, if the run has its folder."""
    path = run_folder / DOUBTFUL
    rows = {name: [[one.what, one.places] for one in some] for name, some in found.items() if some}
    if not rows:
        path.unlink(missing_ok=True)
    elif run_folder.is_dir():
        atomic_files.write_json(path, rows, indent=None)


def read_doubtful(run_folder: Path) -> ByLayer:
    """Read what was kept; of what cannot be read there is nothing to be said."""
    with suppress(OSError, ValueError, TypeError, AttributeError):
        rows = json.loads((run_folder / DOUBTFUL).read_bytes())
        return {
            name: tuple(DoubtfulSlices(str(what), tuple(map(int, places))) for what, places in some)
            for name, some in rows.items()
        }
    return {}
