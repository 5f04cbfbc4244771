"""Files of all folders, put together as a pattern says: here, in archives, on servers."""

from pathlib import Path
from zipfile import ZipFile

import pytest
import tifffile
from wkflow.errors import ConfigError, SourceError
from wkflow.model.name_pattern import NamePattern
from wkflow.model.plan import Plan
from wkflow.options.settings import Settings
from wkflow.planning.find_layers import ImageFolder
from wkflow.planning.plan_conversion import plan_conversion
from wkflow.planning.read_pattern import regroup

from tests.sources.buckets import Buckets
from tests.sources.website import Website, serving
from tests.steps.stacks import grains, plan_of

NAMES = [f"{c}/t{t}/img_{z}.tif" for c in ("dapi", "gfp") for t in (1, 2) for z in (1, 2, 4)]
PATTERN = "{channel}/t{t}/img_{z}.tif"


def write_tree(folder: Path, names: list[str] = NAMES) -> Path:
    """Write a slice for each name."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(folder / name, grains(1, 8, 9)[0])
    return folder


def wanted(root: str, channel: str) -> tuple[str, ...]:
    """Give the files of a channel, time by time, with blank places for z 3."""
    return tuple(
        f"{root}/{channel}/t{t}/img_{z}.tif" if z != 3 else "" for t in (1, 2) for z in range(1, 5)
    )


def assert_read(plan: Plan, root: str) -> None:
    """Look for two layers of two times, of three slices and a place for one."""
    assert [one.layer.name for one in plan.layers] == ["em_dapi", "em_gfp"]
    for one, channel in zip(plan.layers, ("dapi", "gfp"), strict=True):
        assert one.source.files == wanted(root, channel)
        assert one.layer.axes == (("t", 2),)
        assert (one.layer.size, one.source.missing) == ((9, 8, 4), "3")
    read = f"layer em_dapi: names read as {PATTERN}: 2 channels, 2 times, 3 numbers of slices"
    assert read in plan.notes


def test_folders_may_be_part_of_a_pattern(tmp_path: Path) -> None:
    """What is unlike it is left out, and told."""
    source = write_tree(tmp_path / "em")
    tifffile.imwrite(source / "overview.tif", grains(1, 30, 40)[0])
    plan = plan_of(source, pattern=PATTERN)
    assert_read(plan, str(source))
    assert f"1 image is unlike {PATTERN} and left out: overview.tif" in plan.notes


def test_archives_are_read_like_folders(tmp_path: Path) -> None:
    """With or without a folder around all."""
    write_tree(tmp_path / "em")
    for place in ("", "em/"):
        with ZipFile(tmp_path / "em.zip", "w") as archive:
            for name in NAMES:
                archive.write(tmp_path / "em" / name, f"{place}{name}")
        plan = plan_of(tmp_path / "em.zip", pattern=PATTERN)
        root = plan.layers[0].source.files[0].removesuffix("/dapi/t1/img_1.tif")
        assert_read(plan, root)


def remote(tmp_path: Path, url: str) -> Plan:
    options = {"source": url, "target": tmp_path / "out", "work_dir": tmp_path / "run"}
    given = options | {"voxel_size": "9,9,9", "category": "color", "pattern": PATTERN}
    return plan_conversion(Settings.parse(given, where="test"))


def test_servers_and_buckets_are_read_like_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By their lists; the header of one slice is enough."""
    folder = write_tree(tmp_path / "www" / "em").parent
    with serving(Website(folder)) as site:
        assert_read(remote(tmp_path, f"{site.url}/em"), f"{site.url}/em")
    with serving(Buckets()) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "us")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        server.objects |= {f"b/em/{n}": (folder / "em" / n).read_bytes() for n in NAMES}
        assert_read(remote(tmp_path, "s3://b/em"), "s3://b/em")


