"""Folders of WKW without a dataset, written by `tests.wkw_cubes`, byte by byte."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from wkflow.errors import SourceError
from wkflow.readers import probe

from tests.readers.contract import read_all, voxels_of
from tests.wkw_cubes import write_wkw


@pytest.mark.parametrize(("dtype", "channels"), [("uint8", 1), ("uint8", 3), ("uint16", 2)])
def test_the_cubes_that_are_there_are_the_image(tmp_path: Path, dtype: str, channels: int) -> None:
    """It begins at the first of them; three channels of bytes are one colour."""
    voxels = voxels_of(dtype, 16, 32, 16, channels) | 1
    whole = np.zeros((channels, 48, 48, 32), dtype)
    whole[:, 16:32, 16:48, 16:] = voxels.transpose()
    write_wkw(tmp_path / "1", whole, 8, 16)
    (found,) = probe(str(tmp_path / "1"))
    assert found.header.size == (16, 32, 16)
    assert found.about.place.begin == (16.0, 16.0, 16.0)
    assert found.files == (str(tmp_path / "1"), str(tmp_path / "1" / "header.wkw"))
    read = read_all(str(tmp_path / "1"))
    if channels == 3:
        assert_array_equal(read[0, 0], voxels, strict=True)
    else:
        assert_array_equal(np.moveaxis(read[0, ..., 0], 0, -1), voxels, strict=True)


def test_what_is_no_mag_is_refused(tmp_path: Path) -> None:
    """A header alone, and one that is none; a cube of another mag."""
    write_wkw(tmp_path / "1", np.ones((1, 16, 16, 16), "u1"), 8, 16)
    write_wkw(tmp_path / "2", np.ones((1, 16, 16, 16), "u2"), 8, 16)
    cube = tmp_path / "1" / "z0" / "y0" / "x0.wkw"
    cube.write_bytes((tmp_path / "2" / "z0" / "y0" / "x0.wkw").read_bytes())
    with pytest.raises(SourceError, match="header is not that of its mag"):
        read_all(str(tmp_path / "1"))
    cube.unlink()
    with pytest.raises(SourceError, match="holds no cubes"):
        probe(str(tmp_path / "1"))
    (tmp_path / "1" / "header.wkw").write_bytes(b"WKW")
    with pytest.raises(SourceError, match="cut short"):
        probe(str(tmp_path / "1"))
