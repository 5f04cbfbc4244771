"""The options of a conversion: which of them need one another."""

from pathlib import Path

import pytest
from hypothesis import given
from pydantic import ValidationError
from wkflow.box import Triple
from wkflow.convert_options import SHARD_CHUNKS, ConvertOptions
from wkflow.errors import ConfigError

from .strategies import power_triples, times, triples


def options(**given: object) -> ConvertOptions:
    return ConvertOptions.model_validate({"source": "/data/stack"} | given)


def test_only_a_source_is_always_there() -> None:
    """Where it goes and how large a voxel is depends on the command."""
    assert options().source == Path("/data/stack")
    assert (options().target, options().voxel_size) == (None, None)
    with pytest.raises(ValidationError, match="source"):
        ConvertOptions.model_validate({"target": "/data/target"})


def test_nothing_is_converted_without_a_voxel_size() -> None:
    """Where it is needed it is asked for by name."""
    assert options(voxel_size="11.24,11.24,25").scale == (11.24, 11.24, 25.0)
    with pytest.raises(ConfigError, match="is required") as caught:
        _ = options().scale
    assert caught.value.where == "voxel_size"


@pytest.mark.parametrize("key", ["name", "dataset_name"])
def test_a_name_goes_by_both_names(key: str) -> None:
    """Ours, and that of the official commands."""
    assert options(**{key: "e2006"}).name == "e2006"


@given(chunk=power_triples(), shards=triples(1, 5))
def test_a_given_shard_is_the_finest(chunk: Triple, shards: Triple) -> None:
    """Else it is made of so many chunks."""
    assert options(chunk_shape=chunk).finest_shard == times(chunk, SHARD_CHUNKS)
    shard = times(chunk, shards)
    assert options(chunk_shape=chunk, shard_shape=shard).finest_shard == shard


@given(chunk=power_triples(), shards=triples(1, 5), axis=triples(0, 2))
def test_a_shard_that_cuts_a_chunk_is_refused(chunk: Triple, shards: Triple, axis: Triple) -> None:
    """On whichever axis it is; both shapes are told as they are typed."""
    shard = list(times(times(chunk, (2, 2, 2)), shards))
    shard[axis[0]] += 1
    x, y, z = (2 * c for c in chunk)  # at least 2, so that one more is never a multiple
    with pytest.raises(ValidationError, match=f"chunk_shape {x},{y},{z} does not divide"):
        options(chunk_shape=(x, y, z), shard_shape=shard)


@pytest.mark.parametrize("unit", ["nanometer", "nm"])
def test_an_implausible_size_is_refused_where_it_can_be_judged(unit: str) -> None:
    """In nanometers only: of what is measured in parsecs nobody knows how large it is."""
    with pytest.raises(ValidationError, match="implausible"):
        options(voxel_size="1e8,1e8,1e8", unit=unit)
    assert options(voxel_size="1e8,1e8,1e8", unit="pc").scale == (1e8, 1e8, 1e8)
