"""From settings and headers to the plan: what is chosen, and what is refused before it runs."""

from pathlib import Path
from shutil import make_archive
from unittest.mock import patch

import numpy as np
import pytest
import tifffile
from wkflow.errors import ConfigError, SourceError
from wkflow.options.settings import Settings
from wkflow.planning import plan_layer, size_jobs
from wkflow.planning.claim_target import claim_target
from wkflow.planning.plan_conversion import plan_conversion
from wkflow.readers.tiff.reader import TiffImage
from wkflow.run_folder import PLAN

from tests.steps.stacks import grains, plan_of, settings_of, write_pngs, write_tiffs


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


def test_layers_may_have_sources_of_their_own(tmp_path: Path) -> None:
    """A folder, an archive, a file without a header: each with its options, in one pyramid."""
    em = write_tiffs(tmp_path / "em", grains(20, 37, 45))
    write_tiffs(tmp_path / "packed" / "cells", grains(4, 30, 40, "uint16"))
    make_archive(str(tmp_path / "cells"), "zip", tmp_path / "packed")
    grains(8, 16, 16).tofile(tmp_path / "nuclei.raw")
    raw = {"raw_shape": "16,16,8", "raw_dtype": "uint8", "layer_name": "nuclei"}
    layers = [
        {"source": tmp_path / "cells.zip", "category": "segmentation"},
        {"source": tmp_path / "nuclei.raw", **raw},
    ]
    plan = plan_of(em, layers=layers)
    assert [(one.layer.name, one.layer.size) for one in plan.layers] == [
        ("em", (45, 37, 20)),
        ("cells", (40, 30, 4)),
        ("nuclei", (16, 16, 8)),
    ]
    assert [one.layer.category for one in plan.layers] == ["color", "segmentation", "color"]
    assert plan.layers[1].layer.dtype == "uint16"
    assert plan.layers[0] == plan_of(em).layers[0]


def test_all_layers_are_cut_alike(tmp_path: Path) -> None:
    """A part counts in voxels of the dataset, whichever source a layer has."""
    em, cells = write_tiffs(tmp_path / "em", grains(8)), write_tiffs(tmp_path / "cells", grains(8))
    plan = plan_of(em, layers=[{"source": cells}], slices="2:5")
    assert [(one.layer.begin[2], one.layer.size[2]) for one in plan.layers] == [(2, 5)] * 2


def test_faults_of_all_sources_are_told_at_once(tmp_path: Path) -> None:
    """Not one after the other."""
    em = write_tiffs(tmp_path / "em", grains(2))
    (tmp_path / "empty").mkdir()
    layers = [{"source": tmp_path / "empty"}, {"source": tmp_path / "none"}]
    with pytest.raises(SourceError, match=r"empty: holds no readable images; none: No such file"):
        plan_of(em, layers=layers)
    with pytest.raises(ConfigError, match="several images would become layer em"):
        plan_of(em, layers=[{"source": tmp_path / "em"}])


def test_layers_come_and_go_and_the_target_stays_ours(tmp_path: Path) -> None:
    """As long as one source is still that with which the run folder began."""
    em, cells = write_tiffs(tmp_path / "em", grains(2)), write_tiffs(tmp_path / "cells", grains(2))
    settings = settings_of(em)
    settings.run_folder.mkdir()
    claim_target(settings, plan_conversion(settings))
    (tmp_path / "target" / "em").mkdir(parents=True)
    other = settings_of(cells, layers=[{"source": em}])
    claim_target(other, plan_conversion(other))
    claim_target(settings, plan_of(em))
    with pytest.raises(ConfigError, match="was made from"):
        plan_of(cells)


def test_gaps_are_noted(tmp_path: Path) -> None:
    """The person should see them before it runs."""
    source = write_tiffs(tmp_path / "em", grains(2))
    write_tiffs(source, grains(1), begin=5)
    plan = plan_of(source)
    assert plan.notes == (
        "layer em: numbers missing between slices: 2 to 4: their places stay blank",
    )
    (one,) = plan.layers
    assert (one.layer.size[2], one.source.missing) == (6, "2 to 4")
    closed = plan_of(source, missing_slices="close")
    assert closed.notes == ("layer em: numbers missing between slices: 2 to 4",)
    assert (closed.layers[0].layer.size[2], closed.layers[0].source.missing) == (3, "")


