"""A mag that is there, read box by box: whatever its format, and wherever its files are."""

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.formats.chunk_grid import Span
from wkflow.formats.dataset_files import Files, LocalFiles
from wkflow.formats.stored_array import Piece, StoredArray
from wkflow.formats.table import format_of
from wkflow.model.box import Box
from wkflow.model.data_formats import DATA_FORMATS
from wkflow.model.layer import Grid, Layer
from wkflow.model.stored_mag import StoredMag

Voxels = NDArray[Any]
"""Of the shape (c, x, y, z); the transpose is C-contiguous."""

SPATIAL = "zyxc"
"""The axes of a block in memory, slowest first."""


class MagReader:
    """The voxels of a mag. Boxes are in its own voxels, counted from the dataset's origin.

    `name` is its folder; with `refuses` each of its files has to be there.
    """

    def __init__(
        self, files: Files, array: StoredArray, layer: Layer, grid: Grid,
        *, name: str, refuses: bool,
    ) -> None:  # fmt: skip
        self._files, self._array, self._layer, self._grid = files, array, layer, grid
        self._refuses, self.name = refuses, name

    def region(self, frame: int) -> Callable[[Box], Voxels]:
        """Give what reads boxes of one frame, from several threads at once.

        Where the array ends, and where a chunk was never written, stands its fill value; so it does
        for files that are missing, unless that is refused.

        Raises
        ------
        SourceError
            By what is given: if a file is damaged, or missing where that is refused; it is named.
            It is a `DamagedFileError` or a `MissingFileError` then.
        """
        return partial(self._read, frame)

    def absent(self) -> list[str]:
        """Name the files that hold voxels of the layer, in any frame, and are not there."""
        names = (names for spans in self._all() for names in self._array.names(spans))
        if isinstance(self._files, LocalFiles):
            missing = self._files.absent(names)
        else:
            missing = (first for first, *others in names if not self._is_there(first, *others))
        return list(dict.fromkeys(missing))

    def pieces(self) -> Iterator[Piece]:
        """Cut what holds voxels of the layer, in any frame, file by file."""
        return (piece for spans in self._all() for piece in self._array.pieces(spans))

    def names(self, frame: int, box: Box) -> set[str]:
        """Name the files that hold voxels of a box."""
        return {first for first, *_ in self._array.names(self._spans(frame, box))}

    @property
    def file_count(self) -> int:
        """How many files hold voxels of the layer, if all are there."""
        return sum(1 for spans in self._all() for _ in self._array.names(spans))

    @property
    def array(self) -> StoredArray:
        """The array as its metadata describe it."""
        return self._array

    @property
    def has_shards(self) -> bool:
        """Whether a file holds many chunks."""
        return self._array.chunk_files.has_shards

    @property
    def is_gapless(self) -> bool:
        """Whether the array says of itself that none of its files is left out."""
        return self._array.is_gapless

    def shows_gaps(self) -> bool:
        """Tell whether a shard that is there leaves out a chunk with voxels of the layer.

        Then it was written by someone who leaves out what is empty, and does so with shards too.
        """
        return any(self._array.has_gaps(spans) for spans in self._all())

    def where(self) -> str:
        """Say how a person finds the mag."""
        return self._files.where(self.name)

    def _is_there(self, *names: str) -> bool:
        return any(self._files.size(name) is not None for name in names)

    def _read(self, frame: int, box: Box) -> Voxels:
        array, (x, y, z) = self._array, box.size
        shape = (z, y, x, self._layer.channels)
        dtype = np.dtype(self._layer.dtype)
        block = np.full(shape, array.fill, dtype) if array.fill else np.zeros(shape, dtype)
        array.copy(self._spans(frame, box), self._turned(block), refuses=self._refuses)
        return block.T

    def _turned(self, block: Voxels) -> Voxels:
        """Give a view of (z, y, x, c) in the array's own axes; further ones have an extent of 1."""
        kept = [axis for axis in self._array.axes if axis in SPATIAL]
        dropped = tuple(0 if axis not in kept else slice(None) for axis in SPATIAL)
        left = [axis for axis in SPATIAL if axis in kept]
        turned = block[dropped].transpose([left.index(axis) for axis in kept])
        return turned[tuple(slice(None) if a in SPATIAL else None for a in self._array.axes)]

    def _all(self) -> Iterator[tuple[Span, ...]]:
        """Give the spans of the layer's box in every frame."""
        return (self._spans(frame, self._grid.box) for frame in range(self._layer.frames))

    def _spans(self, frame: int, box: Box) -> tuple[Span, ...]:
        layer = self._layer
        spans: dict[str, Span] = dict(zip("xyz", zip(box.begin, box.end, strict=True), strict=True))
        spans["c"] = (0, layer.channels)
        begins = layer.axis_begins or (0,) * len(layer.axes)
        for (name, size), begin in zip(reversed(layer.axes), reversed(begins), strict=True):
            frame, index = divmod(frame, size)
            spans[name] = (begin + index, begin + index + 1)
        return tuple(spans.get(axis, (0, 1)) for axis in self._array.axes)


def open_mag(files: Files, given: StoredMag, layer: Layer, grid: Grid) -> MagReader:
    """Read the metadata of a mag; `files` are those of `given.root`.

    Raises
    ------
    SourceError
        If the metadata are missing or damaged, or do not fit the layer.
    """
    folder = posixpath.normpath(given.path)
    array = _array(files, folder, given)
    if given.data_format == "zarr" and "://" in given.root:
        array = _reaching(array, grid)
    if fault := _fault(array, layer):
        remedy = "Repair datasource-properties.json, or convert the layer again."
        raise SourceError(fault, files.where(array.document), remedy)
    refuses = given.misses == "refuse"
    return MagReader(files, array, layer, grid, name=folder, refuses=refuses)


def _reaching(array: StoredArray, grid: Grid) -> StoredArray:
    """Let an array that a server makes up reach to the end of the layer.

    Its shape is rounded down there, while its chunks, all of them whole, hold the last voxels.
    """
    ends = dict(zip("xyz", grid.size, strict=True))
    pairs = zip(array.axes, array.shape, strict=True)
    return replace(array, shape=tuple(max(size, ends.get(axis, 0)) for axis, size in pairs))


def _array(files: Files, folder: str, given: StoredMag) -> StoredArray:
    if given.data_format not in DATA_FORMATS:
        remedy = "Mags of zarr3, zarr, wkw, n5 and neuroglancerPrecomputed can be."
        raise SourceError(f"is of the format {given.data_format}, which cannot be read",
                          files.where(folder), remedy)  # fmt: skip
    return format_of(given.data_format).array(files, folder, given.axes)


def _fault(array: StoredArray, layer: Layer) -> str | None:
    """Say what of an array contradicts the layer."""
    if len(array.axes) != len(array.shape):
        stated = ", ".join(array.axes)
        return f"is an array of {len(array.shape)} axes, where the properties have {stated}"
    if array.dtype.name != layer.dtype:
        return f"holds {array.dtype.name}, where the properties have {layer.dtype}"
    sizes = dict(zip(array.axes, array.shape, strict=True))
    if sizes.get("c", 1) < layer.channels:
        return f"has {sizes.get('c', 1)} channels, where the properties have {layer.channels}"
    known = {"x", "y", "z", "c", *(name for name, _ in layer.axes)}
    if more := [axis for axis, size in sizes.items() if axis not in known and size > 1]:
        return f"has the axes {', '.join(more)}, which the properties do not have"
    if lacks := [name for name, size in layer.axes if size > 1 and name not in sizes]:
        return f"lacks the axes {', '.join(lacks)}, which the properties have"
    return None
