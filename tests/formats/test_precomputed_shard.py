"""ShardedFiles precomputed volumes written by tensorstore."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from wkflow.errors import SourceError
from wkflow.formats.precomputed_shard import Sharding, morton_code

from tests.readers.contract import read_all, voxels_of
from tests.readers.dataset.test_precomputed import write_volume

VOLUME = voxels_of("uint16", 1, 11, 37, 53, 1)[..., 0]


def sharding(hashed: str, *, encoding: str, bits: tuple[int, int, int]) -> dict[str, Any]:
    return {
        "hash": hashed,
        "minishard_index_encoding": encoding,
        "data_encoding": encoding,
        "preshift_bits": bits[0],
        "minishard_bits": bits[1],
        "shard_bits": bits[2],
    }


@pytest.mark.parametrize("hashed", ["identity", "murmurhash3_x86_128"])
@pytest.mark.parametrize("encoding", ["raw", "gzip"])
@pytest.mark.parametrize("bits", [(0, 0, 0), (1, 2, 3), (2, 0, 5), (0, 3, 0)])
def test_shards_are_read(
    tmp_path: Path, hashed: str, encoding: str, bits: tuple[int, int, int]
) -> None:
    """However chunks are spread over shards and minishards."""
    write_volume(tmp_path / "a", VOLUME, "raw", sharding(hashed, encoding=encoding, bits=bits))
    assert_array_equal(read_all(str(tmp_path / "a"))[0, ..., 0], VOLUME, strict=True)


def test_a_shard_that_is_cut_is_refused(tmp_path: Path) -> None:
    """Wherever; one that is missing holds zeros."""
    stated = sharding("identity", encoding="raw", bits=(0, 1, 0))
    write_volume(tmp_path / "a", VOLUME, "raw", stated)
    (shard,) = (tmp_path / "a" / "4_4_40").iterdir()
    whole = shard.read_bytes()
    for end in (0, 10, 40, len(whole) // 2, len(whole) - 1):
        shard.write_bytes(whole[:end])
        with pytest.raises(SourceError, match="cut short"):
            read_all(str(tmp_path / "a"))
    shard.unlink()
    assert not read_all(str(tmp_path / "a")).any()


def test_a_hash_that_is_not_known_is_named() -> None:
    """With those that are."""
    with pytest.raises(ValueError, match=r"hash md5.* identity, murmur"):
        Sharding.of({"hash": "md5"}, (1, 1, 1), (1, 1, 1))


@given(st.tuples(*[st.integers(1, 9)] * 3))
def test_codes_are_all_different(grid: tuple[int, int, int]) -> None:
    """Within a grid of any size, and no larger than its bits."""
    x, y, z = grid
    positions = [(i, j, k) for i in range(x) for j in range(y) for k in range(z)]
    codes = {morton_code(position, grid) for position in positions}
    assert len(codes) == len(positions)
    assert max(codes) < 2 ** sum((size - 1).bit_length() for size in grid)
