"""N5 containers written by tensorstore, and their attributes by hand."""

import json
import struct
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import tensorstore
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.readers import probe

from tests.readers.contract import read_all, voxels_of
from tests.readers.dataset.contract import StoreContract

VOLUME = voxels_of("uint16", 5, 37, 53, 1)[..., 0]


def write_n5(
    folder: Path, array: NDArray[Any], compression: dict[str, Any], **further: object
) -> None:
    """Write an array in C order, so that its last axis is N5's first."""
    document = {
        "dimensions": array.shape[::-1],
        "blockSize": (16, 9, 4, 1, 1)[: array.ndim],
        "dataType": array.dtype.name,
        "compression": compression,
        **further,
    }
    store = {"driver": "file", "path": str(folder)}
    spec = {"driver": "n5", "kvstore": store, "metadata": document, "create": True}
    tensorstore.open(spec).result().write(array.T).result()


COMPRESSIONS = [
    {"type": "raw"},
    {"type": "gzip"},
    {"type": "gzip", "useZlib": True},
    {"type": "bzip2"},
    {"type": "xz"},
    {"type": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1},
    {"type": "zstd"},
]


class TestN5(StoreContract):
    suffix = ".n5"
    kinds: ClassVar = tuple(
        (dtype, 1) for dtype in ("uint8", "int8", "uint16", "int32", "uint64", "float32", "float64")
    )

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        write_n5(path, voxels[..., 0], {"type": "gzip"})


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_all_compressions_are_read(tmp_path: Path, compression: dict[str, Any]) -> None:
    """A block that is cut is refused then, one that is missing is 0."""
    path = tmp_path / "a"
    write_n5(path, VOLUME, compression)
    assert_array_equal(read_all(str(path))[0, 0, ..., 0], VOLUME, strict=True)
    block = path / "0" / "1" / "0"
    whole = block.read_bytes()
    for end in (0, 5, 16, 20, len(whole) // 2, len(whole) - 1):
        block.write_bytes(whole[:end])
        with pytest.raises(SourceError) as failure:
            read_all(str(path))
        assert failure.value.where == str(path)
    block.unlink()
    expected = VOLUME.copy()
    expected[:4, 9:18, :16] = 0
    assert_array_equal(read_all(str(path))[0, 0, ..., 0], expected, strict=True)


def test_a_block_that_is_too_small_is_refused(tmp_path: Path) -> None:
    """Only one at the end may be smaller than the others."""
    write_n5(tmp_path / "a", VOLUME, {"type": "raw"})
    head = struct.pack(">HHIII", 0, 3, 5, 9, 4)
    (tmp_path / "a" / "3" / "0" / "0").write_bytes(head + bytes(2 * 5 * 9 * 4))
    assert not read_all(str(tmp_path / "a"))[0, 0, :4, :9, 48:].any()
    (tmp_path / "a" / "0" / "0" / "0").write_bytes(head + bytes(2 * 5 * 9 * 4))
    with pytest.raises(SourceError, match="too small"):
        read_all(str(tmp_path / "a"))


@pytest.mark.parametrize(
    ("attributes", "voxel_nm"),
    [
        ({"resolution": [4, 5, 40]}, (None, None, None)),
        ({"resolution": [4, 5, 40], "unit": "nm"}, (4.0, 5.0, 40.0)),
        ({"resolution": [4, 5, 40], "units": ["um", "um", "nm"]}, (4000.0, 5000.0, 40.0)),
        ({"resolution": [1, 1, 1], "units": ["4nm", "4.5 nm", "40nm"]}, (4.0, 4.5, 40.0)),
        ({"resolution": [1, 1, 1], "units": ["pixel"] * 3}, (None, None, None)),
        ({"pixelResolution": [4, 4, 40], "units": ["nm"] * 3}, (4.0, 4.0, 40.0)),
        ({"pixelResolution": {"dimensions": [1, 2, 3], "unit": "um"}}, (1e3, 2e3, 3e3)),
        ({"resolution": 4}, (None, None, None)),
        ({}, (None, None, None)),
    ],
)
def test_the_size_of_a_voxel_is_stated_in_many_ways(
    tmp_path: Path, attributes: dict[str, Any], voxel_nm: tuple[float | None, ...]
) -> None:
    """By tensorstore, by n5-viewer, by Paintera."""
    write_n5(tmp_path / "a", VOLUME, {"type": "raw"})
    file = tmp_path / "a" / "attributes.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **attributes}))
    assert probe(str(tmp_path / "a"))[0].about.voxel_nm == voxel_nm


def test_axes_are_named_fastest_first(tmp_path: Path) -> None:
    """As tensorstore writes them."""
    array = voxels_of("uint8", 2, 3, 37, 53, 1)[..., 0]
    write_n5(tmp_path / "a", array, {"type": "raw"}, axes=["x", "y", "t", "z"])
    (found,) = probe(str(tmp_path / "a"))
    assert found.header.axes == (("t", 3),)
    assert_array_equal(read_all(str(tmp_path / "a"))[:, 0, ..., 0], array.swapaxes(0, 1))


def test_of_a_pyramid_the_finest_array_is_the_image(tmp_path: Path) -> None:
    """It is named by its group, whose attributes count too; arrays alone are images as well."""
    root = tmp_path / "a.n5"
    for number in range(3):
        write_n5(root / "volumes" / "raw" / f"s{number}", VOLUME[:: 2**number], {"type": "zstd"})
    (root / "volumes" / "raw" / "attributes.json").write_text(
        '{"pixelResolution": {"dimensions": [4, 4, 40], "unit": "nm"}}'
    )
    write_n5(root / "labels", VOLUME.astype("u8"), {"type": "raw"})
    (root / "attributes.json").write_text('{"n5": "2.5.1"}')
    labels, raw = probe(str(root))
    assert (labels.about.name, raw.about.name) == ("labels", "volumes/raw")
    assert raw.header.planes == 5
    assert raw.about.voxel_nm == (4.0, 4.0, 40.0)
    assert [Path(file).parent.name for file in raw.files[1:]] == ["raw", "s0"]
    assert_array_equal(read_all(str(root), 1)[0, 0, ..., 0], VOLUME)


@pytest.mark.parametrize(
    "attributes",
    [{"scales": [[1, 1, 1], [2, 2, 1]]}, {"multiscales": [{"datasets": [{"path": "1"}]}]}],
)
def test_a_layer_of_webknossos_is_a_pyramid(tmp_path: Path, attributes: dict[str, Any]) -> None:
    """Its levels are called after their mags."""
    for name in ("1", "2-2-1"):
        write_n5(tmp_path / "a" / name, VOLUME, {"type": "raw"})
    (tmp_path / "a" / "attributes.json").write_text(json.dumps(attributes))
    (found,) = probe(str(tmp_path / "a"))
    assert found.about.name == ""
    assert len(found.files) == 3


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A compression that nobody knows."""
    write_n5(tmp_path / "a", VOLUME, {"type": "raw"})
    file = tmp_path / "a" / "attributes.json"
    file.write_text(file.read_text().replace('"raw"', '"jpeg"'))
    with pytest.raises(SourceError, match="compressed with jpeg"):
        read_all(str(tmp_path / "a"))


def test_old_files_name_the_compression_in_one_word(tmp_path: Path) -> None:
    """Before version 2."""
    write_n5(tmp_path / "a", VOLUME, {"type": "gzip"})
    file = tmp_path / "a" / "attributes.json"
    document = json.loads(file.read_text())
    del document["compression"]
    file.write_text(json.dumps({**document, "compressionType": "gzip"}))
    assert_array_equal(read_all(str(tmp_path / "a"))[0, 0, ..., 0], VOLUME)
    assert np.dtype(probe(str(tmp_path / "a"))[0].header.dtype) == VOLUME.dtype
