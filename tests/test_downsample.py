"""`wkflow downsample` of datasets on disk: whole runs, judged by plain numpy and other readers."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.cli.test_main import lines
from tests.dataset_cases import CASES, GREY, Case
from tests.datasets import (
    PROPERTIES,
    HandLayer,
    mag_name,
    mags_of,
    properties,
    read_mags,
    write_dataset,
)
from tests.runs import noise, shard_bytes, snakemake, wkflow, write_stack
from tests.slow_pyramid import pyramid
from tests.test_source_kinds import convert

pytestmark = pytest.mark.long(
    but=[
        *(f"[{case}]" for case in ("stored", "time", "wkw")),
        "test_a_dry_run_writes_nothing",
        "test_plain_snakemake_does_the_same",
        "test_one_layer_may_be_chosen",
    ]
)

FORMATS = ("zarr3", "zarr", "wkw", "n5", "neuroglancerPrecomputed")

EM = HandLayer("em", {"1": GREY})


@dataclass(frozen=True)
class Done:
    """A case that was downsampled, what was in its folder before, and what was said."""

    case: Case
    folder: Path
    before: dict[str, bytes]
    told: str


@pytest.fixture(scope="module", params=CASES)
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Downsample each dataset once."""
    case = CASES[request.param]
    folder = case.write(tmp_path_factory.mktemp("case") / request.param)
    before = shard_bytes(folder)
    return Done(case, folder, before, downsample(folder))


def downsample(folder: Path, *options: object) -> str:
    """Downsample and expect success; give what was said."""
    run = wkflow("downsample", *options, folder)
    assert run.returncode == 0, run.stderr
    return run.stderr


def ladder(folder: Path, layer: str = "em") -> list[str]:
    """List the mags of a layer as the properties list them."""
    layers = {one["name"]: one for one in properties(folder)["dataLayers"]}
    return [mag_name(mag) for mag in mags_of(layers[layer])]


@pytest.fixture
def em(tmp_path: Path) -> Path:
    """Give a small dataset with its finest mag only."""
    return write_dataset(tmp_path / "set", EM)


def test_each_voxel_is_that_of_the_definition(done: Done) -> None:
    """All mags of all layers, those that were there and the new ones."""
    for layer in done.case.layers:
        found = read_mags(done.folder, layer)
        new = pyramid(layer, done.case.ladder(layer))
        assert list(found) == [*layer.mags, *new], layer.name
        for mag, voxels in new.items():
            np.testing.assert_array_equal(found[mag], voxels, f"{layer.name} {mag}", strict=True)


def test_the_properties_only_grow(done: Done) -> None:
    """The new mags come after the old ones; all else, known or not, is as it was."""
    before, after = json.loads(done.before[PROPERTIES]), properties(done.folder)
    for old, new in zip(before["dataLayers"], after["dataLayers"], strict=True):
        count = len(mags_of(old))
        assert mags_of(new)[:count] == mags_of(old)
        del mags_of(new)[count:]
    assert after == before


def test_new_mags_have_the_axes_of_the_old_ones(done: Done) -> None:
    """The official library opens no layer whose mags differ in the order of their axes."""
    for layer in properties(done.folder)["dataLayers"]:
        orders = [mag.get("axisOrder") for mag in mags_of(layer)]
        assert all(order == orders[0] for order in orders), (layer["name"], orders)


def test_what_was_there_stays(done: Done) -> None:
    """No file of an old mag is touched, and beside new mags nothing is left."""
    after = shard_bytes(done.folder)
    of_group = {"zarr.json", ".zattrs", ".zgroup", "attributes.json", "info"}
    for name, content in done.before.items():
        assert name == PROPERTIES or Path(name).name in of_group or after[name] == content, name
    layers = properties(done.folder)["dataLayers"]
    listed = [(f"{one['name']}/{mag_name(mag)}", mag) for one in layers for mag in mags_of(one)]
    ours = {Path(mag.get("path", usual)).as_posix() for usual, mag in listed}
    for name in after.keys() - done.before.keys():
        assert any(name.startswith(f"{mag}/") for mag in ours) or Path(name).name in of_group, name
    beside = {path.name for path in done.folder.parent.iterdir()}
    assert not any("lock" in name for name in beside)


@pytest.mark.parametrize("data_format", FORMATS)
def test_ours_become_what_a_conversion_makes(tmp_path: Path, data_format: str) -> None:
    """Voxels, shards, properties and the pyramid's own description: byte by byte."""
    stack = write_stack(tmp_path / "em", noise(40, 130, 150))
    options = ("--data-format", data_format, "--name", "e2006")
    convert(stack, tmp_path / "whole", *options)
    convert(stack, tmp_path / "set", "--no-downsample", *options)
    downsample(tmp_path / "set")
    whole, found = shard_bytes(tmp_path / "whole"), shard_bytes(tmp_path / "set")
    described = [name for name in whole if name.endswith(("json", ".zattrs", "info"))]
    for name in described:
        assert json.loads(found[name]) == json.loads(whole[name]), name
    assert found.keys() == whole.keys()
    assert [name for name in whole if name not in described and whole[name] != found[name]] == []


