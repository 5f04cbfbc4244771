"""Voxels without a header, written by numpy."""

import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.model.source import Header, RawLayout
from wkflow.readers import probe
from wkflow.readers.raw.reader import TYPES, RawReader

from tests.readers.contract import HEIGHT, WIDTH, ReaderContract, read_all, voxels_of


class TestRawWithSidecar(ReaderContract):
    suffix = ".raw"
    kinds: ClassVar = tuple((name, 1) for name in sorted(TYPES))
    planes = 3
    no_image: ClassVar = {
        None: "is not there",
        b"": "is empty",
        b"this is text": "nothing says how",
    }

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        voxels.tofile(path)
        said = {"shape": [WIDTH, HEIGHT, 3], "dtype": voxels.dtype.name}
        Path(f"{path}.json").write_text(json.dumps(said))


class TestRawWithOptions(TestRawWithSidecar):
    suffix = ".bin"
    kinds: ClassVar = (("uint16", 1),)
    no_image: ClassVar = {
        None: "is not there",
        b"": "is empty",
        b"this is text": "has 12 bytes; 53 x 37 x 3 voxels of uint16 need 11766",
    }

    def reader(self, path: str) -> RawReader:  # noqa: ARG002
        return RawReader(RawLayout((WIDTH, HEIGHT, 3), "uint16"))


GRID = voxels_of("int32", 2, 3, 4)
"""(z, y, x)."""


@pytest.mark.parametrize("order", ["F", "C"])
@pytest.mark.parametrize("byte_order", ["little", "big"])
@pytest.mark.parametrize("offset", [0, 13])
def test_every_layout_is_read(tmp_path: Path, order: str, byte_order: str, offset: int) -> None:
    """With x or z fastest, in both byte orders, behind a header of any length."""
    stored = GRID.T.astype(">i4" if byte_order == "big" else "<i4")
    path = tmp_path / "grid.raw"
    path.write_bytes(b"\xee" * offset + stored.tobytes(order=order))  # type: ignore[arg-type]
    reader = RawReader(RawLayout((4, 3, 2), "int32", order, byte_order, offset))
    assert_array_equal(read_all(str(path), reader=reader)[0, 0, ..., 0], GRID, strict=True)


@pytest.mark.parametrize("size", [95, 97])
def test_the_size_must_be_right_to_the_byte(tmp_path: Path, size: int) -> None:
    """A byte more tells as well that shape or type are wrong; both numbers are named."""
    path = tmp_path / "grid.raw"
    path.write_bytes(bytes(size))
    with pytest.raises(SourceError, match=f"has {size} bytes; 4 x 3 x 2 voxels of int32 need 96"):
        RawReader(RawLayout((4, 3, 2), "int32")).probe(str(path))


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        (RawLayout((4, 3, 2), "complex64"), "dtype complex64 is unknown"),
        (RawLayout((4, 3, 2), "int32", "X"), "order X is unknown"),
        (RawLayout((4, 3, 2), "int32", "F", "odd"), "byte order odd is unknown"),
        (RawLayout((4, 0, 2), "int32"), r"shape \(4, 0, 2\)"),
        (RawLayout((4, 3, 2), "int32", offset=-1), "offset -1"),
    ],
)
def test_a_layout_that_is_none_is_refused(tmp_path: Path, layout: RawLayout, words: str) -> None:
    """It is said what is known."""
    path = tmp_path / "grid.raw"
    path.write_bytes(bytes(96))
    with pytest.raises(SourceError, match=words):
        RawReader(layout).probe(str(path))


def test_a_faulty_sidecar_is_named_itself(tmp_path: Path) -> None:
    """Not the voxels, which may be well."""
    path = tmp_path / "grid.raw"
    path.write_bytes(bytes(96))
    sidecar = tmp_path / "grid.json"
    sidecar.write_text('{"shape": [4, 3, 2], "dtype": "int23"}')
    with pytest.raises(SourceError, match="int23") as failure:
        probe(str(path))
    assert failure.value.where == str(sidecar)


def test_a_sidecar_belongs_to_the_image(tmp_path: Path) -> None:
    """It tells the voxel size, and a change of it is a change of the source."""
    path = tmp_path / "grid.raw"
    GRID.tofile(path)
    sidecar = tmp_path / "grid.raw.yaml"
    sidecar.write_text("shape: [4, 3, 2]\ndtype: int32\nvoxel_size: [4, 4, 0.04]\nunit: um")
    (found,) = probe(str(path))
    assert found.header == Header(4, 3, 2, 1, "int32")
    assert found.about.voxel_nm == (4000, 4000, 40)
    assert found.files == (str(path), str(sidecar))
    assert np.array_equal(read_all(str(path))[0, 0, ..., 0], GRID)


def test_options_go_before_a_sidecar(tmp_path: Path) -> None:
    """What is typed counts."""
    path = tmp_path / "grid.raw"
    GRID.tofile(path)
    (tmp_path / "grid.json").write_text("nonsense")
    (found,) = probe(str(path), RawLayout((24, 1, 1), "int32"))
    assert found.header == Header(24, 1, 1, 1, "int32")
    assert found.files == ()


def test_without_a_word_on_it_the_options_are_named(tmp_path: Path) -> None:
    """And the name of a sidecar."""
    path = tmp_path / "grid.raw"
    path.write_bytes(bytes(96))
    with pytest.raises(SourceError, match="nothing says how") as failure:
        probe(str(path))
    assert "--raw-shape x,y,z" in failure.value.remedy
    assert "grid.raw.json" in failure.value.remedy
