"""What metadata say of codecs, and what they may not say."""

import json
import zlib
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import pytest
import zarr
from numpy.testing import assert_array_equal
from wkflow.errors import SourceError
from wkflow.formats.zarr_codecs import Pipeline, pipeline_v2, pipeline_v3

from tests.readers.contract import read_all

LITTLE = {"name": "bytes", "configuration": {"endian": "little"}}

SHARDS: dict[str, Any] = {
    "name": "sharding_indexed",
    "configuration": {
        "chunk_shape": [2, 3],
        "codecs": [LITTLE],
        "index_codecs": [LITTLE, {"name": "crc32c"}],
    },
}


def sharding(**changes: object) -> dict[str, Any]:
    return {**SHARDS, "configuration": {**SHARDS["configuration"], **changes}}


def turned(*order: int) -> dict[str, Any]:
    return {"name": "transpose", "configuration": {"order": list(order)}}


def test_a_chunk_is_turned_back() -> None:
    """Of the stored axes the first is the one that the order names first."""
    array = np.arange(24, dtype="<u2").reshape(2, 3, 4)
    pipeline, shards = pipeline_v3([turned(2, 0, 1), LITTLE], (2, 3, 4), np.dtype("u2"))
    assert pipeline is not None
    assert shards is None
    assert_array_equal(pipeline.decode(array.transpose(2, 0, 1).tobytes()), array)
    again, _ = pipeline_v3([turned(2, 0, 1), turned(1, 2, 0)], (2, 3, 4), np.dtype("u2"))
    assert again is not None
    assert again.order == (0, 1, 2)


@pytest.mark.parametrize("length", [0, 23, 25, 48])
def test_a_chunk_of_another_length_is_refused(length: int) -> None:
    """Too few or too many bytes."""
    with pytest.raises(ValueError, match=r"reshape|buffer"):
        Pipeline((3, 4), np.dtype("<u2"), (0, 1)).decode(bytes(length))


def test_shards_may_be_turned() -> None:
    """Then the shape of their chunks is stated in the order that they are stored in."""
    pipeline, shards = pipeline_v3([turned(1, 0), SHARDS], (9, 4), np.dtype("u1"))
    assert pipeline is not None
    assert shards is not None
    assert (pipeline.shape, pipeline.order, shards.grid) == ((3, 2), (1, 0), (3, 2))
    assert (shards.index.order, shards.index_bytes) == ((1, 0, 2), 6 * 16 + 4)


def test_chunks_that_do_not_fill_their_shards_are_refused() -> None:
    """The specification wants a whole number."""
    with pytest.raises(ValueError, match="hold no chunks"):
        pipeline_v3([SHARDS], (4, 10), np.dtype("u1"))


@pytest.mark.parametrize(
    "codecs",
    [
        [{"name": "packbits"}],
        [SHARDS, {"name": "gzip"}],
        [LITTLE, SHARDS],
        [sharding(codecs=[SHARDS])],
        [sharding(index_codecs=[LITTLE, {"name": "gzip"}])],
    ],
)
def test_codecs_that_are_not_known(codecs: list[dict[str, Any]]) -> None:
    """There is no pipeline then."""
    assert pipeline_v3(codecs, (4, 9), np.dtype("u1"))[0] is None


def test_compressors_of_v2() -> None:
    """One at most, and no filters that are not known."""
    meta: dict[str, Any] = {"dtype": ">u2", "order": "F", "compressor": None, "filters": []}
    pipeline = pipeline_v2(meta, (2, 3))
    assert pipeline is not None
    assert (pipeline.order, pipeline.dtype.str) == ((1, 0), ">u2")
    assert pipeline_v2({**meta, "filters": [{"id": "odd"}]}, (2, 3)) is None
    assert pipeline_v2({**meta, "compressor": {"id": "snappy"}}, (2, 3)) is None


FILTERED: dict[str, tuple[str, list[Any]]] = {
    "delta": ("i2", [numcodecs.Delta("i2")]),
    "shuffle": ("u2", [numcodecs.Shuffle(2)]),
    "astype": ("f4", [numcodecs.AsType("i2", "f4")]),
    "scaled": ("f8", [numcodecs.FixedScaleOffset(0, 1, "f8", "u1")]),
    "two": ("i4", [numcodecs.Delta("i4"), numcodecs.Shuffle(4)]),
}


@pytest.mark.parametrize("kind", FILTERED)
@pytest.mark.parametrize("compressor", [None, numcodecs.Zstd(), numcodecs.Blosc()])
def test_filters_are_undone_here(tmp_path: Path, kind: str, compressor: Any) -> None:  # noqa: ANN401
    """So the bytes before them are bounded: zarr-python takes whatever they become."""
    dtype, filters = FILTERED[kind]
    array = zarr.create_array(
        tmp_path / "a.zarr", shape=(8, 9, 10), chunks=(4, 9, 6), dtype=dtype, zarr_format=2,
        filters=filters, compressors=compressor,
    )  # fmt: skip
    voxels = np.random.default_rng(0).integers(0, 99, (8, 9, 10)).astype(dtype)
    array[:] = voxels
    meta = json.loads((tmp_path / "a.zarr" / ".zarray").read_text())
    assert pipeline_v2(meta, (4, 9, 6)) is not None
    assert_array_equal(read_all(str(tmp_path / "a.zarr"))[0, 0, ..., 0], voxels)


def test_a_filtered_chunk_that_inflates_without_bound_is_refused(tmp_path: Path) -> None:
    """100 MB of zeros for a chunk of 64 bytes."""
    zarr.create_array(
        tmp_path / "a.zarr", shape=(4, 4, 4), chunks=(4, 4, 4), dtype="u1", zarr_format=2,
        filters=[numcodecs.Delta("u1")], compressors=numcodecs.Zlib(),
    )[:] = 1  # fmt: skip
    (tmp_path / "a.zarr" / "0.0.0").write_bytes(zlib.compress(bytes(10**8)))
    with pytest.raises(SourceError, match="would become"):
        read_all(str(tmp_path / "a.zarr"))


def test_codecs_of_version_two_are_known_in_version_three() -> None:
    """By another name; those that are unlike are left to the library."""
    codecs = [{"name": "bytes", "configuration": {"endian": "little"}}]
    for name in ("zlib", "bz2", "blosc", "zstd"):
        found, _ = pipeline_v3([*codecs, {"name": f"numcodecs.{name}"}], (4,), np.dtype("u1"))
        assert found is not None
    found, _ = pipeline_v3([*codecs, {"name": "numcodecs.lzma"}], (4,), np.dtype("u1"))
    assert found is None
