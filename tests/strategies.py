"""Nouns as hypothesis draws them, and the small plans that tests are made of."""

from dataclasses import replace
from math import prod

from hypothesis import assume
from hypothesis import strategies as st
from wkflow.model.box import Box, Triple
from wkflow.model.data_formats import DATA_FORMATS
from wkflow.model.layer import COLOR_DTYPES, Grid, Layer, lay_grid
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.mag import Mag
from wkflow.model.mag_ladder import FINEST
from wkflow.model.plan import Plan
from wkflow.model.read_strategy import ReadStrategy
from wkflow.model.source import Channel, Header, RawLayout, Source

DATASET = "/data/target"
JOB_BYTES = 2**29


def triples(least: int, most: int) -> st.SearchStrategy[Triple]:
    """Draw extents or positions along x, y, z."""
    return st.tuples(*[st.integers(least, most)] * 3)


def power_triples(most: int = 32) -> st.SearchStrategy[Triple]:
    """Draw three powers of two."""
    return st.tuples(*[st.sampled_from([2**n for n in range(most.bit_length())])] * 3)


def mags(most: int = 64) -> st.SearchStrategy[Mag]:
    return power_triples(most).map(lambda factors: Mag(*factors))


@st.composite
def boxes(draw: st.DrawFn, most: int = 90) -> Box:
    """Draw a box of at least one voxel."""
    begin = draw(triples(0, most))
    size = draw(triples(1, most))
    end = (begin[0] + size[0], begin[1] + size[1], begin[2] + size[2])
    return Box(begin, end)


def axes() -> st.SearchStrategy[tuple[tuple[str, int], ...]]:
    """Draw further axes, mostly none."""
    return st.sampled_from([(), (), (("t", 3),), (("e", 2), ("t", 5))])


@st.composite
def layers(draw: st.DrawFn, most: int = 300, *, plain: bool = True) -> Layer:
    """Draw a color layer that WEBKNOSSOS takes: zarr3 of one frame, or of any format and axes."""
    dtype = draw(st.sampled_from(sorted(COLOR_DTYPES)))
    channels = draw(st.sampled_from([1, 3])) if dtype == "uint8" else 1
    layer = Layer("em", "color", dtype, channels, draw(triples(1, most)))
    if plain:
        return layer
    return replace(
        layer, axes=draw(axes()), data_format=draw(st.sampled_from(sorted(DATA_FORMATS)))
    )


MOST_SHARDS = 5_000
"""Of a plan that is drawn: tests go through them, and some draws had a hundred millions."""


@st.composite
def layer_plans(draw: st.DrawFn, most: int = 300) -> LayerPlan:
    """Draw a layer with its mags: any size, axes, format, chunk, shard, batch and kernel."""
    layer = draw(layers(most, plain=False))
    chunk, shard, coarse = draw(shapes(layer.data_format))
    ladder, current = [FINEST], FINEST
    for step in draw(st.lists(power_triples(4), max_size=4)):
        current = Mag(*times(current.factors, step))
        if current.largest > ladder[-1].largest:
            ladder.append(current)
    grids = [lay_grid(layer, FINEST, chunk=chunk, shard=shard)]
    grids += [lay_grid(layer, mag, chunk=chunk, shard=coarse) for mag in ladder[1:]]
    assume(layer.frames * sum(prod(grid.shards) for grid in grids) <= MOST_SHARDS)
    kernel = draw(st.sampled_from(["median", "mode", "nearest", "bilinear", "bicubic"]))
    batch = grids[0].shard[2] * draw(st.integers(1, 3))
    job_bytes = draw(st.sampled_from([1, 10**5, 10**7]))
    plan = plan_of(layer, tuple(grids), batch=batch, kernel=kernel, job_bytes=job_bytes)
    return draw(st.sampled_from([plan, plan, of_one_file(plan), streamed(plan)]))


@st.composite
def shapes(draw: st.DrawFn, data_format: str) -> tuple[Triple, Triple, Triple]:
    """Draw a chunk and two shards of whole chunks, as a format wants them."""
    storage, chunk = DATA_FORMATS[data_format], draw(power_triples(32))
    counts = draw(triples(1, 4)), draw(triples(1, 8))
    if storage.is_cubic:
        chunk = (chunk[0],) * 3
        counts = tuple((2 ** (x % 3),) * 3 for x, _, _ in counts)
    if storage.is_single:
        counts = (1, 1, 1), (1, 1, 1)
    return chunk, times(chunk, counts[0]), times(chunk, counts[1])


