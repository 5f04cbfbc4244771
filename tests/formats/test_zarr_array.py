"""Mags of Zarr by zarr-python and tensorstore: every layout, missing and damaged parts."""

import json
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
from wkflow.model.box import Box

from tests.formats.stored_mags import given_at, layer_of, noise, opened, require_voxels

VOXELS = noise("uint16", 1, 2, 53, 37, 20)
WHOLE = VOXELS[0]
CHUNK = (1, 16, 8, 8)
SHARD = (2, 32, 16, 16)

V3: dict[str, dict[str, Any]] = {
    "raw": {"compressors": None},
    "zstd": {"compressors": z.ZstdCodec(level=3, checksum=True)},
    "gzip": {"compressors": z.GzipCodec()},
    "blosc": {"compressors": z.BloscCodec(cname="lz4", shuffle="bitshuffle")},
    "crc": {"compressors": [z.ZstdCodec(), z.Crc32cCodec()]},
    "big": {"serializer": z.BytesCodec(endian="big")},
    "turned": {"filters": z.TransposeCodec(order=(3, 1, 0, 2))},
    "shards": {"shards": SHARD},
    "shards raw": {"shards": SHARD, "compressors": None},
    "shards turned": {"shards": SHARD, "filters": z.TransposeCodec(order=(3, 2, 1, 0))},
    "flat names": {"chunk_key_encoding": {"name": "v2", "separator": "."}},
    "points": {"chunk_key_encoding": {"name": "default", "separator": "."}},
}

V2: dict[str, dict[str, Any]] = {
    "raw": {"compressors": None},
    "blosc": {"compressors": numcodecs.Blosc("zstd")},
    "zlib": {"compressors": numcodecs.Zlib()},
    "lz4": {"compressors": numcodecs.LZ4()},
    "fortran": {"order": "F"},
    "nested": {"chunk_key_encoding": {"name": "v2", "separator": "/"}},
}

ORDERS = ["cxyz", "zyx", "xyz", "tczyx", "txyz", "cxyzt", "zyxc", "xty"]


@pytest.mark.parametrize("kind", V3)
def test_layouts_of_v3(tmp_path: Path, kind: str) -> None:
    """All that is different in the metadata is the same in memory."""
    zarr.create_array(tmp_path / "1", data=WHOLE, chunks=CHUNK, **V3[kind])
    require_voxels(given_at(tmp_path / "1", "zarr3", "cxyz"), VOXELS)


@pytest.mark.parametrize("kind", V2)
def test_layouts_of_v2(tmp_path: Path, kind: str) -> None:
    """By zarr-python and numcodecs."""
    zarr.create_array(tmp_path / "1", data=WHOLE, chunks=CHUNK, zarr_format=2, **V2[kind])
    require_voxels(given_at(tmp_path / "1", "zarr"), VOXELS)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("data_format", ["zarr", "zarr3"])
def test_orders_of_axes(tmp_path: Path, order: str, data_format: str) -> None:
    """Each axis is found where the properties say, and those missing have one index."""
    sizes = {"t": 3, "c": 2, "x": 21, "y": 18, "z": 11}
    array = noise("uint8", *(sizes[axis] for axis in order))
    version = 2 if data_format == "zarr" else 3
    chunks = tuple({"t": 2, "c": 1}.get(axis, 8) for axis in order)
    zarr.create_array(tmp_path / "1", data=array, chunks=chunks, zarr_format=version)
    missing = [axis for axis in "tcxyz" if axis not in order]
    named = array.reshape(*array.shape, *(1 for _ in missing))
    axes = [*order, *missing]
    voxels = named.transpose([axes.index(axis) for axis in "tcxyz"])
    further = (("t", 3),) if "t" in order else ()
    require_voxels(given_at(tmp_path / "1", data_format, order), voxels, further)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "uint64", "float32", "float64"])
