"""The official commands work on what we wrote."""

import shutil
from pathlib import Path

import pytest
import zarr

from tests.conformance.official import Official
from tests.conformance.pair import (
    PROPERTIES,
    SIZE_OPTION,
    Pair,
    assert_alike,
    convert_ours,
    mags,
    write_source,
)
from tests.conformance.stacks import labels, noise
from tests.runs import wkflow

pytestmark = [pytest.mark.conformance, pytest.mark.long]

SHAPE = (13, 203, 301)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Color and labels, less than a shard deep."""
    folder = tmp_path_factory.mktemp("source")
    layers = {"color": noise(SHAPE, "uint8", 8), "segmentation": labels(SHAPE, "uint16", 9)}
    write_source(folder / "slices", layers)
    return folder / "slices"


def test_it_downsamples_ours(official: Official, source: Path, tmp_path: Path) -> None:
    """Its pyramid above our mag 1 is the one that we build."""
    convert_ours(source, tmp_path / "whole")
    convert_ours(source, tmp_path / "finest", "--no-downsample")
    assert list(mags(tmp_path / "finest", "color")) == ["1"]
    official.run("downsample", tmp_path / "finest")
    assert_alike(official, tmp_path / "whole", tmp_path / "finest")


def test_it_compresses_ours(official: Official, source: Path, tmp_path: Path) -> None:
    """What we left uncompressed it compresses, and then finds equal to our compressed one."""
    convert_ours(source, tmp_path / "packed")
    convert_ours(source, tmp_path / "plain", "--no-compress")
    unpacked = tmp_path / "unpacked"
    shutil.copytree(tmp_path / "plain", unpacked)
    official.run("compress", unpacked)
    assert "zstd" in (unpacked / "color" / "1" / "zarr.json").read_text()
    assert "zstd" not in (tmp_path / "plain" / "color" / "1" / "zarr.json").read_text()
    for other in (unpacked, tmp_path / "plain"):
        said = official.run("check-equality", tmp_path / "packed", other)
        assert "are equal" in " ".join(said.split())


def test_it_finds_ours_equal_to_theirs(official: Official, pair: Pair) -> None:
    """Its own comparison of two datasets says that they are equal."""
    said = official.run("check-equality", pair.ours, pair.theirs)
    assert "are equal" in " ".join(said.split())


def test_it_would_tell_a_difference(official: Official, source: Path, tmp_path: Path) -> None:
    """One changed voxel is found: the judge is awake."""
    convert_ours(source, tmp_path / "ours", "--max-mag", "2")
    shutil.copytree(tmp_path / "ours", tmp_path / "changed")
    array = zarr.open_array(tmp_path / "changed" / "color" / "2-2-1", mode="r+")
    array[0, 149, 100, 12] = 255 - int(array[0, 149, 100, 12])
    text = (tmp_path / "changed" / PROPERTIES).read_text()
    (tmp_path / "changed" / PROPERTIES).write_text(text.replace('"nanometer"', '"micrometer"'))
    verdict = official.judge(tmp_path / "changed", tmp_path / "ours")
    assert len(verdict["differences"]) == 2
    assert "1 of" in verdict["differences"][1]


def test_it_reads_layers_that_were_added(official: Official, source: Path, tmp_path: Path) -> None:
    """To a dataset of its own, also in the place of another one: as those of one conversion."""
    target = tmp_path / "set"
    official.run("convert", *SIZE_OPTION, source / "color", target)
    add = ("add-layer", "--replace", source / "segmentation", target)
    for words in (("--max-mag", "2"), ()):
        run = wkflow(*add[:2], *words, *add[2:])
        assert run.returncode == 0, run.stderr
    convert_ours(source, tmp_path / "whole")
    assert (target / "segmentation__2").is_dir()
    verdict = official.judge(tmp_path / "whole", target)
    assert verdict["differences"] == []
    assert all(verdict["voxels"].values())
