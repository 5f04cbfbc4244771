"""What each data format asks of shapes, and that its shapes agree with it."""

from typing import get_args

import pytest
from hypothesis import given
from wkflow.model.box import Triple
from wkflow.model.data_formats import DATA_FORMATS, misfit, shard_of
from wkflow.options.settings import Settings

from tests.strategies import power_triples, times, triples

CHUNK = (32, 32, 32)

formats = pytest.mark.parametrize("name", sorted(DATA_FORMATS))


def test_every_format_of_the_options_has_its_shapes() -> None:
    """An option without them would end in a traceback."""
    assert set(get_args(Settings.model_fields["data_format"].annotation)) == set(DATA_FORMATS)


@formats
def test_default_shards_are_what_the_format_allows(name: str) -> None:
    """Cubes where it wants cubes, one chunk where it stores each by itself."""
    storage = DATA_FORMATS[name]
    for counts in (storage.finest, storage.flat, storage.coarse):
        shard = shard_of(counts, CHUNK)
        assert not storage.is_single or shard == CHUNK
        assert not storage.is_cubic or len(set(shard)) == 1
        assert all(count.bit_count() == 1 for count in counts)


def test_default_shards_are_those_of_the_official_tool() -> None:
    """Whole slices in mag 1, cubes of 1024 voxels above; files of WKW have 1024 an edge."""
    assert shard_of(DATA_FORMATS["zarr3"].finest, CHUNK) == (4096, 4096, 32)
    assert shard_of(DATA_FORMATS["zarr3"].coarse, CHUNK) == (1024, 1024, 1024)
    assert shard_of(DATA_FORMATS["wkw"].finest, CHUNK) == (1024, 1024, 1024)


@given(counts=triples(1, 99), chunk=power_triples())
def test_a_shard_is_so_many_chunks(counts: Triple, chunk: Triple) -> None:
    """Along each axis."""
    assert shard_of(counts, chunk) == times(counts, chunk)


@formats
def test_default_shapes_are_no_misfit(name: str) -> None:
    """Whatever the edge of a chunk."""
    for edge in (1, 16, 64):
        storage, chunk = DATA_FORMATS[name], (edge, edge, edge)
        for counts in (storage.finest, storage.flat, storage.coarse):
            assert misfit(name, shard_of(counts, chunk), chunk) is None


@pytest.mark.parametrize(
    ("name", "shard", "chunk", "words"),
    [
        ("zarr", (64, 64, 64), CHUNK, "zarr stores each chunk as a file"),
        ("n5", (64, 32, 32), CHUNK, "shard_shape 64,32,32 is not the chunk_shape 32,32,32"),
        ("neuroglancerPrecomputed", (64, 64, 64), CHUNK, "stores each chunk as a file"),
        ("wkw", (64, 64, 32), CHUNK, "wkw wants cubes"),
        ("wkw", (32, 32, 16), (32, 32, 16), "wkw wants cubes"),
        ("wkw", (96, 96, 96), CHUNK, "a power of two of chunks"),
    ],
)
def test_a_misfit_is_told(name: str, shard: Triple, chunk: Triple, words: str) -> None:
    """Which shape it is, and what the format stores."""
    assert words in str(misfit(name, shard, chunk))


@given(chunk=power_triples(), counts=triples(1, 9))
def test_zarr3_takes_any_shard_of_whole_chunks(chunk: Triple, counts: Triple) -> None:
    """And the formats without shards any chunk."""
    assert misfit("zarr3", times(chunk, counts), chunk) is None
    assert misfit("n5", chunk, chunk) is None
