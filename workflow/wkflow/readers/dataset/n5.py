"""N5: arrays in blocks, the first axis fastest.

https://github.com/saalfeldlab/n5#file-system-specification. Pyramids are groups of s0, s1, ...
"""

import json
import os
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from natsort import natsorted
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.formats.chunk_grid import Span, gather
from wkflow.formats.n5_block import compression_of, decode
from wkflow.model.source import ImageMetadata, References
from wkflow.readers.base.references import referred
from wkflow.readers.dataset.bdv import UNKNOWN, registration_notes, setup_voxel_nm
from wkflow.readers.dataset.image import Stored, StoredImage, axes_of, image_of
from wkflow.readers.dataset.n5_scale import n5_scale, unmeasured, voxel_nm_of
from wkflow.source_errors import REMEDY

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
    return image_of(path, _stored(path, folder, attributes, axes), about, there)


def _stored(path: str, folder: Path, attributes: Attributes, axes: tuple[str, ...]) -> Stored:
    dtype = np.dtype(attributes["dataType"]).newbyteorder(">")
    shape = tuple(int(size) for size in attributes["dimensions"][::-1])
    chunk = tuple(int(size) for size in attributes["blockSize"][::-1])
    compression = compression_of(attributes)

    def load(position: tuple[int, ...]) -> NDArray[Any] | None:
        file = folder.joinpath(*map(str, position[::-1]))
        try:
            content = file.read_bytes()
        except FileNotFoundError:
            return None
        block = decode(content, dtype, compression, prod(chunk))
        spans = zip(position, chunk, shape, strict=True)
        needed = tuple(min(size, whole - at * size) for at, size, whole in spans)
        if any(have < need for have, need in zip(block.shape, needed, strict=True)):
            raise SourceError(f"is damaged: block {file.name} is too small", path, REMEDY)
        return block

    def fetch(spans: tuple[Span, ...]) -> NDArray[Any]:
        out = np.empty([end - begin for begin, end in spans], dtype.newbyteorder("="))
        gather(spans, chunk, load, out)
        return out

    return Stored(axes, shape, chunk, dtype.newbyteorder("="), fetch)
