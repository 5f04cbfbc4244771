"""Nouns as hypothesis draws them, and the small plans that tests are made of."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from wkflow.box import Box, Triple
from wkflow.ladder import FINEST
from wkflow.layer import COLOR_DTYPES, Grid, Layer, lay_grid
from wkflow.layer_plan import LayerPlan
from wkflow.mag import Mag
from wkflow.plan import Plan
from wkflow.source import Header, Source

DATASET = "/data/target"
JOB_BYTES = 2**29

settings.register_profile("shared_machine", deadline=None)
settings.load_profile("shared_machine")  # a test is not wrong because something else is running


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


@st.composite
def layers(draw: st.DrawFn, most: int = 300) -> Layer:
    """Draw a color layer that WEBKNOSSOS takes."""
    dtype = draw(st.sampled_from(sorted(COLOR_DTYPES)))
    channels = draw(st.sampled_from([1, 3])) if dtype == "uint8" else 1
    return Layer("em", "color", dtype, channels, draw(triples(1, most)))


@st.composite
def layer_plans(draw: st.DrawFn, most: int = 300) -> LayerPlan:
    """Draw a layer with its mags: any size, chunk, shard, batch and kernel."""
    layer = draw(layers(most))
    chunk = draw(power_triples(32))
    shard = times(chunk, draw(triples(1, 4)))
    coarse = times(chunk, draw(triples(1, 8)))
    ladder, current = [FINEST], FINEST
    for step in draw(st.lists(power_triples(4), max_size=4)):
        current = Mag(*times(current.factors, step))
        if current.largest > ladder[-1].largest:
            ladder.append(current)
    grids = [lay_grid(layer, FINEST, chunk=chunk, shard=shard)]
    grids += [lay_grid(layer, mag, chunk=chunk, shard=coarse) for mag in ladder[1:]]
    kernel = draw(st.sampled_from(["median", "mode", "nearest", "bilinear", "bicubic"]))
    batch = grids[0].shard[2] * draw(st.integers(1, 3))
    job_bytes = draw(st.sampled_from([1, 10**5, 10**7]))
    return plan_of(layer, tuple(grids), batch=batch, kernel=kernel, job_bytes=job_bytes)


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
    source = Source(files, marks, Header(x, y, 1, layer.channels, layer.dtype))
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