def raw_layouts() -> st.SearchStrategy[RawLayout]:
    """Draw how a file without a header lies."""
    dtypes, orders = st.sampled_from(["uint8", "float64"]), st.sampled_from("FC")
    byte_orders = st.sampled_from(["little", "big"])
    return st.builds(RawLayout, triples(1, 90), dtypes, orders, byte_orders, st.integers(0, 4096))


def channels() -> st.SearchStrategy[Channel]:
    """Draw what a file says of a channel: all of it, some, or nothing."""
    window = st.tuples(st.floats(-1e9, 0), st.floats(0, 1e9))
    return st.builds(Channel, st.text(max_size=9), st.none() | triples(0, 255), st.none() | window)


def feeds() -> st.SearchStrategy[ReadStrategy]:
    """Draw any feed, its numbers small."""
    kinds, few = st.sampled_from(["rows", "bands", "scratch"]), st.integers(1, 12)
    return st.builds(ReadStrategy, kinds, few, st.integers(1, 40), st.integers(1, 2))


def times(shape: Triple, by: Triple) -> Triple:
    """Multiply component by component."""
    return shape[0] * by[0], shape[1] * by[1], shape[2] * by[2]


def plan_of(
    layer: Layer,
    grids: tuple[Grid, ...],
    *,
    batch: int = 32,
    kernel: str = "median",
    codec: str = "zstd:3",
    job_bytes: int = JOB_BYTES,
) -> LayerPlan:
    """Plan a layer of one slice per file."""
    x, y, z = layer.size
    files = tuple(f"/data/{layer.name}/{number:04d}.tif" for number in range(z))
    marks = tuple((1000, number) for number in range(z))
    header = Header(x, y, 1, layer.channels, layer.dtype, axes=layer.axes)
    picks = tuple(range(layer.channels))
    source = Source(files, marks, header, (x, y, 1), picks, is_stack=True)
    return LayerPlan(
        layer,
        source,
        grids,
        batch,
        kernel,
        codec,
        pad=False,
        job_bytes=job_bytes,
        evidence="as said",
    )


def of_one_file(plan: LayerPlan) -> LayerPlan:
    """Plan the same layer out of a file of many planes."""
    header = replace(plan.source.header, planes=plan.layer.size[2])
    files, marks = plan.source.files[:1], plan.source.marks[:1]
    source = replace(plan.source, files=files, marks=marks, header=header, is_stack=False)
    return replace(plan, source=source)


def streamed(plan: LayerPlan) -> LayerPlan:
    """Plan the same layer out of a file that can only be read from its first plane on."""
    one = of_one_file(plan)
    return replace(one, source=replace(one.source, is_stream=True))


def small_layer_plan(
    size: Triple = (70, 50, 40),
    *,
    name: str = "em",
    mags: tuple[str, ...] = ("2", "4"),
    job_bytes: int = JOB_BYTES,
) -> LayerPlan:
    """Plan a uint8 layer in chunks of 8 voxels an edge, 2 x 2 x 2 of them to a shard."""
    layer = Layer(name, "color", "uint8", 1, size)
    ladder = [FINEST, *map(Mag.parse, mags)]
    grids = tuple(lay_grid(layer, mag, chunk=(8, 8, 8), shard=(16, 16, 16)) for mag in ladder)
    return plan_of(layer, grids, batch=16, job_bytes=job_bytes)


def dataset_plan(*layer_plans: LayerPlan, dataset: str = DATASET) -> Plan:
    """Plan a dataset of these layers, or of a small one."""
    return Plan(
        dataset=dataset,
        name="target",
        voxel_size=(11.24, 11.24, 25.0),
        unit="nanometer",
        overwrite=False,
        layers=layer_plans or (small_layer_plan(),),
    )


def resized(plan: LayerPlan, size: Triple) -> LayerPlan:
    """Plan the same layer with another size: as if slices had been appended."""
    other = small_layer_plan(size, mags=tuple(str(grid.mag) for grid in plan.grids[1:]))
    return replace(other, job_bytes=plan.job_bytes)
