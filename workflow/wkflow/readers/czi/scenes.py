"""The scenes of a CZI file: which tiles are one image, and which planes of it were never written.

Scenes that lie apart are places of one sample, and one image. Scenes that overlap would hide one
another: then each is an image of its own.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from xml.etree.ElementTree import ParseError, fromstring

import numpy as np
from numpy.typing import NDArray

from wkflow.model.source import Gaps, Header
from wkflow.readers.base.missing_planes import find_gaps, joined_gaps
from wkflow.readers.czi.directory import Tile

SCENES = "Metadata/Information/Image/Dimensions/S/Scenes/Scene"

PLANE = "TCZ"

CELLS_MAX = 2**24
"""Of the grid that the edges of all tiles make."""

Plane = tuple[int, ...]
"""Indices along T, C and Z, from 0."""

Key = Callable[[Tile], object]
"""What tells a tile from the others of its plane."""


@dataclass(frozen=True, slots=True)
class Scenes:
    """The tiles of one image: of all scenes if `number` is None, else of that scene."""

    tiles: tuple[Tile, ...]
    number: int | None = None
    name: str = ""
    notes: tuple[str, ...] = ()

    def span(self, letter: str) -> tuple[int, int]:
        """Give begin and end of a dimension over all tiles; (0, 1) where none has it."""
        spans = [tile.spans[letter] for tile in self.tiles if letter in tile.spans]
        if not spans:
            return (0, 1)
        return min(start for start, _ in spans), max(start + size for start, size in spans)


def find_scenes(tiles: tuple[Tile, ...], xml: str) -> tuple[Scenes, ...]:
    """Tell which tiles are which image."""
    by_scene: dict[int, list[Tile]] = defaultdict(list)
    for tile in tiles:
        by_scene[_start(tile, "S")].append(tile)
    numbers = sorted(by_scene)
    if len(numbers) == 1:
        return (Scenes(tiles),)
    pair = _overlapping({number: _rectangles(by_scene[number]) for number in numbers})
    if pair is None:
        note = f"its {len(numbers)} scenes are one image, as they lie in the sample"
        return (Scenes(tiles, notes=(note,)),)
    names = _names(xml, numbers)
    note = f"its scenes {pair[0]} and {pair[1]} overlap: each scene is an image of its own"
    return tuple(
        Scenes(tuple(by_scene[number]), number, name, (note,))
        for number, name in zip(numbers, names, strict=True)
    )


def gaps_of(scenes: Scenes, header: Header) -> Gaps:
    """Find planes that lack tiles which others have; each scene has all planes of the image.

    Tiles are known by their numbers or, if that makes more of them whole, by their places. What no
    plane has a tile for lies outside of the mosaic, and is no gap.
    """
    by_scene: dict[int, list[Tile]] = defaultdict(list)
    for tile in scenes.tiles:
        by_scene[_start(tile, "S")].append(tile)
    first = [scenes.span(letter)[0] for letter in PLANE]
    found = []
    for number, tiles in sorted(by_scene.items()):
        words = f" of scene {number}" if len(by_scene) > 1 else ""
        found.append(min((_gaps(tiles, header, first, words, key) for key in (_number, _place)),
                         key=lambda gaps: gaps.count))  # fmt: skip
    return joined_gaps(found)


def uncovered(scenes: Scenes) -> bool:
    """Tell whether a part of the image lies outside of all tiles: corners of a mosaic."""
    rectangles = np.unique(_rectangles(scenes.tiles), axis=0)
    left, top, right, bottom = rectangles.T
    xs, ys = np.unique([left, right]), np.unique([top, bottom])
    if len(xs) * len(ys) > CELLS_MAX:  # then only what is certain is said
        area = ((right - left) * (bottom - top)).sum()
        return bool(area < (xs[-1] - xs[0]) * (ys[-1] - ys[0]))
    covered = np.zeros((len(ys) - 1, len(xs) - 1), bool)
    places = [np.searchsorted(xs, left), np.searchsorted(ys, top),
              np.searchsorted(xs, right), np.searchsorted(ys, bottom)]  # fmt: skip
    for x0, y0, x1, y1 in zip(*places, strict=True):
        covered[y0:y1, x0:x1] = True
    return not covered.all()


def _start(tile: Tile, letter: str) -> int:
    return tile.spans.get(letter, (0, 1))[0]


def _rectangles(tiles: Sequence[Tile]) -> NDArray[np.int64]:
    """Give left, top, right and bottom of each tile."""
    corners = [(*tile.spans["X"], *tile.spans["Y"]) for tile in tiles]
    x, width, y, height = np.array(corners, np.int64).T
    return np.stack([x, y, x + width, y + height], axis=1)


def _overlapping(scenes: dict[int, NDArray[np.int64]]) -> tuple[int, int] | None:
    """Find two scenes that share pixels."""
    for (one, these), (other, those) in combinations(scenes.items(), 2):
        if _meets(_hull(these), _hull(those)[None]).any() and any(
            _meets(rectangle, those).any() for rectangle in np.unique(these, axis=0)
        ):
            return one, other
    return None


def _hull(rectangles: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([rectangles[:, :2].min(0), rectangles[:, 2:].max(0)])


def _meets(one: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.bool_]:
    is_over = (one[:2] < others[:, 2:]) & (others[:, :2] < one[2:])
    return np.asarray(is_over.all(axis=1))


def _names(xml: str, numbers: Sequence[int]) -> list[str]:
    """Give the names of the scenes; their numbers where they have none of their own."""
    try:
        listed = fromstring(xml).findall(SCENES)  # noqa: S314 -- entities that explode are refused
    except ParseError:
        listed = []
    stated = {scene.get("Index", ""): scene.get("Name", "").strip() for scene in listed}
    names = [stated.get(str(number), "") for number in numbers]
    if all(names) and len(set(names)) == len(names):
        return names
    return [f"scene{number}" for number in numbers]


def _number(tile: Tile) -> object:
    return tile.spans["M"][0] if "M" in tile.spans else _place(tile)


def _place(tile: Tile) -> object:
    return tile.spans["X"], tile.spans["Y"]


def _gaps(tiles: list[Tile], header: Header, first: list[int], words: str, key: Key) -> Gaps:
    """Compare what each plane has with what all of them have together."""
    written: dict[Plane, set[object]] = defaultdict(set)
    for tile in tiles:
        starts = [_start(tile, letter) for letter in PLANE]
        place = tuple(start - begin for start, begin in zip(starts, first, strict=True))
        written[place].add(key(tile))
    every: set[object] = set().union(*written.values())
    whole = {plane for plane, keys in written.items() if len(keys) == len(every)}
    count = header.frames * header.channels * header.planes - len(whole)
    return find_gaps(header, count, lambda *place: place in whole, words)
