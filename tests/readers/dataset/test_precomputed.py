"""Precomputed volumes written by tensorstore."""

import gzip
import json
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

VOLUME = voxels_of("uint8", 11, 37, 53, 1)[None, ..., 0]


def write_volume(
    folder: Path,
    array: NDArray[Any],
    encoding: str = "raw",
    sharding: dict[str, object] | None = None,
) -> NDArray[Any]:
    """Write (c, z, y, x) somewhere in space, and give what tensorstore reads of it."""
    scale = {
        "key": "4_4_40",
        "encoding": encoding,
        "size": array.shape[:0:-1],
        "resolution": [4, 4, 40],
        "voxel_offset": [10, -20, 0],
        "chunk_size": [16, 16, 8],
    }
    if encoding == "compressed_segmentation":
        scale["compressed_segmentation_block_size"] = [8, 8, 4]
    if sharding:
        scale["sharding"] = {"@type": "neuroglancer_uint64_sharded_v1", **sharding}
    kind = "segmentation" if encoding == "compressed_segmentation" else "image"
    whole = {"type": kind, "data_type": array.dtype.name, "num_channels": len(array)}
    written = tensorstore.open(
        {
            "driver": "neuroglancer_precomputed",
            "kvstore": {"driver": "file", "path": str(folder)},
            "multiscale_metadata": whole,
            "scale_metadata": scale,
            "create": True,
        }
    ).result()
    written.write(array.T).result()
    read: NDArray[Any] = np.asarray(written.read().result()).T
    return read


class TestPrecomputed(StoreContract):
    suffix = ".precomputed"
    kinds: ClassVar = tuple(
        (dtype, 1) for dtype in ("uint8", "uint16", "uint32", "uint64", "int16", "float32")
    )
    frames = 1

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        write_volume(path, voxels[0, ..., 0])


@pytest.mark.parametrize(
    ("encoding", "dtype", "channels"),
    [
        ("jpeg", "uint8", 1),
        ("png", "uint8", 1),
        ("png", "uint16", 1),
        ("compressed_segmentation", "uint32", 1),
        ("compressed_segmentation", "uint64", 2),
    ],
)
def test_all_encodings_are_read(tmp_path: Path, encoding: str, dtype: str, channels: int) -> None:
    """As tensorstore reads them."""
    array = (voxels_of(dtype, channels, 11, 37, 53, 1)[..., 0] % 100).astype(dtype)
    expected = write_volume(tmp_path / "a", array, encoding)
    assert_array_equal(read_all(str(tmp_path / "a"))[0, ..., 0], expected, strict=True)


@pytest.mark.parametrize("encoding", ["jpeg", "png"])
def test_three_channels_of_a_picture_are_rgb(tmp_path: Path, encoding: str) -> None:
    """In other encodings they are channels."""
    ramp = np.add.outer(np.arange(11), np.add.outer(np.arange(37), np.arange(53)))
    array = np.stack([ramp, ramp + 40, 150 - ramp]).astype("u1")
    expected = write_volume(tmp_path / "a", array, encoding)
    found = read_all(str(tmp_path / "a"))
    assert_array_equal(found[0, 0], np.moveaxis(expected, 0, -1), strict=True)
    write_volume(tmp_path / "b", array)
    assert probe(str(tmp_path / "b"))[0].header.channels == 3


def test_what_the_info_says_is_told(tmp_path: Path) -> None:
    """Nanometers, and chunks as the grain."""
    write_volume(tmp_path / "a", VOLUME)
    (found,) = probe(str(tmp_path / "a"))
    assert found.about.voxel_nm == (4.0, 4.0, 40.0)
    assert found.grain == (16, 16, 8)
    assert found.files == (str(tmp_path / "a"), str(tmp_path / "a" / "info"))


def test_chunks_may_be_missing_or_gzipped(tmp_path: Path) -> None:
    """A missing one is 0; cloud-volume compresses files of its own accord."""
    write_volume(tmp_path / "a", VOLUME)
    chunk = tmp_path / "a" / "4_4_40" / "26-42_-20--4_0-8"
    chunk.with_name(f"{chunk.name}.gz").write_bytes(gzip.compress(chunk.read_bytes()))
    chunk.unlink()
    (tmp_path / "a" / "4_4_40" / "10-26_-4-12_8-11").unlink()
    expected = VOLUME[0].copy()
    expected[8:, 16:32, :16] = 0
    assert_array_equal(read_all(str(tmp_path / "a"))[0, 0, ..., 0], expected, strict=True)


@pytest.mark.parametrize("encoding", ["raw", "png", "jpeg", "compressed_segmentation"])
def test_a_chunk_that_is_cut_is_refused(tmp_path: Path, encoding: str) -> None:
    """Wherever."""
    dtype = "uint32" if encoding == "compressed_segmentation" else "uint8"
    write_volume(tmp_path / "a", VOLUME.astype(dtype), encoding)
    chunk = tmp_path / "a" / "4_4_40" / "26-42_-20--4_0-8"
    whole = chunk.read_bytes()
    for end in (0, 3, 10, len(whole) // 2, len(whole) - 20):
        chunk.write_bytes(whole[:end])
        with pytest.raises(SourceError) as failure:
            read_all(str(tmp_path / "a"))
        assert failure.value.where == str(chunk)


def test_an_encoding_that_is_not_known_is_named(tmp_path: Path) -> None:
    """With those that are."""
    write_volume(tmp_path / "a", VOLUME)
    info = tmp_path / "a" / "info"
    document = json.loads(info.read_bytes())
    document["scales"][0]["encoding"] = "compresso"
    info.write_text(json.dumps(document))
    with pytest.raises(SourceError, match="encoded as compresso") as failure:
        probe(str(tmp_path / "a"))
    assert "jpeg" in failure.value.remedy
