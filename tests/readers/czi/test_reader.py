"""CZI files by pylibCZIrw's writer: there is no other."""

import warnings
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from pylibCZIrw.czi import create_czi
from wkflow.errors import SourceError
from wkflow.model.box import Box
from wkflow.model.source import Gaps
from wkflow.readers import open_images, probe

from tests.readers.contract import ReaderContract, read_all, voxels_of


class TestCzi(ReaderContract):
    suffix = ".czi"
    kinds: ClassVar = (
        *(("uint8", 1), ("uint16", 1), ("float32", 1)),
        *(("uint8", 3), ("uint16", 3)),
    )
    planes = 5
    channels = 2
    frames = 3
    damaged_bytes = range(10, 600)
    compression: ClassVar[str | None] = None

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        with create_czi(str(path), True, self.compression) as writer:  # noqa: FBT003 -- overwrite
            for t, c, z in np.ndindex(voxels.shape[:3]):
                plane = np.ascontiguousarray(voxels[t, c, z][..., ::-1])
                writer.write(plane, plane={"T": t, "C": c, "Z": z})


class TestZstd(TestCzi):
    compression = "zstd1:ExplicitLevel=2"
    kinds: ClassVar = (("uint8", 1), ("uint16", 3))
    frames = 1


def write_tiles(path: Path, tiles: dict[tuple[int, int], NDArray[Any]], **place: int) -> str:
    """Write tiles (y, x) of one plane at their (x, y)."""
    with create_czi(str(path), exist_ok=True) as writer:
        for scene, (location, tile) in enumerate(tiles.items()):
            index = scene if "scenes" in place else 0
            writer.write(tile[..., None], location=location, plane={"Z": 0}, scene=index)
    return str(path)


@pytest.mark.parametrize("scenes", [{}, {"scenes": 1}])
def test_tiles_lie_where_they_were_taken(tmp_path: Path, scenes: dict[str, int]) -> None:
    """Left of and above the origin, too; a gap is black, and scenes are one image."""
    tiles = {(-6, -2): voxels_of("uint16", 4, 5, 1)[..., 0], (3, 1): np.full((4, 5), 9, "uint16")}
    path = write_tiles(tmp_path / "tiles.czi", tiles, **scenes)
    (found,) = probe(path)
    expected = np.zeros((7, 14), "uint16")
    expected[:4, :5], expected[3:, 9:] = tiles.values()
    assert_array_equal(read_all(path)[0, 0, 0, :, :, 0], expected)
    assert found.grain == (5, 4, 1)
    assert len(found.about.notes) == len(scenes) + 1
    assert found.about.notes[-1] == "what lies outside of the tiles of its mosaic is 0"
    assert not found.gaps.count


def test_indices_need_not_begin_at_zero(tmp_path: Path) -> None:
    """A part of a time series is read, and a plane that is missing is black, and named."""
    path = str(tmp_path / "part.czi")
    with create_czi(path) as writer:
        for t, z in ((3, 5), (3, 7), (4, 5), (4, 6), (4, 7)):
            plane = np.full((8, 9, 1), t * 10 + z, "uint8")
            writer.write(plane, plane={"T": t, "Z": z, "C": 2})
    assert probe(path)[0].header.axes == (("t", 2),)
    assert_array_equal(read_all(path)[:, 0, :, 0, 0, 0], [[35, 0, 37], [45, 46, 47]])
    assert probe(path)[0].gaps == Gaps(1, ("z=1, t=0",))


def test_a_path_may_have_any_letters(tmp_path: Path) -> None:
    """LibCZI gets them as they are."""
    folder = tmp_path / "Proben für Zoë 試料"
    folder.mkdir()
    path = write_tiles(folder / "a b.czi", {(0, 0): np.full((4, 5), 7, "uint8")})
    assert (read_all(path) == 7).all()


def test_channels_of_different_types_are_refused(tmp_path: Path) -> None:
    """Both types are named."""
    path = str(tmp_path / "mixed.czi")
    with create_czi(path) as writer:
        writer.write(np.zeros((4, 5, 1), "uint8"), plane={"C": 0})
        writer.write(np.zeros((4, 5, 1), "uint16"), plane={"C": 1})
    with pytest.raises(SourceError, match="Gray8, Gray16"):
        probe(path)


def edit(path: str, old: bytes, new: bytes) -> None:
    """Replace bytes that libCZI's writer would not write, in the directory and in the tiles."""
    whole = Path(path).read_bytes()
    assert old in whole
    Path(path).write_bytes(whole.replace(old, new))


def test_what_libczi_cannot_read_is_refused_by_name(tmp_path: Path) -> None:
    """A pixel type with alpha."""
    path = write_tiles(tmp_path / "odd.czi", {(0, 0): np.zeros((4, 5), "float32")})
    edit(path, b"DV\2\0\0\0", b"DV\x09\0\0\0")
    with pytest.raises(SourceError, match="Bgra32"):
        probe(path)


@pytest.mark.parametrize("letter", ["R", "I", "H", "V", "B"])
def test_dimensions_without_a_place_are_refused_by_name(tmp_path: Path, letter: str) -> None:
    """Two phases are no planes; one is no matter."""
    path = str(tmp_path / "phases.czi")
    with create_czi(path) as writer:
        for t in range(2):
            writer.write(np.zeros((4, 5, 1), "uint8"), plane={"T": t})
    edit(path, b"T\0\0\0", letter.encode() + b"\0\0\0")
    with pytest.raises(SourceError, match=f"2 indices of the dimension {letter}"):
        probe(path)


def test_nothing_is_said_on_the_way(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The terminal stays as it is, whether reading goes well or not."""
    path = write_tiles(tmp_path / "tiles.czi", {(0, 0): np.zeros((40, 50), "uint8")})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_all(path)
    edit(path, b"ZISRAWSUBBLOCK", b"ZISRAWDELETEDX")
    with open_images(path) as (image,), pytest.raises(SourceError):
        image.read(Box((0, 0, 0), (5, 4, 1)), np.zeros((1, 4, 5, 1), "uint8"))
    assert capfd.readouterr() == ("", "")
