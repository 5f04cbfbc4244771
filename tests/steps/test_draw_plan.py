"""From settings and headers to the plan: what is chosen, and what is refused before it runs."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from wkflow.box import Triple
from wkflow.errors import ConfigError, SourceError
from wkflow.plan import PLAN
from wkflow.settings import Settings
from wkflow.steps import draw_plan as module
from wkflow.steps.draw_plan import draw_plan
from wkflow.steps.write_plan import claim

from .stacks import grains, plan_of, settings_of, write_pngs, write_tiffs


def test_headers_say_what_a_layer_is(tmp_path: Path) -> None:
    """Width and height of a slice, as many as there are, their dtype."""
    plan = plan_of(write_tiffs(tmp_path / "em", grains(20, 37, 45, "uint16")))
    (one,) = plan.layers
    assert (one.layer.name, one.layer.size, one.layer.dtype) == ("em", (45, 37, 20), "uint16")
    assert [str(grid.mag) for grid in one.grids] == ["1", "2", "4"]
    assert one.evidence == "as the option says"
    assert (plan.name, plan.dataset) == ("target", str(tmp_path / "target"))


def test_a_file_of_many_pages_is_a_layer(tmp_path: Path) -> None:
    """Its pages are its slices."""
    tifffile.imwrite(tmp_path / "em.tif", grains(20, 37, 45), photometric="minisblack")
    (one,) = plan_of(tmp_path / "em.tif").layers
    assert (one.layer.size, len(one.source.files)) == ((45, 37, 20), 1)


def test_rgb_has_three_channels(tmp_path: Path) -> None:
    """WEBKNOSSOS calls it uint24."""
    (one,) = plan_of(write_pngs(tmp_path / "em", np.ones((2, 30, 40, 3), np.uint8))).layers
    assert one.layer.element_class == "uint24"


@pytest.mark.parametrize(
    ("options", "kernel", "codec"),
    [
        ({"category": "color"}, "median", "zstd:4"),
        ({"category": "segmentation"}, "mode", "zstd:5"),
        ({"interpolation_mode": "bicubic"}, "bicubic", "zstd:4"),
        ({"compression": "gzip:6"}, "median", "gzip:6"),
        ({"compress": False}, "median", "none:0"),
        ({"compress": False, "compression": "gzip:6"}, "median", "none:0"),
    ],
)
def test_kernel_and_codec_suit_the_category(
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


@pytest.mark.parametrize(("given", "names"), [(None, ["a", "b"]), ("x", ["x_a", "x_b"])])
def test_a_name_for_several_layers_is_a_prefix(
    tmp_path: Path, given: str | None, names: list[str]
) -> None:
    """For a single one it is the name."""
    for name in ("a", "b"):
        write_tiffs(tmp_path / "all" / name, grains(2))
    plan = plan_of(tmp_path / "all", layer_name=given)
    assert [one.layer.name for one in plan.layers] == names
    single = plan_of(tmp_path / "all" / "a", layer_name=given)
    assert [one.layer.name for one in single.layers] == [given or "a"]


def test_gaps_are_noted(tmp_path: Path) -> None:
    """The person should see them before it runs."""
    source = write_tiffs(tmp_path / "em", grains(2))
    write_tiffs(source, grains(1), begin=5)
    assert plan_of(source).notes == ("layer em: numbers missing between slices: 2 to 4",)


def test_padding_makes_room_for_the_largest_slice(tmp_path: Path) -> None:
    """The largest width and the largest height, of different slices."""
    source = write_tiffs(tmp_path / "em", grains(1, 30, 40))
    write_tiffs(source, grains(1, 50, 20), begin=1)
    (one,) = plan_of(source, on_mismatch="pad").layers
    assert (one.layer.size, one.pad) == ((40, 50, 2), True)
    assert plan_of(source).layers[0].layer.size == (40, 30, 2)


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


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_somebody_elses_target_is_not_touched(tmp_path: Path, kind: str) -> None:
    """Only with the option; drawing the plan clears nothing yet."""
    source, target = write_tiffs(tmp_path / "em", grains(2)), tmp_path / "target"
    if kind == "folder":
        target.mkdir()
    kept = target / "thesis.txt" if kind == "folder" else target
    kept.write_text("years of work")
    with pytest.raises(ConfigError, match="was not made by a run of this folder") as caught:
        plan_of(source)
    assert caught.value.where == str(target)
    assert plan_of(source, overwrite_existing=True).overwrite
    assert kept.exists()


def test_an_empty_folder_may_be_the_target(tmp_path: Path) -> None:
    """Somebody made it for us."""
    (tmp_path / "target").mkdir()
    assert plan_of(write_tiffs(tmp_path / "em", grains(2))).layers


def test_a_run_folder_knows_its_target(tmp_path: Path) -> None:
    """What was judged then stays, and the target is not somebody else's."""
    source = write_tiffs(tmp_path / "em", grains(3, 300, 300))
    settings = settings_of(source, category=None)
    plan = draw_plan(settings)
    plan.write(settings.run_folder / PLAN)
    claim(plan, settings.run_folder)
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "zarr.json").touch()
    assert draw_plan(settings) == plan


def sending(source: Path, **options: object) -> Settings:
    """Give the settings of a run that sends what it converts."""
    place = {"target": None, "upload": True, "work_dir": source.parent / "run"}
    return settings_of(source, **place | options)


def test_what_is_sent_is_converted_in_the_run_folder(tmp_path: Path) -> None:
    """Under the source's name; shards pass through the disk unless they are to be kept."""
    source = write_tiffs(tmp_path / "em", grains(2))
    plan = draw_plan(sending(source, name="e2006"))
    assert (plan.name, plan.dataset) == ("e2006", str(tmp_path / "run" / "dataset"))
    assert plan.layers[0].passing
    for kept in (plan_of(source), draw_plan(sending(source, name="e2006", keep_local=True))):
        assert not kept.layers[0].passing


@pytest.mark.parametrize("shape", [(1, 20, 30), (16, 20, 30), (20, 300, 400)])
def test_jobs_are_small_where_parts_are_sent_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: Triple
) -> None:
    """A sixteenth of the layer, so that the first is soon ready; never too small, nor too large."""
    monkeypatch.setattr(module, "LEAST_JOB_BYTES", 10_000)
    monkeypatch.setattr(module, "JOB_BYTES", 100_000)
    source = write_tiffs(tmp_path / "em", grains(*shape, dtype="uint16"))
    (one,) = draw_plan(sending(source)).layers
    layer_bytes = 2 * int(np.prod(shape))
    assert one.job_bytes == sorted((10_000, layer_bytes // 16, 100_000))[1]
    assert plan_of(source).layers[0].job_bytes == 100_000
    assert draw_plan(sending(source, job_size=777)).layers[0].job_bytes == 777


def test_a_layer_of_any_real_size_has_jobs_of_a_decent_one() -> None:
    """Between 64 MB and a gigabyte."""
    assert 2**26 <= module.LEAST_JOB_BYTES < module.JOB_BYTES <= 2**30


def test_no_voxel_is_decoded_when_the_category_is_given(tmp_path: Path) -> None:
    """A plan costs one header per layer: other slices may be anything for now."""
    source = write_tiffs(tmp_path / "em", grains(3))
    for number in (1, 2):
        (source / f"slice_{number}.tif").write_bytes(b"no image")
    assert plan_of(source).layers[0].layer.size == (45, 37, 3)