def test_padding_makes_room_for_the_largest_slice(tmp_path: Path) -> None:
    """The largest width and the largest height, of different slices."""
    source = write_tiffs(tmp_path / "em", grains(1, 30, 40))
    write_tiffs(source, grains(1, 50, 20), begin=1)
    (one,) = plan_of(source, on_mismatch="pad").layers
    assert (one.layer.size, one.pad) == ((40, 50, 2), True)
    with pytest.raises(SourceError, match="is 20 x 50 uint8, expected 40 x 30 uint8"):
        plan_of(source)


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_somebody_elses_target_is_not_touched(tmp_path: Path, kind: str) -> None:
    """Not with the option either: that replaces datasets, and nothing else."""
    source, target = write_tiffs(tmp_path / "em", grains(2)), tmp_path / "target"
    if kind == "folder":
        target.mkdir()
    kept = target / "thesis.txt" if kind == "folder" else target
    kept.write_text("years of work")
    with pytest.raises(ConfigError, match="was not made by a run of this folder") as caught:
        plan_of(source)
    assert caught.value.where == str(target)
    with pytest.raises(ConfigError, match="thesis" if kind == "folder" else "is a file"):
        plan_of(source, overwrite_existing=True)
    assert kept.exists()


def test_an_empty_folder_may_be_the_target(tmp_path: Path) -> None:
    """Somebody made it for us."""
    (tmp_path / "target").mkdir()
    assert plan_of(write_tiffs(tmp_path / "em", grains(2))).layers


def test_a_run_folder_knows_its_target(tmp_path: Path) -> None:
    """What was judged then stays, and the target is not somebody else's."""
    source = write_tiffs(tmp_path / "em", grains(3, 300, 300))
    settings = settings_of(source, category=None)
    plan = plan_conversion(settings)
    plan.write(settings.run_folder / PLAN)
    claim_target(settings, plan)
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "zarr.json").touch()
    assert plan_conversion(settings) == plan


def sending(source: Path, **options: object) -> Settings:
    """Give the settings of a run that sends what it converts."""
    place = {"target": None, "upload": True, "work_dir": source.parent / "run"}
    return settings_of(source, **place | options)


def test_what_is_sent_is_converted_in_the_run_folder(tmp_path: Path) -> None:
    """Under the source's name; shards pass through the disk unless they are to be kept."""
    source = write_tiffs(tmp_path / "em", grains(2))
    plan = plan_conversion(sending(source, name="e2006"))
    assert (plan.name, plan.dataset) == ("e2006", str(tmp_path / "run" / "dataset"))
    assert plan.layers[0].passing
    for kept in (plan_of(source), plan_conversion(sending(source, name="e2006", keep_local=True))):
        assert not kept.layers[0].passing


def test_no_voxel_is_decoded_when_category_and_codec_are_given(tmp_path: Path) -> None:
    """A plan costs one header per slice."""
    source = write_tiffs(tmp_path / "em", grains(3))
    with patch.object(TiffImage, "read", side_effect=AssertionError):
        assert plan_of(source, compression="zstd:4").layers[0].layer.size == (45, 37, 3)


def test_all_bad_slices_of_all_folders_are_named_at_once(tmp_path: Path) -> None:
    """Each below the source; nothing is left behind."""
    source = tmp_path / "all"
    for name in ("a", "b"):
        write_tiffs(source / name, grains(4))
    (source / "a" / "slice_2.tif").write_bytes(b"no image")
    (source / "b" / "slice_0.tif").write_bytes(b"")
    tifffile.imwrite(source / "b" / "slice_3.tif", grains(1, dtype="uint16")[0])
    with pytest.raises(SourceError) as caught:
        plan_of(source)
    assert caught.value.where == str(source)
    names = [part.partition(":")[0] for part in caught.value.what.split("; ")]
    assert names == ["a/slice_2.tif", "b/slice_0.tif", "b/slice_3.tif"]
    assert [path.name for path in tmp_path.iterdir()] == ["all"]


def test_files_state_the_voxel_size(tmp_path: Path) -> None:
    """It is said whose it is; the option overrules it."""
    source = tmp_path / "em.ome.tif"
    metadata = {
        "axes": "ZYX",
        "PhysicalSizeX": 0.004,
        "PhysicalSizeY": 0.004,
        "PhysicalSizeZ": 0.03,
    }
    tifffile.imwrite(source, grains(5), ome=True, metadata=metadata, photometric="minisblack")
    plan = plan_of(source, voxel_size=None)
    assert plan.voxel_size == (4.0, 4.0, 30.0)
    assert f"voxel size 4,4,30 nanometer, as {source} states" in plan.notes
    given = plan_of(source)
    assert given.voxel_size == (10.0, 10.0, 10.0)
    assert any("4,4,30 nanometer; --voxel-size is used" in note for note in given.notes)


