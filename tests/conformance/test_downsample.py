"""`wkflow downsample` beside `webknossos downsample`: the same datasets, the same mags.

The official library opens each result, and compares all voxels of all mags and what it reads of
the properties.
"""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.official import Official
from tests.conformance.pair import convert_ours, write_source
from tests.conformance.stacks import labels, noise
from tests.dataset_cases import CASES
from tests.datasets import HandLayer, mag_name, mags_of, properties, write_dataset
from tests.runs import noise as voxels
from tests.runs import wkflow

pytestmark = [pytest.mark.conformance, pytest.mark.long]

DRAWING, DOWNSAMPLING = map(Path(__file__).with_name, ("drawing.py", "downsampling.py"))

CHOSEN = frozenset({"cubeLength", "mag", "path"})
"""What each program spells or chooses itself: `1` or `[1, 1, 1]`, and where its new mags lie."""


def downsample(folder: Path, *options: str) -> None:
    """Downsample with our command line, as a person would."""
    run = wkflow("downsample", "--quiet", *options, folder)
    assert run.returncode == 0, run.stderr


def assert_agreed(official: Official, ours: Path, theirs: Path) -> None:
    """Let the official library read both: no voxel of any mag and no fact differs."""
    verdict = official.judge(ours, theirs)
    assert verdict["differences"] == []
    assert verdict["voxels"]
    assert all(verdict["voxels"].values())


def described(dataset: Path) -> dict[str, Any]:
    """Give what says where the mags are and how they lie, by layer and mag."""
    return {
        f"{layer['name']}/{mag_name(mag)}": {
            key: value for key, value in mag.items() if key not in CHOSEN
        }
        for layer in properties(dataset)["dataLayers"]
        for mag in mags_of(layer)
    }


def assert_both_go_on(
    official: Official, ours: Path, mode: str = "anisotropic", *coarsest: str
) -> None:
    """Let both downsample the same dataset, each a copy of its own."""
    theirs = ours.with_name("theirs")
    shutil.copytree(ours, theirs)
    limit = ("--coarsest-mag", *coarsest) if coarsest else ()
    downsample(ours, "--sampling-mode", mode, *limit)
    official.script(DOWNSAMPLING, theirs, mode, *coarsest)
    assert_agreed(official, ours, theirs)
    is_old = any("wkwResolutions" in layer for layer in properties(ours)["dataLayers"])
    if not is_old:  # the official tool writes these anew; we leave them as they are
        assert described(ours) == described(theirs)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.is_official])
def test_hand_made_ones(official: Official, tmp_path: Path, name: str) -> None:
    """Boxes, axes, ladders, dtypes and names as other tools make them."""
    assert_both_go_on(official, CASES[name].write(tmp_path / "ours"))


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.is_official])
def test_ones_that_the_official_tool_cannot_extend(
    official: Official, tmp_path: Path, name: str
) -> None:
    """It extends the same voxels as it stores them itself, and reads ours."""
    ours = CASES[name].write(tmp_path / "ours")
    theirs = CASES[name].canonical().write(tmp_path / "theirs")
    downsample(ours)
    official.script(DOWNSAMPLING, theirs, "anisotropic")
    verdict = official.judge(ours, theirs)
    # it opens arrays without c in any order, but shows them as they lie: not as it stores them
    assert [one for one in verdict["differences"] if not one.startswith("zyx")] == []
    same = {name: same for name, same in verdict["voxels"].items() if not name.startswith("zyx")}
    assert same
    assert all(same.values())


@pytest.mark.parametrize("data_format", ["zarr3", "zarr", "wkw"])
def test_its_own(official: Official, tmp_path: Path, data_format: str) -> None:
    """Small shards, those of zeros left out; colours, wide ids, boxes anywhere, time."""
    official.script(DRAWING, data_format, tmp_path / "ours")
    assert_both_go_on(official, tmp_path / "ours")


@pytest.mark.parametrize("mode", ["anisotropic", "isotropic", "constant_z"])
@pytest.mark.parametrize("data_format", ["zarr3", "zarr", "wkw"])
def test_ours(official: Official, tmp_path: Path, data_format: str, mode: str) -> None:
    """What we converted without a pyramid, in every sampling mode."""
    shape = (23, 141, 203)
    layers = {"color": noise(shape, "uint8", 1), "segmentation": labels(shape, "uint32", 2)}
    write_source(tmp_path / "source", layers)
    options = ("--no-downsample", "--data-format", data_format)
    convert_ours(tmp_path / "source", tmp_path / "ours", *options)
    assert_both_go_on(official, tmp_path / "ours", mode, "8")


@pytest.mark.parametrize("mode", ["anisotropic", "isotropic"])
def test_a_part_of_a_source(official: Official, tmp_path: Path, mode: str) -> None:
    """The mags of a conversion are those that they compute of its finest, where it begins."""
    shape = (41, 141, 203)
    layers = {"color": noise(shape, "uint8", 1), "segmentation": labels(shape, "uint32", 2)}
    write_source(tmp_path / "source", layers)
    part = ("--bounding-box", "37,21,5,133,97,27", "--sampling-mode", mode, "--max-mag", "4")
    convert_ours(tmp_path / "source", tmp_path / "ours", *part)
    convert_ours(tmp_path / "source", tmp_path / "theirs", *part, "--no-downsample")
    official.script(DOWNSAMPLING, tmp_path / "theirs", mode, "4")
    assert_agreed(official, tmp_path / "ours", tmp_path / "theirs")


def test_what_one_began_the_other_ends(official: Official, tmp_path: Path) -> None:
    """By the commands alone: the same dataset in the end."""
    layer = HandLayer("em", {"1": voxels(1, 1, 45, 38, 9)})
    ours, theirs = (write_dataset(tmp_path / name, layer) for name in ("ours", "theirs"))
    official.run("downsample", "--coarsest-mag", "2", ours)
    downsample(ours)
    downsample(theirs, "--coarsest-mag", "2")
    official.run("downsample", theirs)
    assert_agreed(official, ours, theirs)
    assert described(ours) == described(theirs)