def test_dtypes_and_byte_orders(tmp_path: Path, dtype: str) -> None:
    """Elements come in the machine's own order."""
    voxels = noise(dtype, 1, 1, 20, 9, 5)
    stored = voxels[0].astype(np.dtype(dtype).newbyteorder(">"))
    zarr.create_array(tmp_path / "1", data=stored, chunks=CHUNK, zarr_format=2)
    require_voxels(given_at(tmp_path / "1", "zarr", "cxyz"), voxels)


@pytest.mark.parametrize("location", ["start", "end"])
@pytest.mark.parametrize("outer", [[0, 1, 2, 3], [3, 0, 2, 1]])
def test_shards_of_tensorstore(tmp_path: Path, location: str, outer: list[int]) -> None:
    """Turned within and without, the index before or behind the chunks, in big-endian."""
    inner = [
        {"name": "transpose", "configuration": {"order": [1, 3, 2, 0]}},
        {"name": "bytes", "configuration": {"endian": "big"}},
        {"name": "blosc", "configuration": {"cname": "lz4", "clevel": 5, "shuffle": "shuffle"}},
    ]
    index = [{"name": "bytes", "configuration": {"endian": "big"}}, {"name": "crc32c"}]
    shards = {
        "chunk_shape": [CHUNK[axis] for axis in outer],
        "codecs": inner,
        "index_codecs": index,
        "index_location": location,
    }
    turned = {"name": "transpose", "configuration": {"order": outer}}
    metadata = {
        "shape": WHOLE.shape,
        "data_type": "uint16",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": SHARD}},
        "codecs": [turned, {"name": "sharding_indexed", "configuration": shards}],
    }
    store = {"driver": "file", "path": str(tmp_path / "1")}
    spec = {"driver": "zarr3", "kvstore": store, "metadata": metadata, "create": True}
    tensorstore.open(spec).result().write(WHOLE).result()
    require_voxels(given_at(tmp_path / "1", "zarr3"), VOXELS)


def test_own_names_of_axes(tmp_path: Path) -> None:
    """Where the properties do not say them."""
    array = noise("uint8", 5, 6, 7)
    zarr.create_array(tmp_path / "3", data=array, chunks=(4, 4, 4), dimension_names=["z", "Y", "x"])
    require_voxels(given_at(tmp_path / "3", "zarr3"), array.T[None, None])
    named = {"_ARRAY_DIMENSIONS": ["z", "y", "x"]}
    zarr.create_array(tmp_path / "2", data=array, chunks=(4, 4, 4), attributes=named, zarr_format=2)
    require_voxels(given_at(tmp_path / "2", "zarr"), array.T[None, None])


@pytest.mark.parametrize("fill", [0, 7])
def test_arrays_of_another_size(tmp_path: Path, fill: int) -> None:
    """A larger one is cut; behind a smaller one stands the fill value."""
    zarr.create_array(tmp_path / "1", data=WHOLE, chunks=CHUNK, shards=SHARD, fill_value=fill)
    require_voxels(given_at(tmp_path / "1", "zarr3"), VOXELS[..., :30, :5, :20])
    padding = [(0, 0), (0, 0), (0, 40), (0, 1), (0, 3)]
    larger = np.pad(VOXELS, padding, constant_values=fill)
    mag = opened(given_at(tmp_path / "1", "zarr3"), layer_of(larger))
    assert_array_equal(mag.region(0)(Box((0, 0, 0), larger.shape[2:])), larger[0], strict=True)
    behind = mag.region(0)(Box((60, 0, 0), (70, 10, 10)))
    assert (behind == fill).all()


