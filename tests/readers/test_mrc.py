"""MRC files by mrcfile, and by hand where it does not write them."""

import gzip
import struct
from pathlib import Path
from typing import Any, ClassVar

import mrcfile
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.model.source import Header
from wkflow.readers import probe

from tests.readers.contract import ReaderContract, read_all, voxels_of


class TestMrc(ReaderContract):
    suffix = ".mrc"
    kinds: ClassVar = tuple((name, 1) for name in ("int8", "int16", "uint16", "float16", "float32"))
    planes = 3
    compression: ClassVar[str | None] = None

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        with mrcfile.new(path, compression=self.compression, overwrite=True) as mrc:
            mrc.set_data(voxels[0, 0, ..., 0])

    def voxels(self, dtype: str, samples: int) -> NDArray[Any]:
        """Keep within what float16 can hold."""
        return super().voxels("uint8" if dtype == "float16" else dtype, samples).astype(dtype)


class TestMrcGz(TestMrc):
    suffix = ".mrc.gz"
    compression: ClassVar = "gzip"
    damages = 30


class TestMap(TestMrc):
    """A suffix of CCP4."""

    suffix = ".map"
    kinds: ClassVar = (("float32", 1),)


def mrc(  # noqa: PLR0913 -- the fields of a header
    voxels: NDArray[Any],
    mode: int,
    *,
    order: str = "<",
    stamp: bytes = b"DD\0\0",
    imod: tuple[int, int] = (0, 0),
    statistics: tuple[float, float] = (0, 0),
    grid: tuple[int, int, int] | None = None,
    cell: tuple[float, float, float] = (0, 0, 0),
    axes: tuple[int, int, int] = (1, 2, 3),
    extended: bytes = b"",
) -> bytes:
    """Write (z, y, x) or (z, y, x, sample) after the specification, without any library."""
    z, y, x = voxels.shape[:3]
    head = bytearray(1024)
    struct.pack_into(order + "4i", head, 0, x, y, z, mode)
    struct.pack_into(order + "3i3f", head, 28, *(grid or (x, y, z)), *cell)
    struct.pack_into(order + "3i2f", head, 64, *axes, *statistics)
    struct.pack_into(order + "i", head, 92, len(extended))
    struct.pack_into(order + "2i", head, 152, *imod)
    head[208:216] = b"MAP " + stamp
    stored = voxels.astype(voxels.dtype.newbyteorder(order))
    return bytes(head) + extended + stored.tobytes()


GRID = voxels_of("int16", 3, 4, 5)[..., np.newaxis]


def save(tmp_path: Path, content: bytes, name: str = "volume.mrc") -> str:
    path = tmp_path / name
    path.write_bytes(content)
    return str(path)


@pytest.mark.parametrize(
    ("order", "stamp"),
    [
        (">", b"\x11\x11\0\0"), (">", bytes(4)), (">", b"DD\0\0"),
        ("<", b"DA\0\0"), ("<", bytes(4)), ("<", b"\x11\x11\0\0"),
    ],
)  # fmt: skip
def test_the_byte_order_is_that_which_makes_sense(tmp_path: Path, order: str, stamp: bytes) -> None:
    """With a machine stamp, without one, and with one that lies."""
    path = save(tmp_path, mrc(GRID, 1, order=order, stamp=stamp))
    assert_array_equal(read_all(path)[0, 0], GRID, strict=True)


@pytest.mark.parametrize(
    ("imod", "statistics", "dtype", "notes"),
    [
        ((0, 0), (0, 0), "int8", 0),
        ((0, 0), (-5, 100), "int8", 0),
        ((0, 0), (0, 200), "uint8", 1),
        ((0, 0), (0, 1e30), "int8", 0),
        ((1146047817, 0), (0, 0), "uint8", 0),
        ((1146047817, 1), (0, 200), "int8", 0),
        ((1146047817, 3), (0, 0), "int8", 0),
    ],
)
def test_bytes_are_signed_unless_something_says_otherwise(
    tmp_path: Path, imod: tuple[int, int], statistics: tuple[float, float], dtype: str, notes: int
) -> None:
    """IMOD's flag counts, else the header's largest value."""
    voxels = np.arange(60, dtype=dtype).reshape(3, 4, 5, 1)
    path = save(tmp_path, mrc(voxels, 0, imod=imod, statistics=statistics))
    assert_array_equal(read_all(path)[0, 0], voxels, strict=True)
    assert len(probe(path)[0].about.notes) == notes


