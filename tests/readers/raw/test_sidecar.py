"""Sidecars as people and programs write them."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from wkflow.errors import SourceError
from wkflow.model.source import RawLayout
from wkflow.readers.raw.sidecar import find_sidecar

from tests.readers.contract import read_all, voxels_of


def find(tmp_path: Path, name: str, text: str) -> RawLayout:
    """Read the sidecar `name` of scan.raw."""
    (tmp_path / name).write_text(text)
    return find_sidecar(str(tmp_path / "scan.raw")).layout


@pytest.mark.parametrize("name", ["scan.raw.json", "scan.json"])
def test_json_says_it_all(tmp_path: Path, name: str) -> None:
    """Beside the file, with its suffix or without."""
    text = """{"shape": [4, 3, 2], "dtype": "uint16", "order": "C", "byte_order": "big",
               "offset": 7}"""
    assert find(tmp_path, name, text) == RawLayout((4, 3, 2), "uint16", "C", "big", 7)


@pytest.mark.parametrize("name", ["scan.raw.yaml", "scan.yaml", "scan.raw.yml", "scan.yml"])
def test_yaml_needs_shape_and_type(tmp_path: Path, name: str) -> None:
    """Everything else has its usual value."""
    text = "shape: [4, 3, 2]\ndtype: float32\n"
    assert find(tmp_path, name, text) == RawLayout((4, 3, 2), "float32")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("voxel_size: [4, 5, 6]", (4, 5, 6)),
        ("voxel_size: [4, 5, 6]\nunit: µm", (4000, 5000, 6000)),
        ("voxel_size: [4, 5, 0]\nunit: px", (None, None, None)),
        ("voxel_size: [4, 5]", (None, None, None)),
        ("", (None, None, None)),
    ],
)
def test_the_voxel_size_is_in_nanometers(
    tmp_path: Path, said: str, expected: tuple[float | None, ...]
) -> None:
    """Unless a unit is given."""
    (tmp_path / "scan.yaml").write_text(f"shape: [4, 3, 2]\ndtype: uint8\n{said}", "utf-8")
    assert find_sidecar(str(tmp_path / "scan.raw")).voxel_nm == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("shape: [4, 3, 2]", "does not say how"),
        ("dtype: uint8", "does not say how"),
        ("shape: [4, 3, 2]\ndtype: uint8\nshap: 5", "does not say how"),
        ("just words", "does not say how"),
        ("shape: [4, 3]\ndtype: uint8", "gives 2 extents"),
        ("shape: 5\ndtype: uint8", "is damaged"),
        ("shape: [a, b, c]\ndtype: uint8", "is damaged"),
        ("shape: [4, 3, 2]\ndtype: uint8\noffset: x", "is damaged"),
        ("shape: [4, 3", "no JSON or YAML"),
    ],
)
def test_a_faulty_sidecar_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """By its own name."""
    with pytest.raises(SourceError, match=words) as failure:
        find(tmp_path, "scan.yaml", text)
    assert failure.value.where == str(tmp_path / "scan.yaml")
    assert len(str(failure.value).splitlines()) <= 5


RIPPLE = """key\tvalue\t; comment
width\t4
height\t3
depth\t2
offset\t8
data-length\t2
data-type\tunsigned
byte-order\tbig-endian
record-by\t{}
"""


def test_ripple_is_read(tmp_path: Path) -> None:
    """An image after the other."""
    expected = RawLayout((4, 3, 2), "uint16", "F", "big", 8)
    assert find(tmp_path, "scan.rpl", RIPPLE.format("image")) == expected


def test_ripple_by_vector_has_depth_fastest(tmp_path: Path) -> None:
    """So spectra are stored: depth, then width, then height."""
    (tmp_path / "scan.rpl").write_text(RIPPLE.format("vector"))
    voxels = voxels_of("uint16", 2, 3, 4)
    stored = np.ascontiguousarray(voxels.transpose(1, 2, 0).astype(">u2"))
    (tmp_path / "scan.raw").write_bytes(bytes(8) + stored.tobytes())
    found = read_all(str(tmp_path / "scan.raw"))
    assert_array_equal(found[0, 0, ..., 0], voxels, strict=True)


META = """ObjectType = Image
NDims = 3
BinaryData = True
BinaryDataByteOrderMSB = True
CompressedData = False
ElementSpacing = 1 1 2
DimSize = 4 3 2
ElementType = MET_SHORT
ElementDataFile = scan.raw
"""


def test_metaimage_is_read(tmp_path: Path) -> None:
    """It names no unit: there is no voxel size."""
    assert find(tmp_path, "scan.mhd", META) == RawLayout((4, 3, 2), "int16", "F", "big")
    assert find_sidecar(str(tmp_path / "scan.raw")).voxel_nm == (None, None, None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("CompressedData = False", "CompressedData = True"),
        ("MET_SHORT", "MET_OTHER"),
        ("NDims = 3", "ElementNumberOfChannels = 3"),
        ("NDims = 3", "HeaderSize = -1"),
        ("ElementDataFile = scan.raw", "ElementDataFile = other.raw"),
    ],
)
def test_a_metaimage_of_another_kind_is_refused(tmp_path: Path, old: str, new: str) -> None:
    """Compressed, of several channels, of odd types, of another file."""
    with pytest.raises(SourceError, match="describes"):
        find(tmp_path, "scan.mhd", META.replace(old, new))
