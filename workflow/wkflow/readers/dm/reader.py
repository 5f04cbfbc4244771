"""DM3 and DM4 of Digital Micrograph: images and stacks of any number type.

What the tags mean: http://www.er-c.org/cbb/info/dmformat/.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from math import prod

import numpy as np

from wkflow.errors import SourceError
from wkflow.model.source import Header, ImageInfo, ImageMetadata
from wkflow.model.units import VoxelSize, voxel_size
from wkflow.readers.base.file_type import open_as
from wkflow.readers.base.uncompressed import ArrayImage, FileArray, open_arrays
from wkflow.readers.dm.tags import DmTags, Span, Tree
from wkflow.source_errors import REMEDY, translated

TYPES = {
    1: "i2", 2: "f4", 6: "u1", 7: "i4", 9: "i1", 10: "u2", 11: "u4", 12: "f8", 14: "u1",
    23: "u1", 39: "i8", 40: "u8",
}  # fmt: skip
"""DataType to numpy's type; 14 is 0 or 1 in a byte, 23 are the bytes of a pixel of RGB_TYPE."""

RGB_TYPE = 23
"""Blue, green, red and alpha."""

COMPLEX_TYPES = frozenset({3, 5, 13, 27, 28})

GROUPS = frozenset({"ImageList", "Thumbnails"})


class DmReader:
    """All images of the file but its thumbnail; a fourth axis is called t."""

    def probe(self, path: str) -> tuple[ImageInfo, ...]:
        """Read the tags, and no voxel."""
        return tuple(probe for probe, _ in _images(path))

    def open(self, path: str) -> AbstractContextManager[list[ArrayImage]]:
        """Open the images for reading from where they lie."""
        return open_arrays(path, _images(path))


def _images(path: str) -> list[tuple[ImageInfo, FileArray]]:
    kind = "DM4" if path.lower().endswith(".dm4") else "DM3"
    with translated(path), open_as(kind, path) as file:
        tags = DmTags(file, os.fstat(file.fileno()).st_size, path, GROUPS)
        found = [_image(path, tags, image) for image in _with_voxels(tags.root)]
    if not found:
        raise SourceError("holds no image", path, REMEDY)
    return found


def _with_voxels(root: Tree) -> Iterator[Tree]:
    """Give the images that are there to be looked at: not the thumbnail, which comes first."""
    images = root.get("ImageList")
    if not isinstance(images, dict):
        return
    thumbnails = root.get("Thumbnails", {})
    shown = thumbnails.values() if isinstance(thumbnails, dict) else ()
    small = {one.get("ImageIndex") for one in shown if isinstance(one, dict)} or {0}
    for number, image in enumerate(images.values()):
        is_small = number in small and len(images) > 1
        if isinstance(image, dict) and isinstance(image.get("ImageData"), dict) and not is_small:
            yield image


def _image(path: str, tags: DmTags, image: Tree) -> tuple[ImageInfo, FileArray]:
    content = image["ImageData"]
    if not isinstance(content, dict):
        raise TypeError("ImageData")
    kind, voxels, extents = content["DataType"], content["Data"], content["Dimensions"]
    if kind in COMPLEX_TYPES:
        remedy = "Export its magnitude or its real part from Digital Micrograph."
        raise SourceError("holds complex numbers, which no layer can", path, remedy)
    if kind not in TYPES or not (isinstance(voxels, Span) and isinstance(extents, dict)):
        raise SourceError(f"holds voxels of an unknown type ({kind})", path, REMEDY)
    header = _header(path, int(kind), [n for n in extents.values() if isinstance(n, int)])
    stored = 4 if kind == RGB_TYPE else 1
    dtype = np.dtype(tags.order + TYPES[int(kind)]).str
    bytes_wanted = prod(header.size) * header.frames * stored * np.dtype(dtype).itemsize
    if voxels.bytes < bytes_wanted:
        what = f"is damaged: {bytes_wanted} bytes of voxels are expected, {voxels.bytes} are there"
        raise SourceError(what, path, REMEDY)
    array = FileArray.packed(header, dtype, voxels.offset, samples=stored)
    if kind == RGB_TYPE:  # a number of 4 bytes, 0xAARRGGBB
        red, step = (2, -1) if tags.order == "<" else (1, 1)
        array = replace(array, offset=array.offset + red, steps=(*array.steps[:5], step))
    notes = ("alpha is left out",) if kind == RGB_TYPE else ()
    size, dropped = _voxel_size(tags, content)
    about = ImageMetadata(tags.text(image.get("Name")), size, notes=(*notes, *dropped))
    return ImageInfo(header, (1, 1, 1), about), array


def _header(path: str, kind: int, extents: list[int]) -> Header:
    x, y, z, *more = (*extents, *(1,) * (3 - len(extents)))
    if min(x, y, z, *more) < 1 or any(n > 1 for n in more[1:]):
        axes = " x ".join(map(str, extents))
        raise SourceError(f"has the shape {axes}, which no reader knows", path, REMEDY)
    axes_more = (("t", more[0]),) if more and more[0] > 1 else ()
    samples = 3 if kind == RGB_TYPE else 1
    return Header(x, y, z, samples, np.dtype(TYPES[kind]).name, axes=axes_more)


def _voxel_size(tags: DmTags, content: Tree) -> tuple[VoxelSize, tuple[str, ...]]:
    calibrations = content.get("Calibrations")
    dimension = calibrations.get("Dimension") if isinstance(calibrations, dict) else None
    scales: list[object] = [None, None, None]
    units = ["", "", ""]
    for axis, one in enumerate(dimension.values() if isinstance(dimension, dict) else ()):
        if isinstance(one, dict) and axis < 3:
            scales[axis], units[axis] = one.get("Scale"), tags.text(one.get("Units"))
    return voxel_size(scales, units)
