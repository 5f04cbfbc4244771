"""The options of a conversion: which of them need one another."""

from pathlib import Path

import pytest
from hypothesis import given
from pydantic import ValidationError
from wkflow.model.box import Triple
from wkflow.model.data_formats import DATA_FORMATS, shard_of
from wkflow.options.convert import ConvertOptions

from tests.strategies import power_triples, times, triples


def options(**given: object) -> ConvertOptions:
    return ConvertOptions.model_validate({"source": "/data/stack"} | given)


def test_what_is_needed_depends_on_the_command() -> None:
    """So nothing is, here; how large a voxel is depends on what the files state."""
    assert options().source == "/data/stack"
    assert (options().target, options().voxel_size) == (None, None)
    assert options(source="s3://bucket/a?b=c").source == "s3://bucket/a?b=c"
    assert ConvertOptions.model_validate({"target": "/data/target"}).source == ""


@pytest.mark.parametrize("key", ["max_mag", "coarsest_mag"])
def test_the_coarsest_mag_goes_by_both_names(key: str) -> None:
    """That of `webknossos convert`, and that of `webknossos downsample`."""
    assert options(**{key: "4-4-2"}).max_mag == "4-4-2"


def test_a_target_may_be_an_address() -> None:
    """It stays as it is; a path means the same from every folder."""
    url = "https://wk.example/datasets/e2006-59e9cfbdba632ac2ab8b23b3"
    assert options(target=url).target == url
    assert options(target="data").target == str(Path("data").absolute())


@pytest.mark.parametrize("key", ["name", "dataset_name"])
def test_a_name_goes_by_both_names(key: str) -> None:
    """Ours, and that of the official commands."""
    assert options(**{key: "e2006"}).name == "e2006"


@given(chunk=power_triples(), shards=triples(1, 5))
def test_a_given_shard_is_the_finest(chunk: Triple, shards: Triple) -> None:
    """Else it is made of so many chunks."""
    assert options(chunk_shape=chunk).finest_shard == times(chunk, (128, 128, 1))
    shard = times(chunk, shards)
    assert options(chunk_shape=chunk, shard_shape=shard).finest_shard == shard
    assert options(chunk_shape=chunk, chunks_per_shard=shards).finest_shard == shard
    with pytest.raises(ValidationError, match="shard_shape does not go with chunks_per_shard"):
        options(chunk_shape=chunk, chunks_per_shard=shards, shard_shape=shard)


@given(chunk=power_triples(), shards=triples(1, 5), axis=triples(0, 2))
def test_a_shard_that_cuts_a_chunk_is_refused(chunk: Triple, shards: Triple, axis: Triple) -> None:
    """On whichever axis it is; both shapes are told as they are typed."""
    shard = list(times(times(chunk, (2, 2, 2)), shards))
    shard[axis[0]] += 1
    x, y, z = (2 * c for c in chunk)  # at least 2, so that one more is never a multiple
    with pytest.raises(ValidationError, match=f"chunk_shape {x},{y},{z} does not divide"):
        options(chunk_shape=(x, y, z), shard_shape=shard)


@pytest.mark.parametrize(
    ("size", "unit"),
    [
        ("1e8,1e8,1e8", "nanometer"), ("1e8,1e8,1e8", "nm"), ("11,11,25", "mm"),
        ("1,1,1", "pc"), ("1e-7,1e-7,1e-7", "nm"), ("4,4,5000", "nm"),
    ],
)  # fmt: skip
def test_an_implausible_size_is_refused_in_every_unit(size: str, unit: str) -> None:
    """A slip of the unit; what a scanner of bodies sees is none."""
    with pytest.raises(ValidationError, match="implausible"):
        options(voxel_size=size, unit=unit)
    assert options(voxel_size="1,1,5", unit="mm").voxel_size == (1, 1, 5)


@pytest.mark.parametrize("data_format", sorted(DATA_FORMATS))
@pytest.mark.parametrize("chunk", [(32, 32, 32), (64, 64, 64)])
def test_the_shards_of_each_format_fit_it(data_format: str, chunk: Triple) -> None:
    """By default, and with other chunks."""
    given = options(data_format=data_format, chunk_shape=chunk)
    assert given.finest_shard == shard_of(DATA_FORMATS[data_format].finest, chunk)


@pytest.mark.parametrize("data_format", ["zarr", "n5", "neuroglancerPrecomputed"])
def test_formats_of_single_chunks_have_no_shards(data_format: str) -> None:
    """A shard shape that says so is taken, any other is a misunderstanding."""
    assert options(data_format=data_format, shard_shape=32).finest_shard == (32, 32, 32)
    assert options(data_format=data_format, chunk_shape="64,64,1").finest_shard == (64, 64, 1)
    with pytest.raises(ValidationError, match=f"{data_format} stores each chunk as a file"):
        options(data_format=data_format, shard_shape=64)


@pytest.mark.parametrize(
    "shapes",
    [{"chunk_shape": "32,32,16"}, {"shard_shape": "64,64,32"}, {"shard_shape": "64,32,64"}],
)
def test_wkw_is_made_of_cubes(shapes: dict[str, object]) -> None:
    """Its header holds one edge for chunks and one for files."""
    with pytest.raises(ValidationError, match="wants cubes"):
        options(data_format="wkw", **shapes)
    assert options(data_format="wkw", shard_shape=64).finest_shard == (64, 64, 64)


def test_wkw_has_files_of_powers_of_two() -> None:
    """The header could not say that there are three chunks an edge."""
    with pytest.raises(ValidationError):
        options(data_format="wkw", chunk_shape=32, shard_shape=96)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"batch_size": 33}, "batch_size 33 is no multiple of the shard depth 32"),
        ({"batch_size": 32, "shard_shape": 64}, "no multiple of the shard depth 64"),
        ({"batch_size": 33, "data_format": "wkw"}, "no multiple of the chunk depth 32"),
        ({"batch_size": 16, "data_format": "zarr"}, "no multiple of the shard depth 32"),
    ],
)
def test_a_batch_that_cuts_what_is_written_at_once_is_refused(
    given: dict[str, object], words: str
) -> None:
    """Shards; in WKW, whose files are a thousand slices deep, chunks."""
    with pytest.raises(ValidationError, match=words):
        options(**given)
    assert options(batch_size=64, data_format="wkw").batch_size == 64
