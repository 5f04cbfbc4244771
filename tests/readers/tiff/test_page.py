"""What a page keeps of its samples, and what is refused, by tifffile's writer and by hand."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.model.source import Header
from wkflow.readers import probe

from tests.readers.contract import read_all, voxels_of


@pytest.mark.parametrize(
    ("photometric", "samples", "extras", "kept"),
    [
        ("rgb", 3, (), 3),
        ("rgb", 4, ("unassalpha",), 3),
        ("rgb", 4, ("assocalpha",), 3),
        ("rgb", 4, ("unspecified",), 4),
        ("minisblack", 2, ("assocalpha",), 1),
        ("minisblack", 2, ("unspecified",), 2),
        ("separated", 4, (), 4),
    ],
)
def test_alpha_is_left_out_and_other_samples_are_kept(
    tmp_path: Path, photometric: str, samples: int, extras: tuple[str, ...], kept: int
) -> None:
    """Samples are never planes, interleaved or one after the other; it is said what is missing."""
    plane, path = voxels_of("uint8", 37, 53, samples), tmp_path / "samples.tif"
    how: dict[str, Any] = {"photometric": photometric, "extrasamples": extras, "metadata": None}
    for compression in (None, "zlib", "lzw"):
        for planar, stored in (("contig", plane), ("separate", np.moveaxis(plane, -1, 0))):
            tifffile.imwrite(path, stored, planarconfig=planar, compression=compression, **how)
            (found,) = probe(str(path))
            assert found.header == Header(53, 37, 1, kept, "uint8")
            assert found.about.notes == (("alpha is left out",) if kept < samples else ())
            assert_array_equal(read_all(str(path))[0, 0, 0], plane[:, :, :kept])


def test_four_samples_of_rgb_without_a_mark_are_rgba(tmp_path: Path) -> None:
    """ExtraSamples is missing in files of careless writers."""
    path, plane = tmp_path / "rgba.tif", voxels_of("uint8", 37, 53, 4)
    tifffile.imwrite(path, plane, photometric="rgb", extrasamples=("unassalpha",), metadata=None)
    with tifffile.TiffFile(path, mode="r+b") as tif:
        tag = tif.pages.first.tags["ExtraSamples"]
        tif.filehandle.seek(tag.offset)
        tif.filehandle.write(struct.pack("<H", 65000))
    assert_array_equal(read_all(str(path))[0, 0, 0], plane[:, :, :3])


@pytest.mark.parametrize("dtype", ["float16", "float64", "uint64", "int64"])
def test_other_types_are_told_by_their_name(tmp_path: Path, dtype: str) -> None:
    """What cannot be a layer is for the caller to refuse."""
    path, plane = tmp_path / "odd.tif", np.arange(20).reshape(5, 4).astype(dtype)
    tifffile.imwrite(path, plane)
    assert probe(str(path))[0].header.dtype == dtype
    assert_array_equal(read_all(str(path))[0, 0, 0, ..., 0], plane, strict=True)


def test_complex_voxels_are_refused(tmp_path: Path) -> None:
    """By name."""
    path = tmp_path / "complex.tif"
    tifffile.imwrite(path, np.ones((5, 4), np.complex64))
    with pytest.raises(SourceError, match="complex voxels"):
        probe(str(path))


@pytest.mark.parametrize("tag", ["StripOffsets", "StripByteCounts"])
def test_a_strip_that_was_never_written_is_refused(tmp_path: Path, tag: str) -> None:
    """A writer that died left zeros in its directory; tifffile would give zeros."""
    path, plane = tmp_path / "strips.tif", voxels_of("uint8", 37, 53, 1)[..., 0]
    tifffile.imwrite(path, plane, rowsperstrip=5, compression="zlib", metadata=None)
    with tifffile.TiffFile(path, mode="r+b") as tif:
        found = tif.pages.first.tags[tag]
        found.overwrite((*found.value[:3], 0, *found.value[4:]))
    with pytest.raises(SourceError, match="has no voxels"):
        read_all(str(path))


def test_a_tile_that_was_never_written_is_nodata(tmp_path: Path) -> None:
    """GDAL says which value that is; of others it is zero."""
    path, plane = tmp_path / "tiles.tif", voxels_of("uint8", 64, 64, 1)[..., 0]
    for extratags in ([], [(42113, 2, 0, "7", True)]):
        write_without_second_tile(path, plane, extratags)
        plane[:32, 32:] = 7 if extratags else 0
        assert_array_equal(read_all(str(path))[0, 0, 0, ..., 0], plane)


def write_without_second_tile(path: Path, plane: NDArray[Any], extratags: list[Any]) -> None:
    how: dict[str, Any] = {"metadata": None, "extratags": extratags}
    tifffile.imwrite(path, plane, tile=(32, 32), compression="zlib", **how)
    with tifffile.TiffFile(path, mode="r+b") as tif:
        for tag in ("TileOffsets", "TileByteCounts"):
            found = tif.pages.first.tags[tag]
            found.overwrite((found.value[0], 0, *found.value[2:]))
