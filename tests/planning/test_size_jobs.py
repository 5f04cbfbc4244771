"""However large a dataset, it takes few jobs; those of small ones stay what they are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.model.box import Triple
from wkflow.model.data_formats import DATA_FORMATS
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.source import Channel, Header, Source
from wkflow.model.stored_mag import StoredMag
from wkflow.options.settings import Settings
from wkflow.planning.plan_layer import JOB_BYTES, LayerPlanner
from wkflow.planning.size_jobs import BATCH, LEAST_PER_LAYER, MOST_JOBS, shape_jobs, widen_jobs
from wkflow.planning.split_channels import Part

from tests.strategies import axes, dataset_plan, layer_plans, streamed, triples

TERA = 10**12
PER_BATCH = 3
"""Rules that run once for what one job wrote: it is made, sent and removed."""

FEW_BESIDES = 200
"""Jobs of a run that do not grow with the volume."""


def planned(size: Triple, dtype: str = "uint8", **options: object) -> LayerPlan:
    """Plan a layer with the options' own chunks and shards; nobody opens its file."""
    given = {"source": "/em", "target": "/target", "category": "segmentation"}
    settings = Settings.parse(given | {"voxel_size": "10,10,10"} | options, where="test")
    scale = settings.voxel_size or (1, 1, 1)
    header = Header(*size, 1, dtype)
    source = Source(("/em",), ((1, 1),), header, (1, 1, 1))
    return LayerPlanner(settings, scale, 2**60, str).plan(Part("em", source, Channel()), [], None)


@st.composite
def layers_of_any_size(draw: st.DrawFn) -> LayerPlan:
    """Draw a layer of up to 10^18 voxels, with the shards that its format has by default."""
    size, voxel = draw(triples(1, 10**6)), draw(triples(1, 60))
    one = planned(
        size,
        draw(st.sampled_from(["uint8", "uint16", "uint32", "uint64"])),
        voxel_size=",".join(map(str, voxel)),
        data_format=draw(st.sampled_from(sorted(DATA_FORMATS))),
        sampling_mode=draw(st.sampled_from(["anisotropic", "isotropic", "constant_z"])),
    )
    one = replace(one, layer=replace(one.layer, axes=draw(axes())))
    there = replace(one, source=Source.of_nothing(), given=StoredMag("/d", "em/1", "zarr3"))
    return draw(st.sampled_from([one, one, there, streamed(one)]))


@given(layers=st.lists(layers_of_any_size(), min_size=1, max_size=4))
def test_a_dataset_of_any_size_takes_few_jobs(layers: list[LayerPlan]) -> None:
    """All layers together; their jobs have grown alike, by doubling."""
    wide = widen_jobs(layers)
    assert sum(one.job_count for one in wide) <= MOST_JOBS
    factors = {b.job_bytes / a.job_bytes for a, b in zip(layers, wide, strict=True)}
    assert len(factors) == 1
    assert factors.pop().is_integer()
    assert [replace(one, job_bytes=0) for one in wide] == [
        replace(one, job_bytes=0) for one in layers
    ]


@given(layers=st.lists(layers_of_any_size(), min_size=1, max_size=4))
def test_jobs_are_no_larger_than_needed(layers: list[LayerPlan]) -> None:
    """Half of that would be too many jobs; what was few enough stays."""
    wide = widen_jobs(layers)
    if sum(one.job_count for one in layers) <= MOST_JOBS:
        assert wide == tuple(layers)
    else:
        halves = [replace(one, job_bytes=one.job_bytes // 2) for one in wide]
        assert sum(one.job_count for one in halves) > MOST_JOBS


@given(size=triples(1, 10**6), more=st.integers(0, 10**6))
def test_what_grows_has_no_smaller_jobs(size: Triple, more: int) -> None:
    """Slices that are appended never cut slabs finer."""
    grown = (size[0], size[1], size[2] + more)
    (before,), (after,) = widen_jobs([planned(size)]), widen_jobs([planned(grown)])
    assert before.job_bytes <= after.job_bytes


@given(one=layer_plans())
def test_jobs_are_counted_without_making_them(one: LayerPlan) -> None:
    """As many as the plan lists."""
    assert one.job_count == len(list(dataset_plan(one).jobs()))
    assert one.slab_count == len(one.slabs())


@pytest.mark.parametrize("terabytes", [0.001, 0.1, 1, 4])
def test_jobs_of_what_is_usual_stay_what_they_are(terabytes: float) -> None:
    """Up to some terabytes a job is worth a gigabyte."""
    edge = round((terabytes * TERA) ** (1 / 3))
    (one,) = widen_jobs([planned((edge, edge, edge))])
    assert one.job_bytes == JOB_BYTES


@pytest.mark.parametrize(
    ("size", "dtype", "options"),
    [
        ((46_416,) * 3, "uint8", {}),
        ((31_623, 31_623, 100_000), "uint8", {"voxel_size": "4,4,40"}),
        ((30_000, 20_000, 83_333), "uint16", {"sampling_mode": "constant_z"}),
        ((23_208, 23_208, 23_208), "uint64", {}),
        ((29_240, 29_240, 29_240), "uint32", {"data_format": "wkw", "shard_shape": 1024}),
        ((200_000, 200_000, 2_500), "uint8", {}),
    ],
)
def test_a_hundred_terabytes_are_some_thousand_jobs(
    size: Triple, dtype: str, options: dict[str, object]
) -> None:
    """Under 20 000 also where each is sent and removed; and a job stays one of hours."""
    (one,) = widen_jobs([planned(size, dtype, **options)])
    assert PER_BATCH * one.job_count + FEW_BESIDES < 20_000
    assert one.job_bytes <= 64 * 2**30
    assert one.block_bytes <= 16 * 2**30


def test_layers_share_the_jobs() -> None:
    """An image of 60 TB and its labels of eight bytes a voxel."""
    image, labels = planned((39_149,) * 3), planned((17_100,) * 3, "uint64")
    wide = widen_jobs([image, labels])
    assert sum(one.job_count for one in wide) <= MOST_JOBS
    assert all(one.job_count > MOST_JOBS // 20 for one in wide)


def test_thousands_of_layers_come_to_an_end() -> None:
    """Each has a slab and one job for its mags, however large these are."""
    layers = [planned((2_000, 2_000, 2_000))] * (MOST_JOBS // 2 + 1)
    wide = widen_jobs(layers)
    assert sum(one.job_count for one in wide) <= LEAST_PER_LAYER * len(layers)
    assert streamed(wide[0]).slab_count == 1


def test_batching_means_larger_jobs() -> None:
    """Of datasets of any size; a size that is told is no business of it."""
    layers = [planned((4096, 4096, 4096))]
    told = {"source": "/em", "target": "/target", "voxel_size": "1,1,1"}
    for strategy, times in (("slurm", 1), ("slurm+batching", BATCH)):
        settings = Settings.parse(told | {"distribution_strategy": strategy}, where="test")
        (shaped,) = shape_jobs(settings, layers)
        assert shaped.job_bytes == times * layers[0].job_bytes
    sized = Settings.parse(
        told | {"distribution_strategy": "slurm+batching", "job_size": "2G"}, where="test"
    )
    assert shape_jobs(sized, layers) == tuple(layers)
