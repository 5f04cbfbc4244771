"""What Imaris says of an image: the attributes of all groups of `DataSetInfo`, as text."""

from collections.abc import Mapping
from typing import Any

import h5py
import numpy as np

from wkflow.readers.base.source_metadata import SourceMetadata

INFO = "DataSetInfo"


def read_metadata(path: str) -> SourceMetadata | None:
    """Read them by their groups; texts are stored letter by letter.

    Nothing is followed that leads into another file.
    """
    with h5py.File(path, "r", locking=False) as file:
        info = _own(file, INFO)
        if info is None:
            return None
        parts = ((name, _own(info, name)) for name in info)
        groups = {name: _texts(group.attrs) for name, group in parts if group is not None}
    return SourceMetadata.of_values("ims.json", {name: one for name, one in groups.items() if one})


def _own(group: h5py.Group, name: str) -> h5py.Group | None:
    is_here = isinstance(group.get(name, getlink=True), h5py.HardLink)
    found = group.get(name) if is_here else None
    return found if isinstance(found, h5py.Group) else None


def _texts(attributes: Mapping[str, Any]) -> dict[str, object]:
    return {name: _text(value) for name, value in attributes.items()}


def _text(value: Any) -> object:  # noqa: ANN401 -- whatever HDF5 holds
    if isinstance(value, np.ndarray) and value.dtype.kind == "S":
        return b"".join(value.ravel().tolist())
    return value