def test_a_second_run_has_nothing_to_do(em: Path) -> None:
    """It says so, and touches no file."""
    downsample(em)
    before = {path: path.stat().st_mtime_ns for path in em.rglob("*")}
    assert "nothing to do" in downsample(em)
    assert {path: path.stat().st_mtime_ns for path in em.rglob("*")} == before


def test_a_ladder_is_gone_on_with(em: Path) -> None:
    """What ends at a mag today begins there tomorrow; the result is that of one run."""
    downsample(em, "--coarsest-mag", "2")
    assert ladder(em) == ["1", "2-2-1"]
    downsample(em, "--coarsest-mag", "8")
    found, expected = read_mags(em, EM), pyramid(EM, ["2-2-1", "4-4-2", "8-8-4"])
    assert list(found) == ["1", *expected]
    for mag, voxels in expected.items():
        np.testing.assert_array_equal(found[mag], voxels, strict=True)


def test_mags_are_made_anew_if_that_is_wanted(tmp_path: Path) -> None:
    """From the mag that is named; without the word, what is there is never replaced."""
    wrong = HandLayer("em", {"1": GREY, "2-2-1": noise(1, 1, 23, 19, 35, seed=9)})
    folder = write_dataset(tmp_path / "set", wrong)
    before = shard_bytes(folder)
    run = wkflow("downsample", "--from-mag", "1", folder)
    assert run.returncode == 2
    assert "2-2-1" in lines(run)[0]
    assert shard_bytes(folder) == before
    downsample(folder, "--from-mag", "1", "--overwrite-mags")
    found, expected = read_mags(folder, EM), pyramid(EM, ["2-2-1", "4-4-2"])
    assert sorted(found) == ["1", *expected]
    for mag, voxels in expected.items():
        np.testing.assert_array_equal(found[mag], voxels, strict=True)
    assert "nothing to do" in downsample(folder)


def test_one_layer_may_be_chosen(tmp_path: Path) -> None:
    """The others keep their mags."""
    other = HandLayer("other", {"1": GREY})
    folder = write_dataset(tmp_path / "set", EM, other)
    downsample(folder, "--layer-name", "other")
    assert (ladder(folder), ladder(folder, "other")) == (["1"], ["1", "2-2-1", "4-4-2"])


def test_options_of_the_new_mags_are_heard(em: Path) -> None:
    """Interpolation, sampling, chunks, shards and codec."""
    shapes = ("--chunk-shape", "16", "--shard-shape", "32", "--compression", "gzip:1")
    how = ("--interpolation-mode", "nearest", "--sampling-mode", "isotropic")
    downsample(em, *shapes, *how)
    assert ladder(em) == ["1", "2", "4"]
    metadata = json.loads((em / "em" / "2" / "zarr.json").read_text())
    assert metadata["chunk_grid"]["configuration"]["chunk_shape"][1:] == [32, 32, 32]
    assert '"gzip"' in json.dumps(metadata)
    values = set(np.unique(read_mags(em, EM)["4"]))
    assert values <= set(np.unique(GREY))


def test_a_dry_run_writes_nothing(em: Path) -> None:
    """The table names layers and mags; no file comes or goes."""
    before = shard_bytes(em.parent)
    run = wkflow("downsample", "--dry-run", em)
    assert run.returncode == 0, run.stderr
    assert shard_bytes(em.parent) == before
    for word in ("layer em", "2-2-1", "4-4-2", "uint8"):
        assert word in run.stdout


def test_plain_snakemake_does_the_same(em: Path, tmp_path: Path) -> None:
    """A config with `command: downsample` and a target is all it takes."""
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump({"command": "downsample", "target": str(em)}))
    (tmp_path / "run").mkdir()
    run = snakemake("--configfile", config, "--cores", "2", cwd=tmp_path / "run")
    assert run.returncode == 0, run.stderr
    for mag, voxels in pyramid(EM, ["2-2-1", "4-4-2"]).items():
        np.testing.assert_array_equal(read_mags(em, EM)[mag], voxels, strict=True)


def test_nothing_is_listed_before_all_is_there(em: Path) -> None:
    """A run that ends halfway leaves the properties as they were; the same command goes on."""
    before = (em / PROPERTIES).read_bytes()
    run = wkflow("downsample", em, "--", "--until", "downsample_rest")
    assert run.returncode == 0, run.stderr
    assert (em / "em" / "2-2-1").is_dir()
    assert (em / PROPERTIES).read_bytes() == before
    downsample(em)
    assert ladder(em) == ["1", "2-2-1", "4-4-2"]
