"""Every format that Bio-Formats knows, read by it in a process of its own.

https://bio-formats.readthedocs.io/en/latest/supported-formats.html
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.model.box import Box, Triple
from wkflow.model.source import Channel, Header, ImageInfo, ImageMetadata, References
from wkflow.readers.base.optional_metadata import besides
from wkflow.readers.base.references import Referring, as_opened, require_within
from wkflow.readers.base.whole_plane import require_inside
from wkflow.readers.bioformats.link import Link, linked
from wkflow.source_errors import REMEDY, translated

DTYPES = {
    "bit": "uint8",
    "int8": "int8",
    "uint8": "uint8",
    "int16": "int16",
    "uint16": "uint16",
    "int32": "int32",
    "uint32": "uint32",
    "float": "float32",
    "double": "float64",
}
"""Bio-Formats' pixel types."""

REQUEST_BYTES = 32 * 2**20
"""A region is asked for in bands of about this size: Java has 512 MiB."""

WHOLE_PLANE_BYTES = 64 * 2**20
"""Up to this size a plane is the grain: most formats decode it whole, whatever is asked for."""


ALPHA = "the fourth sample (alpha) is left out"


class BioformatsReader(Referring):
    """All images of a file, without their smaller copies.

    Samples of RGB stay samples; what Bio-Formats counts as C beyond that (spectra, lifetimes) are
    channels; T is the axis "t".
    """

    def probe(self, path: str) -> tuple[ImageInfo, ...]:
        """Let Bio-Formats read the headers, of all files that belong to this one."""
        _require_file(path)
        with linked(path) as link:
            return tuple(image.probe for image in _images(link, path, self.references))

    @contextmanager
    def open(self, path: str) -> Iterator[tuple["BioformatsImage", ...]]:
        """Keep a process that has the file open."""
        _require_file(path)
        with linked(path) as link:
            yield _images(link, path, self.references)


@dataclass(frozen=True, slots=True)
class Layout:
    """How the planes of an image come from Bio-Formats.

    Each holds `samples` values per voxel, next to one another or plane by plane; `stored` is their
    type with its byte order. If `is_split`, they are channels of ours.
    """

    samples: int
    is_interleaved: bool
    is_split: bool
    stored: np.dtype[Any]

    def planes(self, voxels: bytes, width: int, height: int) -> NDArray[Any]:
        """Give the bytes of a region the shape (y, x, samples)."""
        values = np.frombuffer(voxels, self.stored)
        if self.is_interleaved:
            return values.reshape(height, width, self.samples)
        return np.moveaxis(values.reshape(self.samples, height, width), 0, -1)


@dataclass(frozen=True, slots=True)
class BioformatsImage:
    """One series of an open file. Threads wait for one another: the process has one reader."""

    path: str
    probe: ImageInfo
    series: int
    layout: Layout = field(repr=False)
    link: Link = field(repr=False)

    def read(self, box: Box, out: NDArray[Any], *, channel: int = 0, frame: int = 0) -> None:
        """Ask for each plane of the box, in bands of rows."""
        require_inside(self.path, self.probe.header, box, channel, frame)
        if box.voxels == 0:
            return
        (x0, y0, z0), (width, height, depth) = box.begin, box.size
        rows = _rows(width * self.layout.samples * self.layout.stored.itemsize, self.probe.grain[1])
        for z in range(depth):
            for top in range(0, height, rows):
                region = (x0, y0 + top, width, min(rows, height - top))
                band = out[z, top : top + rows]
                self._read_region(region, (z0 + z, channel, frame), band)

    def _read_region(
        self, region: tuple[int, int, int, int], zct: Triple, out: NDArray[Any]
    ) -> None:
        (z, c, t), first = zct, 0
        if self.layout.is_split:
            c, first = divmod(c, self.layout.samples)
        answer = self.link.ask(
            self.path, do="read", series=self.series, zct=(z, c, t), region=region
        )
        with translated(self.path):
            decoded = self.layout.planes(answer[1], *region[2:])
            out[...] = decoded[:, :, first : first + out.shape[2]]


def _rows(row_bytes: int, grain: int) -> int:
    """Tell how many rows make a request: whole grains, unless one is too large."""
    rows = max(REQUEST_BYTES // row_bytes, 1)
    return rows - rows % grain if rows > grain else rows


def _require_file(path: str) -> None:
    with translated(path), open(path, "rb") as file:  # noqa: PTH123 -- the other readers' way
        if not file.read(1):
            raise SourceError("is empty (0 bytes)", path, REMEDY)


def _images(link: Link, path: str, references: References) -> tuple[BioformatsImage, ...]:
    answer, _ = link.ask(path, do="open", path=str(Path(path).absolute()))
    with translated(path):
        for file in (file for found in answer["images"] for file in found["files"]):
            require_within(path, file, file, references)
        return tuple(
            BioformatsImage(path, *_understood(path, found, number), link=link)
            for number, found in enumerate(answer["images"])
        )


def _understood(path: str, found: dict[str, Any], series: int) -> tuple[ImageInfo, int, Layout]:
    dtype = DTYPES[found["type"]]
    samples = found["samples"]
    is_colour = samples == 3 or (samples == 4 and dtype == "uint8")
    is_split = samples > 1 and not is_colour
    stored = np.dtype(dtype).newbyteorder("<" if found["is_little"] else ">")
    width, height, planes = found["size"]
    header = Header(
        *(width, height, planes),
        3 if is_colour else 1,
        dtype,
        found["channels"] * (samples if is_split else 1),
        (("t", found["frames"]),) if found["frames"] > 1 else (),
    )
    notes = (ALPHA,) if is_colour and samples == 4 else ()
    probe = ImageInfo(
        header,
        _grain(found, stored),
        besides(lambda: _about(path, found, header, notes)),
        _files(path, found),
    )
    return probe, series, Layout(samples, found["is_interleaved"], is_split, stored)


def _grain(found: dict[str, Any], stored: np.dtype[Any]) -> Triple:
    """Give a tile, or the plane if it is small and not tiled: Bio-Formats does not tell strips."""
    width, height, _ = found["size"]
    tile_width, tile_height = (max(1, extent) for extent in found["tile"])
    plane_bytes = width * height * found["samples"] * stored.itemsize
    if tile_width >= width and plane_bytes <= WHOLE_PLANE_BYTES:
        return width, height, 1
    return min(tile_width, width), min(tile_height, height), 1


def _about(
    path: str, found: dict[str, Any], header: Header, notes: tuple[str, ...]
) -> ImageMetadata:
    x, y, z = (_plain(size) for size in found["voxel_nm"])
    channels = tuple(
        Channel(one["name"], tuple(one["colour"]) if one["colour"] else None)
        for one in found["about_channels"]
    )
    is_known = len(channels) == header.channels and any(one != Channel() for one in channels)
    name = (
        found["name"].removeprefix(Path(path).name).strip(" #()")
    )  # where there is none: the file's
    return ImageMetadata(name, (x, y, z), channels if is_known else (), notes)


def _plain(size: float | None) -> float | None:
    """Round what a change of units made of a size; what is no size is none."""
    return float(f"{size:.9g}") if size and isfinite(size) and size > 0 else None


def _files(path: str, found: dict[str, Any]) -> tuple[str, ...]:
    """List all files of an image, the opened one first, if there is more than that one."""
    opened = str(Path(path).absolute())
    files = {as_opened(path, str(Path(file).absolute())) for file in found["files"]}
    others = sorted(files - {opened})
    return (opened, *others) if others else ()
