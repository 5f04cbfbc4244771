"""Parts of wide and narrow images, uncompressed and not."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import tifffile
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.model.box import Box
from wkflow.readers import open_images
from wkflow.readers.tiff import stretches as tiff_bytes
from wkflow.readers.tiff import voxels as tiff_voxels

from tests.readers.contract import part_of, voxels_of

BOXES = [(0, 0, 40_000, 3), (7, 1, 19, 4), (39_990, 4, 40_000, 5), (0, 2, 1, 3), (1, 0, 39_999, 5)]


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("how", [{}, {"compression": "lzw"}, {"planarconfig": "separate"}])
def test_parts_of_wide_rows(
    tmp_path: Path, byteorder: Literal["<", ">"], samples: int, how: dict[str, Any]
) -> None:
    """Columns are cut out of rows, or read by themselves where that is less to read."""
    if "planarconfig" in how and samples == 1:
        return
    plane, path = voxels_of("uint16", 5, 40_000, samples), tmp_path / "wide.tif"
    stored = np.moveaxis(plane, -1, 0) if "planarconfig" in how else plane.squeeze()
    kind = "rgb" if samples == 3 else "minisblack"
    tifffile.imwrite(path, stored, photometric=kind, metadata=None, byteorder=byteorder, **how)
    with open_images(str(path)) as (image,):
        for x0, y0, x1, y1 in BOXES:
            box = Box((x0, y0, 0), (x1, y1, 1))
            expected = part_of(plane[np.newaxis], box)
            out = np.zeros_like(expected)
            image.read(box, out)
            assert_array_equal(out, expected)


def test_narrow_parts_are_read_row_by_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A corner of a wide image costs what it holds, not what its rows hold."""
    plane, path = voxels_of("uint16", 5, 40_000, 1)[..., 0], tmp_path / "wide.tif"
    tifffile.imwrite(path, plane, metadata=None)
    sizes: list[int] = []

    def read(descriptor: int, offset: int, target: NDArray[Any]) -> None:
        sizes.append(target.nbytes)
        tiff_bytes.read_bytes(descriptor, offset, target)

    monkeypatch.setattr(tiff_voxels, "read_bytes", read)
    with open_images(str(path)) as (image,):
        image.read(Box((0, 0, 0), (9, 4, 1)), np.zeros((1, 4, 9, 1), np.uint16))
    assert sizes == [18] * 4


def test_only_the_tiles_that_are_touched_are_decoded(tmp_path: Path) -> None:
    """Damage elsewhere does no harm."""
    plane, path = voxels_of("uint8", 64, 64, 1)[..., 0], tmp_path / "tiles.tif"
    for compression in ("lzw", "zlib", "zstd", "packbits"):
        tifffile.imwrite(path, plane, tile=(16, 16), compression=compression, metadata=None)
        with tifffile.TiffFile(path, mode="r+b") as tif:
            page = tif.pages.first
            for index in (*range(5), *range(7, 16)):
                tif.filehandle.seek(page.dataoffsets[index])
                tif.filehandle.write(b"\xff" * page.databytecounts[index])
        out = np.zeros((1, 16, 20, 1), np.uint8)
        with open_images(str(path)) as (image,):
            assert image.probe.grain == (16, 16, 1)
            image.read(Box((20, 16, 0), (40, 32, 1)), out)
        assert_array_equal(out[0, ..., 0], plane[16:32, 20:40])
