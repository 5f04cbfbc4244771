"""What metadata say of codecs, and what they may not say."""

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from wkflow.readers.store.zarr_codecs import Pipeline, pipeline_v2, pipeline_v3

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
    """One at most, and no filters."""
    meta: dict[str, Any] = {"dtype": ">u2", "order": "F", "compressor": None, "filters": []}
    pipeline = pipeline_v2(meta, (2, 3))
    assert pipeline is not None
    assert (pipeline.order, pipeline.dtype.str) == ((1, 0), ">u2")
    assert pipeline_v2({**meta, "filters": [{"id": "delta"}]}, (2, 3)) is None
    assert pipeline_v2({**meta, "compressor": {"id": "snappy"}}, (2, 3)) is None
