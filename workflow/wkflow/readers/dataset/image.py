"""One array of a store, whatever its axes are, as an image."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.formats.chunk_files import DamagedFileError
from wkflow.formats.chunk_grid import Span
from wkflow.formats.stored_array import StoredArray
from wkflow.model.box import Box, Triple
from wkflow.model.source import Header, ImageInfo, ImageMetadata
from wkflow.readers.base.whole_plane import require_inside
from wkflow.source_errors import REMEDY, translated

MOST_CHUNK_BYTES = 2**36
"""No codec makes a chunk as large as that, and no machine decodes it."""

Fetch = Callable[[tuple[Span, ...]], NDArray[Any]]
"""From the begin and end along each axis of the array to the elements between."""

GUESSED = {2: "yx", 3: "zyx", 4: "czyx", 5: "tczyx"}
"""What the axes of an array are called if nobody says it, slowest first."""

NAMES = {"channel": "c", "channels": "c", "time": "t", "frame": "t", "s": "c", "c^": "c"}
"""Other names of axes."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An array as it lies in its store.

    `axes` has a lower-case name for each axis, slowest first: x, y, z and c (channels) mean what
    they say, others are further axes. `begin` and `shape` are the region that is the image,
    `chunk` is what is decoded at once; `is_rgb` says that c counts the samples of one colour.
    Of a damaged chunk an error names the image, or the file of the chunk without `names_image`.
    """

    axes: tuple[str, ...]
    shape: tuple[int, ...]
    chunk: tuple[int, ...]
    dtype: np.dtype[Any]
    fetch: Fetch = field(repr=False)
    begin: tuple[int, ...] = ()
    is_rgb: bool = False
    names_image: bool = True

    def size(self, axis: str, missing: int = 1) -> int:
        """Give the extent along an axis, in voxels."""
        return self.shape[self.axes.index(axis)] if axis in self.axes else missing


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image of an open store: a reader's `Image`."""

    path: str
    probe: ImageInfo
    stored: Stored

    def read(self, box: Box, out: NDArray[Any], *, channel: int = 0, frame: int = 0) -> None:
        """Fetch the box in the array's own order of axes, and turn it."""
        header, stored = self.probe.header, self.stored
        require_inside(self.path, header, box, channel, frame)
        spans = _spans(stored, header, box, channel, frame)
        begin = stored.begin or (0,) * len(spans)
        with translated(self.path):
            places = tuple((b + o, e + o) for (b, e), o in zip(spans, begin, strict=True))
            with as_decoded() if stored.names_image else nullcontext():
                block = stored.fetch(places)
            out[...] = _turned(block, stored)


@contextmanager
def as_decoded() -> Iterator[None]:
    """Raise over a damaged file what its decoder raised: the image is named as a whole."""
    try:
        yield
    except DamagedFileError as error:
        raise error.cause from error


def fetch_from(array: StoredArray, *, is_fastest_first: bool = False) -> Fetch:
    """Give what copies regions out of an array.

    With `is_fastest_first` the array's axes are those of the regions backwards.

    Raises
    ------
    DamagedFileError
        By what is given: if a chunk cannot be decoded; missing ones hold the fill value.
    """

    def fetch(spans: tuple[Span, ...]) -> NDArray[Any]:
        shape = [end - begin for begin, end in spans]
        out = (
            np.full(shape, array.fill, array.dtype) if array.fill else np.zeros(shape, array.dtype)
        )
        if is_fastest_first:
            array.copy(spans[::-1], out.T)
        else:
            array.copy(spans, out)
        return out

    return fetch


def axes_of(names: object, count: int, path: str) -> tuple[str, ...]:
    """Give the names of `count` axes, slowest first: those stated, if they name x and y.

    >>> axes_of(["Time", "y", "x"], 3, ""), axes_of(None, 4, "")
    (('t', 'y', 'x'), ('c', 'z', 'y', 'x'))
    """
    if isinstance(names, list | tuple) and len(names) == count:
        stated = [str(name).lower() for name in names]
        found = tuple(NAMES.get(name, name) for name in stated)
        if {"x", "y"} <= set(found) and len(set(found)) == count:
            return found
    if count in GUESSED:
        return tuple(GUESSED[count])
    raise SourceError(
        f"is an array of {count} axes that have no names",
        path,
        "Arrays of 2 to 5 axes can be read without; name them as OME-Zarr or Zarr v3 does.",
    )


def image_of(
    path: str, stored: Stored, about: ImageMetadata, files: tuple[str, ...]
) -> StoredImage:
    """Make an image of an array; `files` are those that describe it, besides the store itself."""
    if stored.dtype.kind not in "biuf":
        raise SourceError(
            f"has voxels of type {stored.dtype}, which cannot be shown",
            path,
            "Store it as integers or floats.",
        )
    if min(stored.shape, default=0) < 1:
        raise SourceError(f"is an empty array, of the shape {stored.shape}", path, "Leave it out.")
    if prod(stored.chunk) * stored.dtype.itemsize > MOST_CHUNK_BYTES:
        raise SourceError(
            f"has chunks of {stored.chunk} voxels, more than can be decoded at once", path, REMEDY
        )
    channels = stored.size("c")
    header = Header(
        stored.size("x"),
        stored.size("y"),
        stored.size("z"),
        channels if stored.is_rgb else 1,
        "uint8" if stored.dtype.kind == "b" else stored.dtype.name,
        1 if stored.is_rgb else channels,
        tuple((name, stored.size(name)) for name in _further(stored)),
    )
    if len(about.channels) != header.channels:
        about = replace(about, channels=())
    return StoredImage(path, ImageInfo(header, _grain(stored), about, (path, *files)), stored)


def _grain(stored: Stored) -> Triple:
    x, y, z = (
        min(stored.chunk[stored.axes.index(axis)], stored.size(axis)) if axis in stored.axes else 1
        for axis in "xyz"
    )
    return x, y, z


def _further(stored: Stored) -> list[str]:
    """List the axes besides x, y, z and c, slowest first; those of length 1 are left out."""
    return [axis for axis in stored.axes if axis not in "xyzc" and stored.size(axis) > 1]


def _spans(stored: Stored, header: Header, box: Box, channel: int, frame: int) -> tuple[Span, ...]:
    sizes = [size for _, size in header.axes]
    where = dict(
        zip(_further(stored), np.unravel_index(frame, sizes) if sizes else (), strict=True)
    )
    spans = {axis: (int(index), int(index) + 1) for axis, index in where.items()}
    spans["c"] = (0, header.samples) if stored.is_rgb else (channel, channel + 1)
    spans |= dict(zip("xyz", zip(box.begin, box.end, strict=True), strict=True))
    return tuple(spans.get(axis, (0, 1)) for axis in stored.axes)


def _turned(block: NDArray[Any], stored: Stored) -> NDArray[Any]:
    """Give a view (z, y, x, samples) of a block in the array's order of axes."""
    kept = [axis for axis in "zyxc" if axis in stored.axes and (axis != "c" or stored.is_rgb)]
    at = tuple(slice(None) if axis in kept else 0 for axis in stored.axes)
    left = [axis for axis in stored.axes if axis in kept]
    turned = block[at].transpose([left.index(axis) for axis in kept])
    turned = turned if "z" in kept else turned[None]
    return turned if stored.is_rgb else turned[..., None]
