"""Slides by pydicom: tiles of a matrix, cut by numpy."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from pydicom.uid import JPEG2000Lossless
from wkflow.errors import SourceError
from wkflow.model.box import Box
from wkflow.readers import open_images, probe

from tests.readers.contract import read_all
from tests.readers.dicom.test_reader import pillow
from tests.readers.dicom.writer import dataset_of, items, noise, save, write_plain

HEIGHT, WIDTH, TILE_ROWS, TILE_COLUMNS = 21, 30, 8, 16

Place = tuple[int, int, float, str]
"""Row and column of the first voxel, from 1; height in micrometers; optical path."""


def cut(voxels: NDArray[Any]) -> NDArray[Any]:
    """Cut (path, z, y, x, sample) into tiles: columns fastest, rows, planes, paths."""
    padding = [(0, 0), (0, 0), (0, -HEIGHT % TILE_ROWS), (0, -WIDTH % TILE_COLUMNS), (0, 0)]
    padded = np.pad(voxels, padding, constant_values=99)
    paths, planes, height, width, samples = padded.shape
    grid = (paths, planes, height // TILE_ROWS, TILE_ROWS, width // TILE_COLUMNS, TILE_COLUMNS)
    tiles = padded.reshape(*grid, samples).transpose(0, 1, 2, 4, 3, 5, 6)
    return tiles.reshape(-1, TILE_ROWS, TILE_COLUMNS, samples)


def matrix(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"TotalPixelMatrixColumns": WIDTH, "TotalPixelMatrixRows": HEIGHT, **more}


def write_full(path: Path, voxels: NDArray[Any], **more: Any) -> str:  # noqa: ANN401
    """Write a full grid, as PS3.3, C.7.6.17.3 has it."""
    names = [{"OpticalPathIdentifier": f"path{n}"} for n in range(len(voxels))]
    stated = matrix(
        DimensionOrganizationType="TILED_FULL", OpticalPathSequence=items(*names),
        TotalPixelMatrixFocalPlanes=voxels.shape[1],
    ) | more  # fmt: skip
    return write_plain(path, cut(voxels), **stated)


def write_sparse(path: Path, tiles: NDArray[Any], places: list[Place]) -> str:
    groups = [
        {
            "PlanePositionSlideSequence": items(
                {
                    "RowPositionInTotalImagePixelMatrix": row,
                    "ColumnPositionInTotalImagePixelMatrix": column,
                    "ZOffsetInSlideCoordinateSystem": height,
                }
            ),
            "OpticalPathIdentificationSequence": items({"OpticalPathIdentifier": optical}),
        }
        for row, column, height, optical in places
    ]
    return write_plain(
        path, tiles,
        **matrix(
            DimensionOrganizationType="TILED_SPARSE",
            PerFrameFunctionalGroupsSequence=items(*groups),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(("paths", "planes", "samples"), [(1, 1, 3), (1, 3, 1), (2, 2, 1)])
def test_a_full_grid_is_one_image(tmp_path: Path, paths: int, planes: int, samples: int) -> None:
    """Focal planes are z, optical paths channels; what tiles have beyond the matrix is cut."""
    voxels = noise("uint8", paths, planes, HEIGHT, WIDTH, samples)
    path = write_full(tmp_path / "slide.dcm", voxels)
    assert_array_equal(read_all(path)[0], voxels, strict=True)
    channels = [channel.name for channel in probe(path)[0].about.channels]
    assert channels == ([f"path{n}" for n in range(paths)] if paths > 1 else [])


def test_encoded_tiles_are_the_same(tmp_path: Path) -> None:
    """One tile is decoded as a whole, the other tiles of its row are not."""
    voxels = noise("uint8", 1, 1, HEIGHT, WIDTH, 1)
    tiles = cut(voxels)
    dataset = dataset_of(tiles, **matrix(DimensionOrganizationType="TILED_FULL"))
    frames = [pillow(tile, "JPEG2000", no_jp2=True, irreversible=False) for tile in tiles]
    path = save(tmp_path / "slide.dcm", dataset, frames, JPEG2000Lossless)
    assert probe(path)[0].grain == (TILE_COLUMNS, TILE_ROWS, 1)
    assert_array_equal(read_all(path)[0], voxels, strict=True)


def test_any_box_is_read_across_tiles(tmp_path: Path) -> None:
    """Part of four tiles."""
    voxels = noise("uint16", 1, 2, HEIGHT, WIDTH, 1)
    path = write_full(tmp_path / "slide.dcm", voxels)
    out = np.empty((1, 6, 9, 1), np.uint16)
    with open_images(path) as (image,):
        image.read(Box((12, 5, 1), (21, 11, 2)), out)
    assert_array_equal(out[0], voxels[0, 1, 5:11, 12:21])


def test_sparse_tiles_lie_where_they_say(tmp_path: Path) -> None:
    """In any order; those that are missing are zero, with a note."""
    voxels = noise("uint8", 1, 2, HEIGHT, WIDTH, 1)
    places = [
        (row, column, float(height), "0")
        for height in (5, 9)
        for row in (1, 9, 17)
        for column in (1, 17)
    ]
    kept = [7, 3, 0, 1, 2, 4, 5, 6, 8, 9, 10]
    path = write_sparse(tmp_path / "s.dcm", cut(voxels)[kept], [places[n] for n in kept])
    voxels[0, 1, 16:, 16:] = 0
    assert_array_equal(read_all(path)[0], voxels, strict=True)
    about = probe(path)[0].about
    assert about.notes == ("1 of 12 tiles are missing: they are zero",)
    assert about.voxel_nm[2] == pytest.approx(4000)


def test_sparse_optical_paths_are_channels(tmp_path: Path) -> None:
    """In the order of their names, where the file lists none."""
    tiles = noise("uint8", 2, TILE_ROWS, TILE_COLUMNS, 1)
    path = write_sparse(tmp_path / "s.dcm", tiles, [(1, 1, 0, "red"), (1, 1, 0, "green")])
    assert probe(path)[0].header.channels == 2
    assert_array_equal(read_all(path)[0, :, 0, :TILE_ROWS, :TILE_COLUMNS], tiles[::-1])


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ([(1, 1, 0, "0"), (1, 1, 0, "0")], "tiles 1 and 2 at the same place"),
        ([(1, 1, 0, "0"), (2, 17, 0, "0")], "tile 2 at row 2, column 17: off the grid"),
        ([(1, 1, 0, "0"), (25, 1, 0, "0")], "off the grid"),
        ([(1, 1, 0, "0"), (0, 1, 0, "0")], "off the grid"),
    ],
)
def test_tiles_that_contradict_one_another_are_refused(
    tmp_path: Path, places: list[Place], words: str
) -> None:
    """None of them is hidden by another, none lies nowhere."""
    tiles = noise("uint8", len(places), TILE_ROWS, TILE_COLUMNS, 1)
    with pytest.raises(SourceError, match=words):
        probe(write_sparse(tmp_path / "s.dcm", tiles, places))


@pytest.mark.parametrize("more", [{"TotalPixelMatrixFocalPlanes": 2}, {"TotalPixelMatrixRows": 9}])
def test_a_full_grid_lacks_no_tile(tmp_path: Path, more: dict[str, int]) -> None:
    """The count must fit the matrix, its planes and paths."""
    voxels = noise("uint8", 1, 1, HEIGHT, WIDTH, 1)
    with pytest.raises(SourceError, match="has 6 tiles; its matrix of 30 x"):
        probe(write_full(tmp_path / "slide.dcm", voxels, **more))