def test_a_voxel_size_that_nobody_states_is_asked_for(tmp_path: Path) -> None:
    """Before anything is written."""
    source = write_tiffs(tmp_path / "em", grains(2))
    with pytest.raises(ConfigError, match="is required") as caught:
        plan_of(source, voxel_size=None)
    assert caught.value.where == "voxel_size"
    assert [path.name for path in tmp_path.iterdir()] == ["em"]


def test_channels_and_time_points_are_planned(tmp_path: Path) -> None:
    """A layer for each channel, a frame for each point in time."""
    volume = grains(2 * 3 * 4).reshape(2, 4, 3, 37, 45)
    source = tmp_path / "em.ome.tif"
    tifffile.imwrite(source, volume, ome=True, metadata={"axes": "TZCYX"}, photometric="minisblack")
    plan = plan_of(source)
    names = [one.layer.name for one in plan.layers]
    assert names == [f"{names[0][:-1]}{n}" for n in range(3)]
    assert {one.layer.size for one in plan.layers} == {(45, 37, 4)}
    assert {one.layer.axes for one in plan.layers} == {(("t", 2),)}
    assert [one.source.picks for one in plan.layers] == [(0,), (1,), (2,)]
    assert [one.layer.name for one in plan_of(source, channels="1").layers] == [names[1]]


def test_many_layers_are_noted(tmp_path: Path) -> None:
    """Perhaps somebody meant slices, or one channel."""
    source = tmp_path / "em.ome.tif"
    tifffile.imwrite(
        source, grains(21), ome=True, metadata={"axes": "CYX"}, photometric="minisblack"
    )
    plan = plan_of(source)
    assert len(plan.layers) == 21
    assert any(note.startswith("21 layers: ") for note in plan.notes)


def test_a_large_dataset_has_larger_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as the option asks for, where it is given."""
    monkeypatch.setattr(plan_layer, "JOB_BYTES", 1000)
    monkeypatch.setattr(size_jobs, "MOST_JOBS", 4)
    source = write_tiffs(tmp_path / "em", grains(20, 37, 45))
    (asked,) = plan_of(source, job_size=1000).layers
    (usual,) = plan_of(source).layers
    assert usual.job_count <= 4 < asked.job_count
    assert usual.job_bytes > asked.job_bytes == 1000


def test_two_images_are_not_one_layer(tmp_path: Path) -> None:
    """A file and a folder may be called alike."""
    folder = tmp_path / "all"
    write_tiffs(folder / "a", grains(2))
    for name in ("b c.tif", "bc.tif"):
        tifffile.imwrite(folder / name, grains(3), photometric="minisblack")
    with pytest.raises(ConfigError, match=r"several images would become layer bc\.tif") as caught:
        plan_of(folder)
    assert "Rename" in caught.value.remedy


def test_a_trial_is_the_same_plan(tmp_path: Path) -> None:
    """Of what lies here; and nothing is written either way."""
    settings = settings_of(write_tiffs(tmp_path / "em", grains(2)))
    assert plan_conversion(settings, is_trial=True) == plan_conversion(settings)
    assert [path.name for path in tmp_path.iterdir()] == ["em"]


@pytest.mark.parametrize(
    ("low", "high", "is_refused"), [(0.0, 1.0, True), (-1.0, 1.0, True), (0.0, 200.0, False)]
)
def test_fractions_do_not_become_zeros_and_ones(
    tmp_path: Path, low: float, high: float, *, is_refused: bool
) -> None:
    """Told before anything runs, with the remedy."""
    ramp = np.linspace(low, high, 37 * 45, dtype="float32").reshape(1, 37, 45)
    source = write_tiffs(tmp_path / "em", np.repeat(ramp, 3, 0))
    assert plan_of(source).layers[0].layer.dtype == "float32"
    if is_refused:
        with pytest.raises(SourceError, match="holds fractions, and as int16 only") as caught:
            plan_of(source, dtype="int16")
        assert "Leave --dtype out" in caught.value.remedy
    else:
        assert plan_of(source, dtype="int16").layers[0].layer.dtype == "int16"


@pytest.mark.parametrize("axes", ["CYX", "TYX", "YXS"])
def test_fractions_are_seen_in_every_channel_and_frame(tmp_path: Path, axes: str) -> None:
    """The first one may hold nothing but zeros."""
    ramp = np.zeros((3, 64, 64), "float32")
    ramp[2] = np.linspace(0, 1, 4096).reshape(64, 64)
    source = tmp_path / "em.ome.tif"
    voxels = ramp.transpose(1, 2, 0) if axes == "YXS" else ramp
    photometric = "rgb" if axes == "YXS" else "minisblack"
    tifffile.imwrite(source, voxels, photometric=photometric, metadata={"axes": axes})
    with pytest.raises(SourceError, match="holds fractions, and as uint8 only 0 to 1"):
        plan_of(source, dtype="uint8")
