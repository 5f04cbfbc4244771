"""The fast decoders against tifffile's own, on all storages they are meant for."""

import itertools
from pathlib import Path
from typing import Any, Literal

import numpy as np
import PIL.Image
import pytest
import tifffile
from numpy.testing import assert_array_equal
from wkflow.errors import SourceError
from wkflow.readers.tiff import decoders as tiff_decoders
from wkflow.readers.tiff.decoders import WholeDecoder, whole_decoder
from wkflow.readers.tiff.page import StoredPage

from tests.readers.contract import read_all, voxels_of

FLOATING = 3
"""The predictor of floating-point voxels."""


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("compression", ["lzw", "zstd", "zlib"])
@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int32", "uint64", "float32"])
def test_voxels_are_those_of_tifffile(
    tmp_path: Path, byteorder: Literal["<", ">"], compression: str, dtype: str
) -> None:
    """With and without a predictor, in strips and tiles, interleaved and planar samples."""
    path = tmp_path / "image.tif"
    layouts: tuple[dict[str, Any], ...] = ({"rowsperstrip": 5}, {"tile": (16, 32)}, {})
    predictors = (None, FLOATING if dtype == "float32" else 2)
    for layout, predictor, samples in itertools.product(layouts, predictors, (1, 3)):
        plane = voxels_of(dtype, 37, 53, samples).squeeze()
        how: dict[str, Any] = {"metadata": None, "photometric": "minisblack", **layout}
        how |= {"compression": compression, "predictor": predictor, "byteorder": byteorder}
        for planar in ("contig", "separate") if samples > 1 else (None,):
            stored = np.moveaxis(plane, -1, 0) if planar == "separate" else plane
            tifffile.imwrite(path, stored, planarconfig=planar, **how)
            assert_array_equal(read_all(str(path))[0, 0, 0].squeeze(), plane, strict=True)


@pytest.mark.parametrize(
    ("how", "name"),
    [
        ({"compression": "lzw"}, "_by_libtiff"),
        ({"compression": "lzw", "predictor": 2, "tile": (16, 16)}, "_by_libtiff"),
        ({"compression": "zstd", "byteorder": ">"}, "_by_libtiff"),
        ({"compression": "zlib"}, "_inflate"),
        ({"compression": "zlib", "tile": (16, 16)}, None),
        ({"compression": "zlib", "byteorder": ">"}, None),
        ({"compression": "packbits"}, None),
        ({"compression": "jpeg", "dtype": "uint8"}, None),
    ],
)
def test_a_decoder_is_chosen_only_where_it_is_certain(
    tmp_path: Path, how: dict[str, Any], name: str | None
) -> None:
    """Foreign byte order and lossy kinds are left to tifffile."""
    path, how = tmp_path / "image.tif", dict(how)
    plane = voxels_of(how.pop("dtype", "uint16"), 37, 53, 1)[..., 0]
    tifffile.imwrite(path, plane, metadata=None, **how)
    assert chosen_for(path) is (getattr(tiff_decoders, name) if name else None)


def chosen_for(path: Path) -> WholeDecoder | None:
    with tifffile.TiffFile(path) as tif:
        return whole_decoder(StoredPage.of(tif.pages.first))


def test_packed_bits_are_left_to_tifffile(tmp_path: Path) -> None:
    """Eight voxels in a byte, behind LZW."""
    path, plane = tmp_path / "bits.tif", voxels_of("uint8", 37, 53, 1)[..., 0] % 2
    PIL.Image.fromarray(plane.astype(bool)).save(path, compression="tiff_lzw")
    assert chosen_for(path) is None
    assert_array_equal(read_all(str(path))[0, 0, 0, ..., 0], plane)


@pytest.mark.parametrize("compression", ["lzw", "zstd", "zlib", "packbits"])
@pytest.mark.parametrize("layout", [{"rowsperstrip": 9}, {"tile": (16, 32)}])
def test_a_damaged_segment_is_refused(
    tmp_path: Path, compression: str, layout: dict[str, Any]
) -> None:
    """One that ends early never gives voxels, whichever decoder reads it."""
    path, plane = tmp_path / "image.tif", voxels_of("uint8", 37, 53, 1)[..., 0]
    tifffile.imwrite(path, plane, compression=compression, metadata=None, **layout)
    name = "TileByteCounts" if "tile" in layout else "StripByteCounts"
    with tifffile.TiffFile(path, mode="r+b") as tif:
        tag = tif.pages.first.tags[name]
        tag.overwrite((tag.value[0], tag.value[1] // 2, *tag.value[2:]))
    with pytest.raises(SourceError, match="damaged"):
        read_all(str(path))


def test_a_jpeg_that_ends_early_is_refused(tmp_path: Path) -> None:
    """Half a tile would be grey, without a word."""
    path, plane = tmp_path / "image.tif", voxels_of("uint8", 64, 64, 1)[..., 0]
    tifffile.imwrite(path, plane, compression="jpeg", tile=(32, 32), metadata=None)
    assert read_all(str(path)).shape == (1, 1, 1, 64, 64, 1)
    with tifffile.TiffFile(path, mode="r+b") as tif:
        tag = tif.pages.first.tags["TileByteCounts"]
        tag.overwrite((tag.value[0], tag.value[1] * 9 // 10, *tag.value[2:]))
    with pytest.raises(SourceError, match="tile 2: Premature end of JPEG"):
        read_all(str(path))


def test_what_libtiff_refuses_is_tried_by_tifffile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its word is the last one, on voxels and on damage."""

    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError

    path, plane = tmp_path / "image.tif", voxels_of("uint8", 37, 53, 1)[..., 0]
    tifffile.imwrite(path, plane, compression="lzw", metadata=None)
    monkeypatch.setattr(tiff_decoders, "_tiff_decode", refuse)
    assert_array_equal(read_all(str(path))[0, 0, 0, ..., 0], plane)
