"""One layer's plan: kernel, codec, shards, mags and jobs, and what WEBKNOSSOS cannot show."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from wkflow.errors import ResourceError, SourceError
from wkflow.model.box import Triple
from wkflow.model.data_formats import DATA_FORMATS
from wkflow.model.layer import START_BYTES
from wkflow.model.layer_plan import FEWEST_THREADS
from wkflow.model.plan import LayerPlan
from wkflow.model.source import Channel, Header, Source
from wkflow.options.settings import Settings
from wkflow.planning import plan_layer as module
from wkflow.planning.plan_conversion import plan_conversion
from wkflow.planning.plan_layer import LayerPlanner
from wkflow.planning.split_channels import Part

from tests.steps.stacks import grains, plan_of, settings_of, write_pngs, write_tiffs

GIB = 2**30


def part_of(
    size: Triple = (100, 90, 80), *, dtype: str = "uint16", axes: tuple[tuple[str, int], ...] = ()
) -> Part:
    """Make a part of a file of many planes that nobody opens."""
    header = Header(*size, 1, dtype, axes=axes)
    source = Source(("/data/em.tif",), ((1, 1),), header, (*size[:2], 1))
    return Part("em", source, Channel("DAPI", (0, 0, 255), (1.0, 9.0)))


def planned(part: Part, *, budget: int = GIB, **options: object) -> LayerPlan:
    """Plan a layer of a dataset of no others."""
    settings = settings_of(Path("/data/em.tif"), **options)
    return LayerPlanner(settings, (10, 10, 10), budget, str).plan(part, [], None)


def sending(source: Path, **options: object) -> Settings:
    """Give the settings of a run that sends what it converts."""
    place = {"target": None, "upload": True, "work_dir": source.parent / "run"}
    return settings_of(source, **place | options)


@pytest.mark.parametrize(
    ("options", "kernel", "codec"),
    [
        ({"category": "color"}, "median", "zstd:1"),
        ({"category": "segmentation", "compression": None}, "mode", "zstd:1"),
        ({"interpolation_mode": "bicubic", "compression": "auto"}, "bicubic", "zstd:1"),
        ({"compression": "gzip:6"}, "median", "gzip:6"),
        ({"compress": False}, "median", "none:0"),
        ({"compress": False, "compression": "gzip:6"}, "median", "none:0"),
    ],
)
def test_kernel_and_codec_suit_category_and_voxels(
    tmp_path: Path, options: dict[str, object], kernel: str, codec: str
) -> None:
    """Unless an option says otherwise."""
    (one,) = plan_of(write_tiffs(tmp_path / "em", grains(2)), **options).layers
    assert (one.kernel, one.codec) == (kernel, codec)


def test_shards_and_batches_are_those_of_the_options(tmp_path: Path) -> None:
    """A batch is at least a shard deep; mags above 1 have the official tool's shards."""
    source = write_tiffs(tmp_path / "em", grains(20))
    (one,) = plan_of(source).layers
    assert (one.grids[0].chunk, one.grids[0].shard, one.batch) == ((8, 8, 8), (16, 16, 8), 8)
    assert one.grids[1].shard == (32, 32, 16)
    assert plan_of(source, batch_size=16).layers[0].batch == 16


@pytest.mark.parametrize(
    ("options", "mags"),
    [
        ({"downsample": False}, ["1"]),
        ({"max_mag": "2"}, ["1", "2"]),
        ({"sampling_mode": "constant_z"}, ["1", "2-2-1", "4-4-1"]),
        ({"voxel_size": "10,10,30"}, ["1", "2-2-1", "4-4-1"]),
    ],
)
def test_the_ladder_is_that_of_the_options(
    tmp_path: Path, options: dict[str, object], mags: list[str]
) -> None:
    """Depth, voxel size and the coarsest mag decide."""
    (one,) = plan_of(write_tiffs(tmp_path / "em", grains(2)), **options).layers
    assert [str(grid.mag) for grid in one.grids][: len(mags)] == mags


@pytest.mark.parametrize(
    ("dtype", "options", "words"),
    [
        ("float32", {"category": "segmentation"}, "segmentation layer cannot hold float32"),
        ("uint64", {}, "color layer cannot hold uint64"),
        ("float64", {}, "float64"),
    ],
)
def test_what_webknossos_cannot_show_is_refused(
    tmp_path: Path, dtype: str, options: dict[str, object], words: str
) -> None:
    """The first file is named, and what to do."""
    source = write_tiffs(tmp_path / "em", grains(2, dtype=dtype))
    with pytest.raises(SourceError, match=words) as caught:
        plan_of(source, **options)
    assert caught.value.where == str(source / "slice_0.tif")


def test_rgb_is_no_segmentation(tmp_path: Path) -> None:
    """A label is one number."""
    source = write_pngs(tmp_path / "em", np.ones((2, 30, 40, 3), np.uint8))
    with pytest.raises(SourceError, match="one number per voxel"):
        plan_of(source, category="segmentation")


