"""Mags of N5 by tensorstore."""

import gzip
import json
import struct
from pathlib import Path
from typing import Any

import pytest
import tensorstore
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.model.box import Box

from tests.readers.dataset.given import given_at, layer_of, noise, opened, require_voxels

VOXELS = noise("uint16", 1, 2, 37, 21, 11)


def write_n5(folder: Path, array: NDArray[Any], block: tuple[int, ...], **further: object) -> None:
    """Write an array whose first axis is N5's first, and fastest."""
    document = {
        "dimensions": array.shape,
        "blockSize": block,
        "dataType": array.dtype.name,
        "compression": {"type": "gzip"},
        **further,
    }
    store = {"driver": "file", "path": str(folder)}
    spec = {"driver": "n5", "kvstore": store, "metadata": document, "create": True}
    tensorstore.open(spec).result().write(array).result()


@pytest.mark.parametrize("kind", ["raw", "gzip", "bzip2", "xz", "zstd"])
def test_compressions(tmp_path: Path, kind: str) -> None:
    """As we lay arrays out: (c, x, y, z)."""
    write_n5(tmp_path / "1", VOXELS[0], (2, 16, 8, 8), compression={"type": kind})
    require_voxels(given_at(tmp_path / "1", "n5", "cxyz"), VOXELS)


def test_arrays_without_channels(tmp_path: Path) -> None:
    """As others lay them out; the properties, the attributes or nobody says so."""
    array = VOXELS[0, 0]
    write_n5(tmp_path / "1", array, (16, 8, 8))
    require_voxels(given_at(tmp_path / "1", "n5", "xyz"), VOXELS[:, :1])
    require_voxels(given_at(tmp_path / "1", "n5"), VOXELS[:, :1])
    write_n5(tmp_path / "2", array.T, (8, 8, 16), axes=["z", "y", "x"])
    require_voxels(given_at(tmp_path / "2", "n5"), VOXELS[:, :1])
    write_n5(tmp_path / "4", VOXELS[0].transpose(1, 2, 3, 0), (8, 8, 16, 1))
    require_voxels(given_at(tmp_path / "4", "n5", "xyzc"), VOXELS)


def test_missing_cut_and_small_blocks(tmp_path: Path) -> None:
    """A missing one is zeros and named; a damaged one is refused."""
    write_n5(tmp_path / "1", VOXELS[0], (2, 16, 8, 8))
    given, block = given_at(tmp_path / "1", "n5", "cxyz"), tmp_path / "1" / "0" / "1" / "0" / "1"
    whole, box = block.read_bytes(), Box((0, 0, 0), (37, 21, 11))
    small = struct.pack(">HH4I", 0, 4, 2, 16, 8, 2) + gzip.compress(bytes(2 * 16 * 8 * 2 * 2))
    for content in (b"", whole[:7], whole[:30], whole[:-1], small):
        block.write_bytes(content)
        with pytest.raises(SourceError, match="is damaged") as failure:
            opened(given, layer_of(VOXELS)).region(0)(box)
        assert failure.value.where == str(block)
    block.unlink()
    mag, expected = opened(given, layer_of(VOXELS)), VOXELS[0].copy()
    expected[:, 16:32, :8, 8:] = 0
    assert mag.absent() == ["1/0/1/0/1"]
    assert_array_equal(mag.region(0)(box), expected, strict=True)


@pytest.mark.parametrize(
    "content", [None, "", "[]", "{}", '{"dimensions": [1, 2], "blockSize": [1, 1]}']
)
def test_attributes_that_are_none_are_refused(tmp_path: Path, content: str | None) -> None:
    """Their file is named."""
    (tmp_path / "1").mkdir()
    if content is not None:
        (tmp_path / "1" / "attributes.json").write_text(content)
    with pytest.raises(SourceError) as failure:
        opened(given_at(tmp_path / "1", "n5"), layer_of(VOXELS))
    assert failure.value.where == str(tmp_path / "1" / "attributes.json")


def test_axes_without_names_are_refused(tmp_path: Path) -> None:
    """There is no guessing of five."""
    write_n5(tmp_path / "1", VOXELS, (1, 2, 16, 8, 8))
    with pytest.raises(SourceError, match="5 axes have no names"):
        opened(given_at(tmp_path / "1", "n5"), layer_of(VOXELS))
    file = tmp_path / "1" / "attributes.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "axes": ["t", "c", "x", "y", "z"]}))
    require_voxels(given_at(tmp_path / "1", "n5"), VOXELS)
