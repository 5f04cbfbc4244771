"""N5: arrays in blocks, the first axis fastest.

https://github.com/saalfeldlab/n5#file-system-specification. Pyramids are groups of s0, s1, ...
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from natsort import natsorted

from wkflow.formats.dataset_files import LocalFiles
from wkflow.formats.n5 import n5_array
from wkflow.model.source import ImageMetadata, References
from wkflow.readers.base.references import referred
from wkflow.readers.dataset.bdv import UNKNOWN, registration_notes, setup_voxel_nm
from wkflow.readers.dataset.image import (
    Stored,
    StoredImage,
    as_decoded,
    axes_of,
    fetch_from,
    image_of,
)
from wkflow.readers.dataset.n5_scale import n5_scale, unmeasured, voxel_nm_of

ATTRIBUTES = "attributes.json"

DEPTH = 6
"""Groups in groups that are searched: the open volumes of EM lie five deep."""

Attributes = dict[str, Any]


def images(path: str, references: References) -> tuple[StoredImage, ...]:
    """Find the images of a container: of a pyramid the finest array, else every array."""
    return tuple(_walk(path, Path(path), DEPTH, references))


def _walk(path: str, folder: Path, depth: int, references: References) -> Iterator[StoredImage]:
    attributes = _attributes(folder)
    if "dimensions" in attributes:
        yield _image(path, folder, folder, {})
    elif finest := _finest(path, folder, attributes, references):
        yield _image(path, finest, folder, attributes)
    elif depth:
        for child in natsorted(child for child in folder.iterdir() if child.is_dir()):
            yield from _walk(path, child, depth - 1, references)


def _attributes(folder: Path) -> Attributes:
    file = folder / ATTRIBUTES
    found = json.loads(file.read_bytes()) if file.is_file() else {}
    return found if isinstance(found, dict) else {}


def _finest(path: str, folder: Path, attributes: Attributes, references: References) -> Path | None:
    """Find the finest array of a pyramid: as it says itself, s0, or mag 1 of WEBKNOSSOS."""
    pyramids = attributes.get("multiscales") or []
    names = [str(pyramid["datasets"][0]["path"]) for pyramid in pyramids[:1]]
    names += ["s0", "1"] if "scales" in attributes else ["s0"]
    levels = (Path(referred(path, name, references, str(folder))) for name in names)
    return next((level for level in levels if "dimensions" in _attributes(level)), None)


def _image(path: str, folder: Path, group: Path, above: Attributes) -> StoredImage:
    """Make an image of the array in a folder; a pyramid is named and described by its group."""
    attributes = _attributes(folder)
    name = group.relative_to(path).as_posix()
    count = len(attributes["dimensions"])
    names = attributes.get("axes")
    axes = axes_of(names[::-1] if isinstance(names, list) else None, count, path)
    called = "" if name == "." else name
    voxel_nm = voxel_nm_of({**above, **attributes}, axes)
    if voxel_nm == UNKNOWN and axes[-3:] == ("z", "y", "x"):
        voxel_nm = setup_voxel_nm(group)
    below = Path(os.path.relpath(folder, group)).as_posix()  # a followed reference leads elsewhere
    scaled = n5_scale(above, attributes, below, axes)
    size = scaled.voxel_nm(voxel_nm)
    notes = () if any(size) else unmeasured({**above, **attributes}, axes)
    notes = (*notes, *registration_notes(group))
    about = ImageMetadata(called, size, notes=notes, place=scaled.place)
    files = dict.fromkeys((group / ATTRIBUTES, folder / ATTRIBUTES))
    there = tuple(str(file.absolute()) for file in files if file.is_file())
    return image_of(path, _stored(folder, attributes, axes), about, there)


def _stored(folder: Path, attributes: Attributes, axes: tuple[str, ...]) -> Stored:
    files = LocalFiles("", handles=0)
    with as_decoded():
        array = n5_array(files, str(folder), attributes, axes[::-1])
    fetch = fetch_from(array, is_fastest_first=True)
    return Stored(axes, array.shape[::-1], array.chunk[::-1], array.dtype, fetch)