@pytest.mark.parametrize(
    ("dtype", "stated", "fill"),
    [
        ("uint8", None, 0),
        ("uint8", 0.0, 0),
        ("uint64", 2**64 - 1, 2**64 - 1),
        ("float32", "NaN", np.nan),
        ("float32", "-Infinity", -np.inf),
        ("float32", "0x3f800000", 1.0),
    ],
)
def test_fill_values(tmp_path: Path, dtype: str, stated: object, fill: float) -> None:
    """In each of their spellings."""
    zarr.create_array(tmp_path / "1", shape=(1, 4, 4, 4), chunks=(1, 4, 4, 4), dtype=dtype)
    change(tmp_path / "1" / "zarr.json", fill_value=stated)
    voxels = np.full((1, 1, 4, 4, 4), fill, dtype)
    mag = opened(given_at(tmp_path / "1", "zarr3"), layer_of(voxels))
    assert_array_equal(mag.region(0)(Box((0, 0, 0), (4, 4, 4))), voxels[0], strict=True)


def change(file: Path, **changes: object) -> None:
    file.write_text(json.dumps({**json.loads(file.read_bytes()), **changes}))


def test_gaps_and_absent_shards_are_told(tmp_path: Path) -> None:
    """A chunk that is not stored is a gap only where the layer has voxels."""
    array = zarr.create_array(
        tmp_path / "1", shape=(1, 64, 64, 64), chunks=(1, 16, 16, 16), shards=(1, 32, 32, 32),
        dtype="u1", dimension_names=["c", "x", "y", "z"],
    )  # fmt: skip
    array[:, :48, :32, :32] = 1
    given = given_at(tmp_path / "1", "zarr3", "cxyz")
    voxels = np.ones((1, 1, 48, 32, 32), "u1")
    within = opened(given, layer_of(voxels))
    assert not within.shows_gaps()
    assert within.absent() == []
    beyond = opened(given, layer_of(np.ones((1, 1, 49, 32, 33), "u1")))
    assert beyond.shows_gaps()
    assert beyond.absent() == ["1/c/0/0/0/1", "1/c/0/1/0/1"]
    assert not opened(given, layer_of(np.ones((1, 1, 64, 64, 64), "u1")), (0, 33, 0)).shows_gaps()


def test_gaps_of_one_frame_count(tmp_path: Path) -> None:
    """Files of all frames that the layer has are looked for, and of no others."""
    array = zarr.create_array(
        tmp_path / "1", shape=(4, 32, 32), chunks=(1, 16, 16), shards=(1, 32, 32), dtype="u1"
    )
    array[1:3] = 1
    given = given_at(tmp_path / "1", "zarr3", "txy")
    three = layer_of(np.ones((3, 1, 32, 32, 1), "u1"), (("t", 3),), axis_begins=(1,))
    assert opened(given, three).absent() == ["1/c/3/0/0"]
    assert_array_equal(opened(given, three).region(1)(Box((0, 0, 0), (2, 2, 1))), 1)
    two = layer_of(np.ones((2, 1, 32, 32, 1), "u1"), (("t", 2),), axis_begins=(1,))
    assert not opened(given, two).shows_gaps()
    array[2, :16] = 0
    assert opened(given, two).shows_gaps()


@pytest.mark.parametrize("kind", [*V3, "checked"])
def test_what_is_cut_is_refused(tmp_path: Path, kind: str) -> None:
    """An empty file, and one that lacks some bytes: never zeros."""
    codecs = V3.get(kind, {"shards": SHARD, "compressors": z.ZstdCodec(checksum=True)})
    zarr.create_array(tmp_path / "1", data=WHOLE, chunks=CHUNK, **codecs)
    files = sorted(path for path in (tmp_path / "1").rglob("*") if path.is_file())
    file = next(path for path in files if path.name != "zarr.json")
    whole = file.read_bytes()
    for end in (0, 1, 15, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:end])
        mag = opened(given_at(tmp_path / "1", "zarr3"), layer_of(VOXELS))
        with pytest.raises(SourceError, match="is damaged") as failure:
            mag.region(0)(Box((0, 0, 0), (53, 37, 20)))
        assert failure.value.where == str(file)