def test_a_pattern_of_names_is_of_each_folder(tmp_path: Path) -> None:
    """Each is a layer, as without it."""
    source = write_tree(tmp_path / "all", [f"{a}/s{z}_x.tif" for a in "ab" for z in (1, 2)])
    plan = plan_of(source, pattern="s{z}_*")
    assert [one.layer.name for one in plan.layers] == ["a", "b"]
    named = plan_of(source, pattern="s{z}_*", layer_name="k")
    assert [one.layer.name for one in named.layers] == ["k_a", "k_b"]
    joined = plan_of(source, pattern="{channel}/s{z}_*", layer_name="k")
    assert [one.layer.name for one in joined.layers] == ["k_a", "k_b"]


def test_a_slice_alone_is_of_its_channel(tmp_path: Path) -> None:
    """As it will be beside others."""
    source = write_tree(tmp_path / "em", ["dapi_1.tif"])
    (one,) = plan_of(source, pattern="{channel}_{z}").layers
    assert (one.layer.name, one.layer.size) == ("em_dapi", (9, 8, 1))


@pytest.mark.parametrize("pattern", ["{channel}/s{z}.tif", "k{z}.tif", "a/b/s{z}.tif"])
def test_a_pattern_that_matches_nothing_tells_the_nearest_names(
    tmp_path: Path, pattern: str
) -> None:
    """No folder above the source is taken for a channel."""
    names = [*(f"s{z}.tif" for z in range(9)), "thumbnail_of_all_slices.tif"]
    source = write_tree(tmp_path / "em", names)
    with pytest.raises(SourceError, match=r"nearest are s\d\.tif, s\d\.tif, s\d\.tif") as caught:
        plan_of(source, pattern=pattern)
    assert caught.value.where == str(source)


def test_notes_and_faults_of_folders_stay() -> None:
    """Once, with the first of the groups."""
    fault = SourceError("is a folder", "/em/b/9.tif", "Rename it.")
    other_fault = SourceError("is a folder", "/em/b/x.tif", "Rename it.")
    found = [
        ImageFolder("a", ("/em/a/1.tif",), ((1, 1),), ("a1",), ("a note",)),
        ImageFolder("b", ("/em/b/2.tif",), ((2, 2),), ("b2",), faults=(fault, other_fault)),
    ]
    one, other = regroup(found, NamePattern.parse("{z}"), "/em")
    assert (one.name, one.files, one.notes, one.faults) == (
        *("a", ("/em/a/1.tif",), ("a note",), (fault,)),
    )
    assert (other.name, other.marks, other.names) == ("b", ((2, 2),), ("b2",))


def test_what_is_no_stack_of_slices_is_refused(tmp_path: Path) -> None:
    """Files of many planes, files that count times themselves, and another option."""
    (tmp_path / "em").mkdir()
    for z in (1, 2):
        deep = grains(3, 8, 9)
        tifffile.imwrite(tmp_path / "em" / f"s{z}.tif", deep, photometric="minisblack")
    with pytest.raises(SourceError, match="holds more than one slice"):
        plan_of(tmp_path / "em", pattern="s{z}")
    for t in (1, 2):
        tifffile.imwrite(tmp_path / "em" / f"s{t}.tif", grains(3, 8, 9), imagej=True,
                         metadata={"axes": "TYX"})  # fmt: skip
    with pytest.raises(SourceError, match="and the names count times, too"):
        plan_of(tmp_path / "em", pattern="s{t}")
    with pytest.raises(ConfigError, match="does not go with slice_order names"):
        plan_of(tmp_path / "em", pattern="s{z}", slice_order="names")


def test_formats_without_time_refuse_it(tmp_path: Path) -> None:
    """As they do times within files."""
    source = write_tree(tmp_path / "em", [f"t{t}_z{z}.tif" for t in (1, 2) for z in (1, 2)])
    with pytest.raises(SourceError, match=r"axes|axis"):
        plan_of(source, data_format="wkw", shard_shape=64)
