"""Pictures of other codecs in TIFF, by tifffile's writer."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.testing import assert_array_equal
from wkflow.errors import SourceError

from tests.readers.contract import read_all
from tests.readers.tiff.test_jpeg import COLOUR, GREY, replace


@pytest.mark.parametrize("codec", ["jpeg2000", "jpegxr", "png", "webp", "jpegxl"])
def test_other_pictures_are_held_to_the_same(tmp_path: Path, codec: str) -> None:
    """Cut, or of other extents: refused. JPEG XR says the former, its decoder does not."""
    path, voxels = tmp_path / "image.tif", COLOUR if codec == "webp" else GREY
    photometric = "rgb" if codec == "webp" else "minisblack"
    how: dict[str, Any] = {"compression": codec, "photometric": photometric, "metadata": None}

    def write() -> None:
        tifffile.imwrite(path, voxels, rowsperstrip=16, **how)

    write()
    assert_array_equal(read_all(str(path))[0, 0, 0].squeeze(), tifffile.imread(path))
    replace(path, 1, lambda content: content[: len(content) * 7 // 10])
    with pytest.raises(SourceError, match="strip 2: "):
        read_all(str(path))
    write()
    whole = tmp_path / "whole.tif"
    tifffile.imwrite(whole, voxels, **how)
    with tifffile.TiffFile(whole) as tif:
        page = tif.pages.first
        tif.filehandle.seek(page.dataoffsets[0])
        larger = tif.filehandle.read(page.databytecounts[0])
    replace(path, 1, lambda _: larger)
    with pytest.raises(SourceError, match="53 x 37 voxels, its place 53 x 16"):
        read_all(str(path))


def test_the_page_is_named(tmp_path: Path) -> None:
    """Of a file of several."""
    path = tmp_path / "image.tif"
    voxels = np.stack([GREY] * 3)
    tifffile.imwrite(path, voxels, compression="png", metadata=None, photometric="minisblack")
    with tifffile.TiffFile(path, mode="r+") as tif:
        tif.pages[2].tags["StripByteCounts"].overwrite((200,))
    with pytest.raises(SourceError, match="page 3, strip 1: "):
        read_all(str(path))