def test_every_byte_of_a_shard_is_watched(tmp_path: Path) -> None:
    """Where chunks have checksums, no flipped bit changes a voxel."""
    zarr.create_array(
        tmp_path / "1", data=WHOLE, chunks=CHUNK, shards=(2, 64, 40, 24),
        compressors=z.ZstdCodec(checksum=True),
    )  # fmt: skip
    file = tmp_path / "1" / "c" / "0" / "0" / "0" / "0"
    whole = file.read_bytes()
    dice = np.random.default_rng(1)
    for at in [*dice.integers(0, len(whole), 100).tolist(), *range(-40, 0)]:
        broken = bytearray(whole)
        broken[at] ^= 1 << int(dice.integers(8))
        file.write_bytes(broken)
        mag = opened(given_at(tmp_path / "1", "zarr3"), layer_of(VOXELS))
        try:
            found = mag.region(0)(Box((0, 0, 0), (53, 37, 20)))
        except SourceError as error:
            assert error.where == str(file)  # noqa: PT017 -- some bits of a frame mean nothing
        else:
            assert_array_equal(found, WHOLE)


def test_an_index_without_checksum_cannot_ask_for_memory(tmp_path: Path) -> None:
    """A chunk of absurd length, or behind the end of the file, is refused."""
    codec = z.ShardingCodec(
        chunk_shape=(1, 16, 16, 16), index_codecs=[z.BytesCodec()], index_location="start"
    )
    array = zarr.create_array(
        tmp_path / "1", shape=(1, 32, 16, 16), chunks=(1, 32, 16, 16), dtype="u1",
        serializer=codec, compressors=None,
    )  # fmt: skip
    array[:] = 1
    file = tmp_path / "1" / "c" / "0" / "0" / "0" / "0"
    whole = file.read_bytes()
    for offset, size in ((32, 2**62), (2**63, 100), (2**64 - 1, 4096), (32, 2**64 - 1)):
        file.write_bytes(np.array([offset, size], "<u8").tobytes() + whole[16:])
        mag = opened(given_at(tmp_path / "1", "zarr3"), layer_of(np.ones((1, 1, 32, 16, 16), "u1")))
        with pytest.raises(SourceError, match="is damaged"):
            mag.region(0)(Box((0, 0, 0), (32, 16, 16)))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"codecs": [{"name": "packbits"}]}, "packbits"),
        ({"chunk_key_encoding": {"name": "own"}}, "own"),
        ({"shape": None}, "damaged"),
        ({"data_type": "string"}, "damaged"),
        ({"fill_value": 70000}, "damaged"),
        ({"dimension_names": None, "shape": [1] * 5}, "5 axes"),
    ],
)
def test_metadata_that_cannot_be_read_are_named(
    tmp_path: Path, changes: dict[str, Any], named: str
) -> None:
    """The file, and what in it."""
    zarr.create_array(tmp_path / "1", data=WHOLE, chunks=CHUNK)
    file = tmp_path / "1" / "zarr.json"
    change(file, **changes)
    with pytest.raises(SourceError, match=named) as failure:
        opened(given_at(tmp_path / "1", "zarr3"), layer_of(VOXELS))
    assert failure.value.where == str(file)


def test_filters_of_v2_that_are_not_known_are_refused(tmp_path: Path) -> None:
    """They are named."""
    with warnings.catch_warnings(action="ignore"):
        zarr.create_array(
            tmp_path / "1",
            data=WHOLE,
            chunks=CHUNK,
            zarr_format=2,
            filters=[numcodecs.Fletcher32()],
        )
    with pytest.raises(SourceError, match="fletcher32"):
        opened(given_at(tmp_path / "1", "zarr"), layer_of(VOXELS))


@pytest.mark.parametrize(("version", "name"), [(2, ".zarray"), (3, "zarr.json")])
def test_metadata_that_are_missing_are_named(tmp_path: Path, version: int, name: str) -> None:
    """With what to do."""
    given = given_at(tmp_path / "1", "zarr" if version == 2 else "zarr3")
    with pytest.raises(SourceError, match="is missing") as failure:
        opened(given, layer_of(VOXELS))
    assert failure.value.where == str(tmp_path / "1" / name)
    assert "backup" in failure.value.remedy
