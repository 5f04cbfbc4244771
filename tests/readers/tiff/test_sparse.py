"""Tiles and strips that were never written, and those that are lost."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from wkflow.errors import SourceError
from wkflow.model.box import Box
from wkflow.readers.tiff.reader import TiffReader


def tiles() -> np.ndarray:
    return np.arange(1, 7, dtype="uint8")[:, None, None] * np.ones((1, 32, 32), "uint8")


def write_sparse(path: Path, absent: set[int], **options: object) -> np.ndarray:
    """Write 64 x 96 voxels in six tiles, some of them absent; give what is right."""
    listed = [None if number in absent else tile for number, tile in enumerate(tiles())]
    tifffile.imwrite(path, iter(listed), shape=(64, 96), dtype="uint8", tile=(32, 32), **options)  # type: ignore[call-overload]
    kept = [np.zeros((32, 32), "uint8") if tile is None else tile for tile in listed]
    return np.vstack([np.hstack(kept[:3]), np.hstack(kept[3:])])


def read(path: Path) -> np.ndarray:
    with TiffReader().open(str(path)) as (image,):
        out = np.full((1, 64, 96, 1), 99, "uint8")
        image.read(Box((0, 0, 0), (96, 64, 1)), out)
    return out[0, :, :, 0]


@pytest.mark.parametrize("compression", [None, "zlib", "lzw", "zstd"])
def test_absent_tiles_are_zeros_with_a_note(tmp_path: Path, compression: str | None) -> None:
    """Offset 0 and size 0, beside tiles that are there."""
    path = tmp_path / "a.tif"
    right = write_sparse(path, {1, 5}, compression=compression)
    np.testing.assert_array_equal(read(path), right)
    (probe,) = TiffReader().probe(str(path))
    assert probe.about.notes == (
        "2 strips or tiles were never written and are zeros, in 1 of the 1 planes looked at",
    )


def test_absent_tiles_of_later_planes_are_counted(tmp_path: Path) -> None:
    """The first plane is whole."""
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as file:
        for absent in ([], [1], [2, 3]):
            listed = [None if n in absent else tile for n, tile in enumerate(tiles())]
            file.write(
                iter(listed), shape=(64, 96), dtype="uint8", tile=(32, 32), metadata=None,
                compression="zlib",
            )  # type: ignore[call-overload]  # fmt: skip
    (probe,) = TiffReader().probe(str(path))
    assert probe.header.planes == 3
    assert probe.about.notes[0].startswith("3 strips or tiles were never written")


@pytest.mark.parametrize("tag", ["TileOffsets", "TileByteCounts"])
def test_a_tile_that_has_only_one_of_both_is_lost(tmp_path: Path, tag: str) -> None:
    """It was written once."""
    path = tmp_path / "a.tif"
    write_sparse(path, set(), compression="zlib")
    with tifffile.TiffFile(path, mode="r+") as file:
        values = list(file.pages.first.tags[tag].value)
        values[2] = 0
        file.pages.first.tags[tag].overwrite(values)
    with pytest.raises(SourceError, match="a page has no voxels"):
        TiffReader().probe(str(path))


def test_a_page_without_any_tile_is_damaged(tmp_path: Path) -> None:
    """Nobody writes an image of nothing."""
    path = tmp_path / "a.tif"
    write_sparse(path, set(), compression="zlib")
    with tifffile.TiffFile(path, mode="r+") as file:
        for tag in ("TileOffsets", "TileByteCounts"):
            file.pages.first.tags[tag].overwrite([0] * 6)
    with pytest.raises(SourceError, match="a page has no voxels"):
        TiffReader().probe(str(path))
