"""Chunks by all codecs that zarr-python and tensorstore write, whole, missing and damaged."""

import warnings
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import pytest
import tensorstore
import zarr
import zarr.codecs as z
from numpy.testing import assert_array_equal
from wkflow.errors import SourceError
from wkflow.readers import open_images, probe

from tests.readers.contract import read_all, voxels_of

VOLUME = voxels_of("uint16", 10, 37, 53, 1)[..., 0]
CHUNK = (4, 16, 16)

V3: dict[str, dict[str, Any]] = {
    "raw": {"compressors": None},
    "zstd": {"compressors": z.ZstdCodec(level=3, checksum=True)},
    "gzip": {"compressors": z.GzipCodec()},
    "blosc": {"compressors": z.BloscCodec(cname="zlib", shuffle="bitshuffle")},
    "crc": {"compressors": [z.ZstdCodec(), z.Crc32cCodec()]},
    "big": {"serializer": z.BytesCodec(endian="big")},
    "turned": {"filters": z.TransposeCodec(order=(2, 0, 1))},
    "shards": {"shards": (8, 32, 64)},
    "shards turned": {"shards": (8, 32, 64), "filters": z.TransposeCodec(order=(2, 1, 0))},
    "flat names": {"chunk_key_encoding": {"name": "v2", "separator": "."}},
}

V2: dict[str, dict[str, Any]] = {
    "raw": {"compressors": None},
    "blosc": {"compressors": numcodecs.Blosc("lz4")},
    "zlib": {"compressors": numcodecs.Zlib()},
    "gzip": {"compressors": numcodecs.GZip()},
    "bz2": {"compressors": numcodecs.BZ2()},
    "lz4": {"compressors": numcodecs.LZ4()},
    "lzma": {"compressors": numcodecs.LZMA()},
    "zstd": {"compressors": numcodecs.Zstd()},
    "fortran": {"order": "F"},
    "nested": {"chunk_key_encoding": {"name": "v2", "separator": "/"}},
}

BY_LIBRARY: dict[str, dict[str, Any]] = {
    "checksum": {"zarr_format": 2, "filters": [numcodecs.Fletcher32()]},
    "numcodecs in v3": {"compressors": [{"name": "numcodecs.lzma", "configuration": {}}]},
}


def require_all(path: Path) -> None:
    """Compare all, and a box that no chunk begins or ends at."""
    assert_array_equal(read_all(str(path))[0, 0, ..., 0], VOLUME, strict=True)
    with open_images(str(path)) as (image,):
        found = image.stored.fetch(((3, 9), (5, 35), (15, 52)))  # type: ignore[attr-defined]
    assert_array_equal(found, VOLUME[3:9, 5:35, 15:52], strict=True)


@pytest.mark.parametrize("kind", V3)
def test_codecs_of_v3(tmp_path: Path, kind: str) -> None:
    """zarr-python writes them."""
    zarr.create_array(tmp_path / "a", data=VOLUME, chunks=CHUNK, **V3[kind])
    require_all(tmp_path / "a")


@pytest.mark.parametrize("kind", V2)
def test_codecs_of_v2(tmp_path: Path, kind: str) -> None:
    """By numcodecs."""
    zarr.create_array(tmp_path / "a", data=VOLUME, chunks=CHUNK, zarr_format=2, **V2[kind])
    require_all(tmp_path / "a")


@pytest.mark.parametrize("kind", BY_LIBRARY)
def test_codecs_that_are_left_to_the_library(tmp_path: Path, kind: str) -> None:
    """The voxels are the same, and what it warns of is not the user's business."""
    with warnings.catch_warnings(action="ignore"):
        zarr.create_array(tmp_path / "a", data=VOLUME, chunks=CHUNK, **BY_LIBRARY[kind])
    require_all(tmp_path / "a")


@pytest.mark.parametrize("location", ["start", "end"])
def test_shards_of_tensorstore(tmp_path: Path, location: str) -> None:
    """With the index before or behind the chunks."""
    inner = [
        {"name": "transpose", "configuration": {"order": [1, 2, 0]}},
        {"name": "bytes", "configuration": {"endian": "big"}},
        {"name": "blosc", "configuration": {"cname": "lz4", "clevel": 5, "shuffle": "shuffle"}},
    ]
    shards = {"chunk_shape": CHUNK, "codecs": inner, "index_location": location}
    written = tensorstore.open(
        {
            "driver": "zarr3",
            "kvstore": {"driver": "file", "path": str(tmp_path / "a")},
            "metadata": {
                "shape": VOLUME.shape,
                "data_type": "uint16",
                "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [8, 32, 32]}},
                "codecs": [{"name": "sharding_indexed", "configuration": shards}],
            },
            "create": True,
        }
    ).result()
    written.write(VOLUME).result()
    require_all(tmp_path / "a")
    with open_images(str(tmp_path / "a")) as (image,):
        assert image.probe.grain == CHUNK[::-1]


@pytest.mark.parametrize("fill", [0, 7])
@pytest.mark.parametrize("shards", [None, (8, 32, 64)])
def test_what_was_never_written_is_the_fill_value(
    tmp_path: Path, shards: tuple[int, ...] | None, fill: int
) -> None:
    """A file that is missing, and a chunk that is missing in a shard."""
    array = zarr.create_array(
        tmp_path / "a", shape=VOLUME.shape, chunks=CHUNK, shards=shards, dtype="u2", fill_value=fill
    )
    array[:4, :16, :16] = VOLUME[:4, :16, :16]
    expected = np.full_like(VOLUME, fill)
    expected[:4, :16, :16] = VOLUME[:4, :16, :16]
    assert_array_equal(read_all(str(tmp_path / "a"))[0, 0, ..., 0], expected, strict=True)


@pytest.mark.parametrize("kind", V3)
def test_a_chunk_that_is_cut_is_refused(tmp_path: Path, kind: str) -> None:
    """Wherever: an empty file, half of one, and one that lacks a byte."""
    zarr.create_array(tmp_path / "a", data=VOLUME, chunks=CHUNK, **V3[kind])
    files = [path for path in (tmp_path / "a").rglob("*") if path.name != "zarr.json"]
    file = next(path for path in files if path.is_file())
    whole = file.read_bytes()
    for end in (0, 1, 15, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:end])
        with pytest.raises(SourceError) as failure:
            read_all(str(tmp_path / "a"))
        assert failure.value.where == str(tmp_path / "a")


def test_a_shard_whose_index_is_first_may_be_cut_too(tmp_path: Path) -> None:
    """The chunks are behind the end then."""
    codec = z.ShardingCodec(chunk_shape=CHUNK, index_location="start")
    zarr.create_array(
        tmp_path / "a", data=VOLUME, chunks=(12, 48, 64), serializer=codec, compressors=None
    )
    require_all(tmp_path / "a")
    file = tmp_path / "a" / "c" / "0" / "0" / "0"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(SourceError, match="cut short"):
        read_all(str(tmp_path / "a"))


def test_strings_are_no_voxels(tmp_path: Path) -> None:
    """They are left to the library, and refused."""
    zarr.create_array(tmp_path / "a", shape=(2, 2), chunks=(1, 1), dtype="S4", zarr_format=2)
    with pytest.raises(SourceError, match="cannot be shown"):
        probe(str(tmp_path / "a"))