@pytest.mark.parametrize("shape", [(1, 20, 30), (16, 20, 30), (20, 300, 400)])
def test_jobs_are_small_where_parts_are_sent_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: Triple
) -> None:
    """A sixteenth of the layer, so that the first is soon ready; never too small, nor too large."""
    monkeypatch.setattr(module, "LEAST_JOB_BYTES", 10_000)
    monkeypatch.setattr(module, "JOB_BYTES", 100_000)
    source = write_tiffs(tmp_path / "em", grains(*shape, dtype="uint16"))
    (one,) = plan_conversion(sending(source)).layers
    layer_bytes = 2 * int(np.prod(shape))
    assert one.job_bytes == sorted((10_000, layer_bytes // 16, 100_000))[1]
    assert plan_of(source).layers[0].job_bytes == 100_000
    assert plan_conversion(sending(source, job_size=777)).layers[0].job_bytes == 777


def test_a_layer_of_any_real_size_has_jobs_of_a_decent_one() -> None:
    """Between 64 MB and a gigabyte."""
    assert 2**26 <= module.LEAST_JOB_BYTES < module.JOB_BYTES <= 2**30


def test_axes_channels_and_looks_are_those_of_the_source() -> None:
    """Of the header, of what was picked, and of what the file says."""
    part = part_of(axes=(("t", 3),))
    one = planned(replace(part, source=replace(part.source, picks=(1, 2))))
    assert (one.layer.axes, one.layer.frames, one.layer.channels) == ((("t", 3),), 3, 2)
    assert one.display == part.channel
    assert one.source.picks == (1, 2)


@pytest.mark.parametrize("data_format", sorted(DATA_FORMATS))
def test_each_format_has_shapes_and_a_codec_of_its_own(data_format: str) -> None:
    """Batches are whole shards in any of them."""
    shard = 16 if data_format == "wkw" else None
    one = planned(part_of(), data_format=data_format, chunk_shape=8, shard_shape=shard)
    assert one.layer.data_format == data_format
    assert one.codec.split(":")[0] in DATA_FORMATS[data_format].levels
    finest = one.grids[0]
    assert one.batch % finest.shard[2] == 0
    if DATA_FORMATS[data_format].is_single:
        assert all(grid.shard == grid.chunk == (8, 8, 8) for grid in one.grids)
    if DATA_FORMATS[data_format].is_cubic:
        assert finest.shard == (16, 16, 16)
        assert one.grids[1].shard == (64, 64, 64)  # clipped: the layer has 50 voxels there


def test_the_option_says_what_dtype_a_layer_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """float64 can be converted so, and a segmentation be made of fractions."""
    monkeypatch.setattr(module, "look_at", lambda *_: [])
    assert planned(part_of(dtype="float64"), dtype="float32").layer.dtype == "float32"
    labels = planned(part_of(dtype="float32"), dtype="uint32", category="segmentation")
    assert (labels.layer.dtype, labels.layer.category) == ("uint32", "segmentation")
    assert labels.source.header.dtype == "float32"
    with pytest.raises(SourceError, match="color layer cannot hold uint64"):
        planned(part_of(), dtype="uint64")


def test_memory_decides_how_voxels_come_in() -> None:
    """Interpreter and libraries are left out of the budget; nothing else of the plan changes."""
    part = part_of((3000, 3000, 80))
    roomy, narrow = planned(part), planned(part, budget=250 * 2**20)
    assert (roomy.feed.kind, narrow.feed.kind) == ("bands", "scratch")
    assert replace(narrow, feed=roomy.feed) == roomy
    with pytest.raises(ResourceError, match="one slice takes"):
        planned(part, budget=200 * 2**20)


def test_a_layer_that_could_be_fed_otherwise_is_not_refused() -> None:
    """What is chosen fits together with all else that the job needs: over the disk it would."""
    band = 8000 * 2000 * 8 * 2
    one = planned(part_of((8000, 2000, 80)), budget=START_BYTES + band)
    assert one.slab_memory(FEWEST_THREADS) <= START_BYTES + band


def test_mags_are_those_of_the_other_layers() -> None:
    """WEBKNOSSOS wants one mag for each largest component."""
    part, settings = part_of(), settings_of(Path("/data/em.tif"))
    flat = LayerPlanner(settings, (10, 10, 40), GIB, str).plan(part, [], None)
    assert str(flat.grids[1].mag) == "2-2-1"
    cubic = LayerPlanner(settings, (10, 10, 10), GIB, str)
    assert str(cubic.plan(part, [], None).grids[1].mag) == "2"
    assert str(cubic.plan(part, [flat], None).grids[1].mag) == "2-2-1"


def test_what_was_judged_stays_while_the_first_file_does() -> None:
    """Another file under its name is judged anew: here, that it is not there."""
    settings = settings_of(Path("/data/em.tif"), category=None)
    planner, part = LayerPlanner(settings, (10, 10, 10), GIB, str), part_of()
    earlier = planned(part, category="segmentation")
    kept = planner.plan(part, [], earlier)
    assert (kept.layer.category, kept.evidence) == ("segmentation", earlier.evidence)
    changed = replace(part, source=replace(part.source, marks=((2, 2),)))
    with pytest.raises(SourceError):
        planner.plan(changed, [], earlier)


def test_what_a_format_cannot_hold_is_refused() -> None:
    """In the words of the format, with the file and a format that can."""
    part = part_of(axes=(("t", 3),))
    with pytest.raises(SourceError) as caught:
        planned(part, data_format="wkw", shard_shape=16)
    assert caught.value.where == "/data/em.tif"
    assert "zarr3" in caught.value.remedy
