"""Voxels outside of an XLIF."""

from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import tifffile
from numpy.testing import assert_array_equal
from wkflow.errors import SourceError
from wkflow.readers import probe

from tests.formats.test_jpeg_stream import by_pillow, cut
from tests.readers.contract import read_all, voxels_of
from tests.readers.lif.by_hand import xlif

VOLUME = voxels_of("uint16", 1, 4, 7, 9, 1)[0, ..., 0]


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    """And what names it."""
    path = tmp_path / "a.xlif"
    path.write_bytes(xlif(VOLUME, "zyx", [("gone%20.tif", VOLUME.nbytes)]))
    with pytest.raises(SourceError, match="is not there") as failure:
        probe(str(path))
    assert failure.value.where == str(tmp_path / "gone .tif")
    assert str(path) in failure.value.remedy


def test_files_for_less_than_all_voxels_are_refused(tmp_path: Path) -> None:
    """The last plane would be nowhere."""
    tifffile.imwrite(tmp_path / "p.tif", VOLUME[0])
    path = tmp_path / "a.xlif"
    path.write_bytes(xlif(VOLUME, "zyx", [("p.tif", VOLUME[0].nbytes)]))
    with pytest.raises(SourceError, match="names no files for the last"):
        probe(str(path))


def test_a_file_of_several_planes_is_read(tmp_path: Path) -> None:
    """Each plane is a part of it; the files are told."""
    tifffile.imwrite(tmp_path / "p.tif", VOLUME[:3], photometric="minisblack")
    tifffile.imwrite(tmp_path / "q.tif", VOLUME[3])
    path = tmp_path / "a.xlif"
    sizes = [("p.tif", VOLUME[:3].nbytes), ("q.tif", VOLUME[3].nbytes)]
    path.write_bytes(xlif(VOLUME, "zyx", sizes))
    assert_array_equal(read_all(str(path))[0, 0, ..., 0], VOLUME, strict=True)
    names = ("a.xlif", "p.tif", "q.tif")
    assert probe(str(path))[0].files == tuple(str(tmp_path / name) for name in names)


def test_a_file_of_another_size_is_refused(tmp_path: Path) -> None:
    """It was replaced."""
    tifffile.imwrite(tmp_path / "p.tif", np.zeros((3, 3), "u2"))
    path = tmp_path / "a.xlif"
    path.write_bytes(xlif(VOLUME[0], "yx", [("p.tif", VOLUME[0].nbytes)]))
    with pytest.raises(SourceError, match="is 3 x 3 uint16; the planes of its image are 9 x 7"):
        read_all(str(path))


def test_a_jpeg_that_is_cut_is_refused(tmp_path: Path) -> None:
    """Liffile would make up its last voxels."""
    plane = voxels_of("uint8", 37, 53, 1)[..., 0]
    path, content = tmp_path / "a.xlif", by_pillow(plane)
    path.write_bytes(xlif(plane, "yx", [("p.jpg", plane.nbytes)]))
    (tmp_path / "p.jpg").write_bytes(content)
    with PIL.Image.open(tmp_path / "p.jpg") as image:
        assert_array_equal(read_all(str(path)).squeeze(), np.asarray(image))
    (tmp_path / "p.jpg").write_bytes(cut(content, 0.7))
    with pytest.raises(SourceError, match="premature end"):
        read_all(str(path))


@pytest.mark.parametrize("suffix", ["tif", "png", "bmp", "jpg"])
def test_a_file_of_other_rows_is_refused(tmp_path: Path, suffix: str) -> None:
    """Of as many voxels: they would be mixed up. Its header tells, before it is decoded."""
    plane = voxels_of("uint8", 1, 8, 12, 1)[0, ..., 0]
    PIL.Image.fromarray(plane.reshape(12, 8)).save(tmp_path / f"p.{suffix}")
    path = tmp_path / "a.xlif"
    path.write_bytes(xlif(plane, "yx", [(f"p.{suffix}", plane.nbytes)]))
    with pytest.raises(SourceError, match="the planes of its image are 12 x 8") as caught:
        read_all(str(path))
    assert caught.value.where.endswith(f"p.{suffix}")
