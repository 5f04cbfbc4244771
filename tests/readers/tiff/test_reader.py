"""TIFF files by tifffile's writer and by Pillow, through the promises of every reader."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import PIL.Image
import pytest
import tifffile
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.model.box import Box
from wkflow.model.source import Header
from wkflow.readers import open_images, probe

from tests.readers.contract import ReaderContract, read_all, voxels_of

ALL_KINDS = (
    ("uint8", 1),
    ("uint8", 3),
    ("uint16", 1),
    ("uint16", 3),
    ("uint32", 1),
    ("int8", 1),
    ("int16", 1),
    ("int32", 1),
    ("float32", 1),
    ("float32", 3),
    ("float64", 1),
)


def photometric(voxels: NDArray[Any]) -> Literal["rgb", "minisblack"]:
    return "rgb" if voxels.shape[-1] == 3 else "minisblack"


class TestTiff(ReaderContract):
    suffix = ".tiff"
    kinds: ClassVar = ALL_KINDS

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        tifffile.imwrite(path, voxels.squeeze(), photometric=photometric(voxels), metadata=None)


class TestTiffByPillow(ReaderContract):
    suffix = ".tif"

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        PIL.Image.fromarray(voxels.squeeze()).save(path)


class TestTiffInTiles(ReaderContract):
    suffix = ".btf"
    kinds: ClassVar = (("uint8", 1), ("uint16", 1), ("uint8", 3))

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        how: dict[str, Any] = {"compression": "zlib", "predictor": True, "bigtiff": True}
        kind = photometric(voxels)
        tifffile.imwrite(path, voxels.squeeze(), photometric=kind, tile=(16, 16), **how)


class TestImagejHyperstack(ReaderContract):
    suffix = ".tif"
    kinds: ClassVar = (("uint8", 1), ("uint16", 1), ("float32", 1), ("uint8", 3))
    frames, channels, planes = 3, 2, 4

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        stored = voxels.transpose(0, 2, 1, 3, 4, 5)  # TZCYXS
        tifffile.imwrite(path, stored, imagej=True, photometric=photometric(voxels))


class TestOmeTiff(ReaderContract):
    suffix = ".ome.tif"
    kinds: ClassVar = (("uint8", 1), ("int16", 1), ("float32", 1))
    frames, channels, planes = 2, 3, 4
    damages: ClassVar[int] = 200

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        how: dict[str, Any] = {"compression": "lzw", "photometric": "minisblack"}
        tifffile.imwrite(path, voxels[..., 0], ome=True, metadata={"axes": "TCZYX"}, **how)


class TestPlainStack(ReaderContract):
    suffix = ".tif"
    kinds: ClassVar = (("uint8", 1), ("uint16", 3))
    planes = 9

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        with tifffile.TiffWriter(path, byteorder=">") as writer:
            for plane in voxels[0, 0]:
                how: dict[str, Any] = {"metadata": None, "photometric": photometric(voxels)}
                writer.write(plane.squeeze(), compression="zstd", rowsperstrip=7, **how)


def stack(planes: int = 9, dtype: str = "uint16") -> NDArray[Any]:
    return voxels_of(dtype, planes, 37, 53, 1)[..., 0]


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "zstd", "packbits", "lzma"])
@pytest.mark.parametrize("layout", [{}, {"rowsperstrip": 5}, {"tile": (16, 32)}])
def test_every_storage_gives_the_same_voxels(
    tmp_path: Path, byteorder: Literal["<", ">"], compression: str | None, layout: dict[str, Any]
) -> None:
    """Byte order, compression, strips and tiles do not show in the voxels."""
    path, voxels = tmp_path / "stack.tif", stack(5)
    tifffile.imwrite(path, voxels, byteorder=byteorder, compression=compression, **layout)
    assert_array_equal(read_all(str(path))[0, 0, ..., 0], voxels, strict=True)


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"imagej": True, "metadata": {"axes": "ZYX"}},
        {"ome": True, "metadata": {"axes": "ZYX"}},
        {"metadata": None},
        {"compression": "zlib"},
        {"compression": "zlib", "metadata": None},
        {"ome": True, "compression": "lzw", "metadata": {"axes": "ZYX"}},
        {"imagej": True, "metadata": {"axes": "ZYX"}, "truncate": True},
        {"truncate": True},
    ],
)
def test_a_stack_is_read_in_z_order_by_many_threads(tmp_path: Path, how: dict[str, Any]) -> None:
    """Whoever wrote the stack: page i is plane i, from any thread."""
    path, voxels = tmp_path / "stack.tif", stack(20)
    tifffile.imwrite(path, voxels, photometric="minisblack", **how)
    (found,) = probe(str(path))
    assert found.header == Header(53, 37, 20, 1, "uint16")
    out = np.zeros((*voxels.shape, 1), voxels.dtype)
    with open_images(str(path)) as (image,), ThreadPoolExecutor(4) as pool:

        def read(z: int) -> None:
            image.read(Box((0, 0, z), (53, 37, z + 1)), out[z : z + 1])

        list(pool.map(read, range(20)))
    assert_array_equal(out[..., 0], voxels)


def test_one_bit_becomes_zero_and_one(tmp_path: Path) -> None:
    """Black and white as stored, one byte per voxel."""
    path, plane = tmp_path / "bits.tif", stack(1, "uint8")[0] % 2
    PIL.Image.fromarray(plane.astype(bool)).save(path)
    assert probe(str(path))[0].header.dtype == "uint8"
    assert_array_equal(read_all(str(path))[0, 0, 0, ..., 0], plane)


def test_a_stack_that_lost_its_end_is_refused(tmp_path: Path) -> None:
    """With directories in front, behind or in between: no stack is read short."""
    path = tmp_path / "stack.tif"
    axes = {"axes": "ZYX"}
    for how in (
        {},
        {"metadata": None},
        {"compression": "zlib"},
        {"imagej": True, "metadata": axes},
        {"ome": True, "metadata": axes},
    ):
        tifffile.imwrite(path, stack(20), photometric="minisblack", **how)
        whole = path.read_bytes()
        for share in (0.05, 0.3, 0.6, 0.97):
            path.write_bytes(whole[: int(len(whole) * share)])
            with pytest.raises(SourceError, match=r"cut short|damaged"):
                read_all(str(path))


def test_a_plane_is_read_without_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Uncompressed voxels go from the file into the caller's array."""
    path, plane = tmp_path / "plane.tif", stack(1)
    tifffile.imwrite(path, plane[0], byteorder=">")
    out = np.zeros((1, 37, 53, 1), plane.dtype)
    with open_images(str(path)) as (image,):
        monkeypatch.setattr(np, "empty", None)
        image.read(Box((0, 0, 0), (53, 37, 1)), out)
    assert_array_equal(out[..., 0], plane)


def test_a_virtual_stack_has_one_directory(tmp_path: Path) -> None:
    """ImageJ's stacks beyond 4 GB: one page, and all planes behind one another."""
    path, voxels = tmp_path / "virtual.tif", stack(6)
    description = "ImageJ=1.54f\nimages=6\nslices=6\n"
    tifffile.imwrite(path, voxels[0], metadata=None, description=description, byteorder=">")
    with path.open("ab") as file:
        file.seek(0, 2)
        file.write(voxels[1:].astype(">u2").tobytes())
    with tifffile.TiffFile(path) as tif:
        assert len(tif.pages) == 1
        assert tif.pages.first.dataoffsets[0] + voxels.nbytes == path.stat().st_size
    assert_array_equal(read_all(str(path))[0, 0, ..., 0], voxels, strict=True)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SourceError, match="fewer planes than ImageJ wrote"):
        probe(str(path))
