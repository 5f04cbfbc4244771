"""What each data format asks of shapes, and that its shapes agree with it."""

from typing import get_args

import pytest
from hypothesis import given
from wkflow.box import Triple
from wkflow.settings import Settings
from wkflow.storage import STORAGES, shard_of

from .strategies import power_triples, times, triples

CHUNK = (32, 32, 32)

formats = pytest.mark.parametrize("name", sorted(STORAGES))


def test_every_format_of_the_options_has_its_shapes() -> None:
    """An option without them would end in a traceback."""
    assert set(get_args(Settings.model_fields["data_format"].annotation)) == set(STORAGES)


@formats
def test_default_shards_are_what_the_format_allows(name: str) -> None:
    """Cubes where it wants cubes, one chunk where it stores each by itself."""
    storage = STORAGES[name]
    for counts in (storage.finest, storage.flat, storage.coarse):
        shard = shard_of(counts, CHUNK)
        assert not storage.is_single or shard == CHUNK
        assert not storage.is_cubic or len(set(shard)) == 1
        assert all(count.bit_count() == 1 for count in counts)


def test_default_shards_are_those_of_the_official_tool() -> None:
    """Whole slices in mag 1, cubes of 1024 voxels above; files of WKW have 1024 an edge."""
    assert shard_of(STORAGES["zarr3"].finest, CHUNK) == (4096, 4096, 32)
    assert shard_of(STORAGES["zarr3"].coarse, CHUNK) == (1024, 1024, 1024)
    assert shard_of(STORAGES["wkw"].finest, CHUNK) == (1024, 1024, 1024)


@given(counts=triples(1, 99), chunk=power_triples())
def test_a_shard_is_so_many_chunks(counts: Triple, chunk: Triple) -> None:
    """Along each axis."""
    assert shard_of(counts, chunk) == times(counts, chunk)
