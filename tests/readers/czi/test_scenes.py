"""Scenes, and planes that were never written, by pylibCZIrw's writer."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from pylibCZIrw.czi import create_czi
from wkflow.model.source import Gaps
from wkflow.readers import probe
from wkflow.readers.czi.directory import Tile
from wkflow.readers.czi.scenes import SCENES, Scenes, find_scenes, uncovered

from tests.readers.contract import read_all

Written = tuple[int, tuple[int, int], int]
"""Scene, place (x, y), z."""


def write(path: Path, tiles: Iterable[Written]) -> str:
    """Write tiles of 6 x 4 voxels, each of a value of its own, from 1."""
    with create_czi(str(path), exist_ok=True) as writer:
        for value, (scene, location, z) in enumerate(tiles, 1):
            tile = np.full((4, 6, 1), value, "uint8")
            writer.write(tile, location=location, plane={"Z": z, "C": 0, "T": 0}, scene=scene)
    return str(path)


@pytest.mark.parametrize("place", [(0, 0), (3, 0), (5, 3), (-2, -1)])
def test_scenes_that_overlap_are_images_of_their_own(
    tmp_path: Path, place: tuple[int, int]
) -> None:
    """At the same place, by halves, by one pixel: each keeps its voxels, and has a name."""
    path = write(tmp_path / "a.czi", [(0, (0, 0), 0), (1, place, 0)])
    found = probe(path)
    assert [one.about.name for one in found] == ["scene0", "scene1"]
    assert all("scenes 0 and 1 overlap" in one.about.notes[0] for one in found)
    for number in range(2):
        assert_array_equal(read_all(path, number)[0, 0, 0, :, :, 0], np.full((4, 6), number + 1))


@pytest.mark.parametrize("place", [(6, 0), (0, 4), (20, -9)])
def test_scenes_that_lie_apart_stay_one_image(tmp_path: Path, place: tuple[int, int]) -> None:
    """Those that only touch, too; a hull that overlaps is no scene that does."""
    path = write(tmp_path / "a.czi", [(0, (0, 0), 0), (1, place, 0)])
    (found,) = probe(path)
    assert "its 2 scenes are one image" in found.about.notes[0]
    corners = [(0, (0, 0), 0), (0, (12, 8), 0), (1, (6, 4), 0)]
    (found,) = probe(write(tmp_path / "b.czi", corners))
    assert found.header.size == (18, 12, 1)


def test_all_scenes_are_apart_as_soon_as_two_overlap(tmp_path: Path) -> None:
    """A mosaic in one of them stays whole."""
    tiles = [(0, (0, 0), 0), (0, (6, 0), 0), (1, (50, 0), 0), (2, (3, 0), 0)]
    path = write(tmp_path / "a.czi", tiles)
    assert [one.header.width for one in probe(path)] == [12, 6, 6]
    assert_array_equal(read_all(path, 0)[0, 0, 0, 0, :, 0], [1] * 6 + [2] * 6)


@pytest.mark.parametrize(
    ("tiles", "gaps"),
    [
        ([(0, (0, 0), 0), (0, (0, 0), 2)], Gaps(1, ("z=1",))),
        ([(0, (0, 0), 0), (0, (0, 0), 5), (0, (0, 0), 3)], Gaps(3, ("z=1 to 2", "z=4"))),
        ([(0, (0, 0), 0), (0, (6, 0), 0), (0, (0, 0), 1)], Gaps(1, ("z=1",))),
        (
            [(0, (0, 0), 0), (1, (9, 0), 0), (0, (0, 0), 1)],
            Gaps(1, ("z=1 of scene 1",)),
        ),
        (
            [(0, (0, 0), z) for z in range(0, 12, 2)],
            Gaps(5, ("z=1", "z=3", "z=5"), are_all_named=False),
        ),
    ],
)
def test_planes_that_were_never_written_are_named(
    tmp_path: Path, tiles: list[Written], gaps: Gaps
) -> None:
    """Whole ones, a tile of a mosaic, a plane of one of two scenes."""
    assert probe(write(tmp_path / "a.czi", tiles))[0].gaps == gaps


def test_tiles_that_wander_are_no_gap(tmp_path: Path) -> None:
    """A stage is never quite where it was: tiles of a mosaic are known by their numbers."""
    tiles = [(0, (z + 6 * m, z), z) for z in range(3) for m in range(2)]
    (found,) = probe(write(tmp_path / "a.czi", tiles))
    assert not found.gaps.count


@pytest.mark.parametrize(
    ("listed", "names"),
    [
        ('<Scene Index="1" Name="B2"/><Scene Index="0" Name=" A1 "/>', ["A1", "B2"]),
        ('<Scene Index="0" Name="A"/><Scene Index="1" Name="A"/>', ["scene0", "scene1"]),
        ('<Scene Index="0" Name="A"/>', ["scene0", "scene1"]),
        ('<Scene Index="0"', ["scene0", "scene1"]),
    ],
)
def test_names_of_scenes_are_those_of_the_file(listed: str, names: list[str]) -> None:
    """If each has one of its own."""
    opening = ["ImageDocument", *SCENES.split("/")[:-1]]
    xml = "".join(f"<{name}>" for name in opening) + listed
    xml += "".join(f"</{name}>" for name in reversed(opening))
    spans = {"X": (0, 9), "Y": (0, 9)}
    tiles = tuple(Tile(0, 0, {**spans, "S": (number, 1)}) for number in range(2))
    assert [one.name for one in find_scenes(tiles, xml)] == names


def test_a_mosaic_of_ten_thousand_tiles_is_surveyed_at_once() -> None:
    """With one that lies apart, and with edges that all are elsewhere."""
    spans = [{"X": (90 * x, 100), "Y": (90 * y, 100)} for x, y in np.ndindex(100, 100)]
    tiles = tuple(Tile(0, 0, one) for one in spans)
    assert uncovered(Scenes(tiles)) is False
    assert uncovered(Scenes((*tiles, Tile(0, 0, {"X": (0, 9), "Y": (99999, 9)})))) is True
    odd = [Tile(0, 0, {"X": (n * 7, 5), "Y": (n * 11, 3)}) for n in range(10_000)]
    assert uncovered(Scenes(tuple(odd))) is True
