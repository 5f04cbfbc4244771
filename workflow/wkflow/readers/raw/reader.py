"""Voxels without a header, laid out as options or a sidecar file say."""

import os
from contextlib import AbstractContextManager

import numpy as np

from wkflow.errors import SourceError
from wkflow.model.source import Header, ImageInfo, ImageMetadata, RawLayout
from wkflow.readers.base.uncompressed import ArrayImage, FileArray, open_arrays
from wkflow.readers.base.unmarked import open_unmarked
from wkflow.readers.raw.sidecar import Sidecar, find_sidecar
from wkflow.source_errors import translated

TYPES = frozenset(
    {"uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float32", "float64"}
)

ORDERS = {"F": "xyz", "C": "zyx", "vector": "zxy"}
"""Axes, fastest first; the last as Ripple files may have it."""

BYTE_ORDERS = {"little": "<", "big": ">"}


class RawReader:
    """One image of z planes.

    Parameters
    ----------
    layout : RawLayout, optional
        How voxels lie in every file; without it, each file has a sidecar that says so.
    """

    def __init__(self, layout: RawLayout | None) -> None:
        self._layout = layout

    def probe(self, path: str) -> tuple[ImageInfo, ...]:
        """Compare the file's length with what its voxels need."""
        return (self._image(path)[0],)

    def open(self, path: str) -> AbstractContextManager[list[ArrayImage]]:
        """Open the image for reading from where it lies."""
        return open_arrays(path, [self._image(path)])

    def _image(self, path: str) -> tuple[ImageInfo, FileArray]:
        with translated(path), open_unmarked(path) as file:
            size = os.fstat(file.fileno()).st_size
        sidecar = find_sidecar(path) if self._layout is None else Sidecar(self._layout)
        header, array = _lay(sidecar.layout, sidecar.path or path)
        end = array.end(header)
        if size != end:
            raise SourceError(
                f"has {size} bytes; {_words(sidecar.layout, header)} need {end}", path,
                "Is it cut short? If not, give the true --raw-shape and --raw-dtype, or a sidecar.",
            )  # fmt: skip
        files = (path, sidecar.path) if sidecar.path else ()
        return ImageInfo(
            header, (1, 1, 1), ImageMetadata(voxel_nm=sidecar.voxel_nm, notes=sidecar.notes), files
        ), array


def _lay(layout: RawLayout, where: str) -> tuple[Header, FileArray]:
    values = (
        ("dtype", layout.dtype, TYPES),
        ("order", layout.order, ORDERS),
        ("byte order", layout.byte_order, BYTE_ORDERS),
    )
    for name, value, known in values:
        if value not in known:
            remedy = f"Known are {' '.join(sorted(known))}."
            raise SourceError(f"the {name} {value} is unknown", where, remedy)
    if min(layout.shape) < 1 or layout.offset < 0:
        what = f"the shape {layout.shape} or the offset {layout.offset} makes no sense"
        raise SourceError(what, where, "Give x, y and z of at least 1, and no negative offset.")
    header = Header(*layout.shape, 1, layout.dtype)
    dtype = np.dtype(layout.dtype).str[1:]
    return header, FileArray.packed(
        header, BYTE_ORDERS[layout.byte_order] + dtype, layout.offset, ORDERS[layout.order]
    )


def _words(layout: RawLayout, header: Header) -> str:
    x, y, z = header.size
    behind = f" behind {layout.offset} bytes" if layout.offset else ""
    return f"{x} x {y} x {z} voxels of {layout.dtype}{behind}"
