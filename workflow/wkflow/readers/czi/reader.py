"""CZI: the directory and the metadata by hand, the voxels by libCZI through pylibCZIrw."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from pylibCZIrw import czi

from wkflow.errors import SourceError
from wkflow.model.box import Box
from wkflow.model.source import Header, ImageInfo
from wkflow.readers.base.file_type import open_as
from wkflow.readers.base.optional_metadata import besides
from wkflow.readers.base.whole_plane import require_inside
from wkflow.readers.czi.directory import Tile, read_directory
from wkflow.readers.czi.metadata import about_czi
from wkflow.readers.czi.scenes import Scenes, find_scenes, gaps_of, uncovered
from wkflow.readers.czi.stored_tiles import StoredTiles, require_known
from wkflow.source_errors import REMEDY, translated

PIXELS: dict[int, tuple[str, str, int]] = {
    0: ("Gray8", "uint8", 1),
    1: ("Gray16", "uint16", 1),
    2: ("Gray32Float", "float32", 1),
    3: ("Bgr24", "uint8", 3),
    4: ("Bgr48", "uint16", 3),
}
"""Number in the file to libCZI's name, voxel type and samples: what libCZI reads."""

OTHERS = {
    8: "Bgr96Float",
    9: "Bgra32",
    10: "Gray64ComplexFloat",
    11: "Bgr192ComplexFloat",
    12: "Gray32",
    13: "Gray64Float",
}
"""What it does not read."""

UNPLACED = {"R": "rotation", "I": "illumination", "H": "phase", "V": "view", "B": "block"}
"""Dimensions that have no place in a dataset unless they are of size 1."""

UNCOVERED = "what lies outside of the tiles of its mosaic is 0"

BLACK = czi.Color(0, 0, 0)
"""Where there is no tile."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where the image's planes are: the first index of each dimension, the pixel type, the scene.

    `scene` is None where all scenes are one image.
    """

    first: dict[str, int]
    pixel_type: str
    scene: int | None


class CziReader:
    """Scenes that lie apart are one image, as they lie in the sample; what is between is black.

    Scenes that overlap are images of their own.
    """

    def probe(self, path: str) -> tuple[ImageInfo, ...]:
        """Read the file's directory and its XML."""
        with translated(path), open_as("CZI", path) as file:
            return tuple(probe for probe, _ in _survey(file, path)[0])

    @contextmanager
    def open(self, path: str) -> Iterator[tuple["CziImage", ...]]:
        """Open `path` once, for all threads: libCZI reads from any of them."""
        with ExitStack() as stack:
            with translated(path):
                file = stack.enter_context(open_as("CZI", path))
                surveyed, tiles = _survey(file, path)
                reader = czi.CziReader(os.path.abspath(path))  # noqa: PTH100 -- as elsewhere: no Path
                stack.callback(reader.close)
            yield tuple(CziImage(path, probe, plan, reader, tiles) for probe, plan in surveyed)


@dataclass(frozen=True, slots=True)
class CziImage:
    """One image of an open CZI file: a reader's `Image`."""

    path: str
    probe: ImageInfo
    plan: _Plan = field(repr=False)
    reader: Any = field(repr=False)
    tiles: StoredTiles = field(repr=False)

    def read(self, box: Box, out: NDArray[Any], *, channel: int = 0, frame: int = 0) -> None:
        """Have libCZI compose plane by plane: a tile is decoded as a whole for any part of it."""
        require_inside(self.path, self.probe.header, box, channel, frame)
        if box.voxels == 0:
            return
        for index, z in enumerate(range(box.begin[2], box.end[2])):
            with translated(self.path):
                plane = self._plane(box, {"Z": z, "C": channel, "T": frame})
                # Three samples lie in the order blue, green, red.
                out[index] = plane[..., ::-1] if plane.shape[2] == 3 else plane

    def _plane(self, box: Box, place: dict[str, int]) -> NDArray[Any]:
        first, (width, height, _) = self.plan.first, box.size
        roi = (box.begin[0] + first["X"], box.begin[1] + first["Y"], width, height)
        plane = {name: index + first[name] for name, index in place.items()}
        self.tiles.require(roi, plane)
        composed: NDArray[Any] = self.reader.read(
            roi=roi,
            plane=plane,
            scene=self.plan.scene,
            pixel_type=self.plan.pixel_type,
            background_pixel=BLACK,
        )
        return composed


def _survey(file: BinaryIO, path: str) -> tuple[tuple[tuple[ImageInfo, _Plan], ...], StoredTiles]:
    directory = read_directory(file, path)
    kind = _pixels(directory.tiles, path)
    require_known(directory.tiles, path)
    found = find_scenes(directory.tiles, directory.xml)
    _, dtype, samples = kind
    tiles = StoredTiles(file.fileno(), path, directory.tiles, np.dtype(dtype).itemsize * samples)
    return tuple(_surveyed(scenes, kind, directory.xml, path) for scenes in found), tiles


def _surveyed(
    scenes: Scenes, kind: tuple[str, str, int], xml: str, path: str
) -> tuple[ImageInfo, _Plan]:
    name, dtype, samples = kind
    spans = {letter: scenes.span(letter) for letter in "XYZCTRIHVB"}
    _require_placed(spans, path)
    sizes = {letter: end - begin for letter, (begin, end) in spans.items()}
    if sizes["X"] < 1 or sizes["Y"] < 1:
        raise SourceError("is damaged: its directory makes no sense", path, REMEDY)
    axes = (("t", sizes["T"]),) if sizes["T"] > 1 else ()
    header = Header(sizes["X"], sizes["Y"], sizes["Z"], samples, dtype, sizes["C"], axes)
    plan = _Plan({letter: begin for letter, (begin, _) in spans.items()}, name, scenes.number)
    return _probe(header, scenes, xml), plan


def _pixels(tiles: tuple[Tile, ...], path: str) -> tuple[str, str, int]:
    kinds = sorted({tile.pixel_type for tile in tiles})
    names = [PIXELS[kind][0] if kind in PIXELS else OTHERS.get(kind, str(kind)) for kind in kinds]
    if len(kinds) > 1:
        raise SourceError(
            f"holds channels of different pixel types: {', '.join(names)}",
            path,
            "Export the channels as files of their own.",
        )
    if kinds[0] not in PIXELS:
        raise SourceError(
            f"has the pixel type {names[0]}, which cannot be read",
            path,
            f"Export it with one of {', '.join(name for name, _, _ in PIXELS.values())}.",
        )
    return PIXELS[kinds[0]]


def _require_placed(spans: dict[str, tuple[int, int]], path: str) -> None:
    for letter, word in UNPLACED.items():
        size = spans[letter][1] - spans[letter][0]
        if size > 1:
            raise SourceError(
                f"has {size} indices of the dimension {letter} ({word}), which a dataset has not",
                path,
                f"Export one index of {letter} at a time, for instance with ZEN or Fiji.",
            )


def _probe(header: Header, scenes: Scenes, xml: str) -> ImageInfo:
    is_whole = np.issubdtype(header.dtype, np.integer)
    white = float(np.iinfo(header.dtype).max) if is_whole else None
    notes = scenes.notes
    if uncovered(scenes):
        notes += (UNCOVERED,)
    grain = (
        min(header.width, max(tile.spans["X"][1] for tile in scenes.tiles)),
        min(header.height, max(tile.spans["Y"][1] for tile in scenes.tiles)),
        1,
    )
    about = besides(lambda: about_czi(xml, header, white, notes))
    about = replace(about, name=scenes.name)
    return ImageInfo(header, grain, about, gaps=gaps_of(scenes, header))