def test_rgb_of_imod_has_samples(tmp_path: Path) -> None:
    """Mode 16: they are no planes."""
    voxels = voxels_of("uint8", 2, 3, 4, 3)
    path = save(tmp_path, mrc(voxels, 16))
    assert probe(path)[0].header == Header(4, 3, 2, 3, "uint8")
    assert_array_equal(read_all(path)[0, 0], voxels, strict=True)


@pytest.mark.parametrize(("mode", "words"), [(3, "complex"), (4, "complex"), (101, "4 bit")])
def test_modes_that_are_no_voxels_are_refused(tmp_path: Path, mode: int, words: str) -> None:
    """The remedy says what to do instead."""
    with pytest.raises(SourceError, match=words):
        probe(save(tmp_path, mrc(GRID, mode)))


def test_an_extended_header_is_passed_over(tmp_path: Path) -> None:
    """FEI and SerialEM write one; what stands behind the voxels does not matter."""
    path = save(tmp_path, mrc(GRID, 1, extended=b"odd" * 7) + b"more")
    assert_array_equal(read_all(path)[0, 0], GRID, strict=True)


def test_a_byte_too_few_is_refused_by_numbers(tmp_path: Path) -> None:
    """Before any voxel is read."""
    with pytest.raises(SourceError, match="need 1144 bytes, the file has 1143"):
        probe(save(tmp_path, mrc(GRID, 1)[:-1]))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"cell": (50, 80, 60)}, (1.0, 2.0, 2.0)),
        ({"cell": (50, 80, 60), "axes": (3, 1, 2)}, (2.0, 1.0, 2.0)),
        ({"cell": (50, 80, 60), "axes": (0, 0, 0)}, (1.0, 2.0, 2.0)),
        ({"cell": (50, 80, 60), "grid": (10, 0, -3)}, (0.5, None, None)),
        ({"cell": (0, -80, float("nan"))}, (None, None, None)),
        ({}, (None, None, None)),
    ],
)
def test_the_cell_tells_the_voxel_size(
    tmp_path: Path, more: dict[str, Any], expected: tuple[float | None, ...]
) -> None:
    """In angstrom, along columns, rows and sections; 0 and less is none."""
    (found,) = probe(save(tmp_path, mrc(GRID, 1, **more)))
    assert found.about.voxel_nm == expected


def test_mrcfile_and_we_agree_on_the_voxel_size(tmp_path: Path) -> None:
    """It states angstrom."""
    path = tmp_path / "volume.mrc"
    with mrcfile.new(path) as file:
        file.set_data(GRID[..., 0])
        file.voxel_size = (11.4, 2.5, 40)
    assert probe(str(path))[0].about.voxel_nm == (1.14, 0.25, 4.0)


def test_a_stack_of_volumes_is_z(tmp_path: Path) -> None:
    """One volume above the other, as they lie in the file."""
    path = tmp_path / "stack.mrcs"
    voxels = voxels_of("int16", 2, 3, 4, 5)
    with mrcfile.new(path) as file:
        file.set_data(voxels)
        assert file.is_volume_stack()
    assert_array_equal(read_all(str(path))[0, 0, ..., 0], voxels.reshape(6, 4, 5), strict=True)


@pytest.mark.parametrize("suffix", [".st", ".ali", ".rec", ".mrcs", ".st.gz", ".rec.gz", ".map.gz"])
def test_the_suffixes_of_tomography_are_read(tmp_path: Path, suffix: str) -> None:
    """Gzipped ones are streams."""
    content = mrc(GRID, 1)
    is_stream = suffix.endswith(".gz")
    content = gzip.compress(content) if is_stream else content
    path = save(tmp_path, content, f"volume{suffix}")
    assert probe(path)[0].is_stream == is_stream
    assert_array_equal(read_all(path)[0, 0], GRID, strict=True)


@pytest.mark.parametrize("content", [bytes(2000), b"text " * 500, mrc(GRID, 1)[:1000]])
def test_other_bytes_are_refused(tmp_path: Path, content: bytes) -> None:
    """Neither byte order makes sense."""
    with pytest.raises(SourceError, match="is no MRC file"):
        probe(save(tmp_path, content))
