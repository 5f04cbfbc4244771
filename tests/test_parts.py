"""Parts of a source by every door, as a person asks for them."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import wkflow as package
import yaml
from wkflow.model.write_datasource import PROPERTIES

from tests.runs import VOXEL_SIZE, noise, voxels, wkflow, write_stack
from tests.sources.website import Website, serving
from tests.standin.server import standin_in
from tests.upload.runs import only_one
from tests.upload.runs import wkflow as at_server

pytestmark = pytest.mark.long(but=["test_a_trial_has_the_place"])

VOXELS = noise(20, 60, 70)
BOX = "7,9,3,50,40,12"
PART = VOXELS[3:15, 9:49, 7:57]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_stack(tmp_path_factory.mktemp("in") / "em", VOXELS)


def box_of(dataset: Path) -> list[int]:
    """Give the box of the only layer: topLeft, then its size."""
    (layer,) = json.loads((dataset / PROPERTIES).read_text())["dataLayers"]
    box = layer["boundingBox"]
    return [*box["topLeft"], box["width"], box["height"], box["depth"]]


def assert_part(dataset: Path) -> None:
    """Compare the voxels with those that were written, and the box with what was asked for."""
    assert box_of(dataset) == [int(number) for number in BOX.split(",")]
    np.testing.assert_array_equal(voxels(dataset, "em")[3:, 9:, 7:], PART)


def test_a_trial_has_the_place_that_it_has_in_the_whole(stack: Path, tmp_path: Path) -> None:
    """Another part into the same target leaves nothing of the first one behind."""
    shards = ("--shard-shape", "32,32,32")
    out = tmp_path / "out"
    run = wkflow("convert", *VOXEL_SIZE, *shards, "--bounding-box", BOX, stack, out)
    assert run.returncode == 0, run.stderr
    assert "layer em: 7,9,3,50,40,12 of 0,0,0,70,60,20 is converted" in run.stderr
    assert_part(out)
    run = wkflow("convert", *VOXEL_SIZE, *shards, "--slices", "16:", stack, out)
    assert run.returncode == 0, run.stderr
    found = voxels(out, "em")
    np.testing.assert_array_equal(found[16:], VOXELS[16:])
    assert not found[:16].any()
    assert wkflow("verify", out).returncode == 0


def test_a_file_a_sheet_and_a_call_ask_for_it_too(stack: Path, tmp_path: Path) -> None:
    """And what is wrong with it is told where it stands."""
    document = {"source": str(stack), "target": str(tmp_path / "yaml"), "bounding_box": BOX,
                "voxel_size": [11, 11, 25], "slices": "0:15"}  # fmt: skip
    path = tmp_path / "my.yaml"
    path.write_text(yaml.safe_dump(document))
    run = wkflow("run", path)
    assert run.returncode == 0, run.stderr
    assert_part(tmp_path / "yaml")
    path.write_text(path.read_text().replace("0:15", "10:50"))
    assert "slices: 650 must be START:STOP" in wkflow("run", path).stderr
    sheet = tmp_path / "all.tsv"
    rows = [["source", "target", "bounding_box", "slices", "transpose", "flip"],
            [stack, tmp_path / "row", BOX, "", "", ""],
            [stack, tmp_path / "thin", "", "2:20:3", "yxz", "x,z"]]  # fmt: skip
    sheet.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
    run = wkflow("batch", *VOXEL_SIZE, sheet)
    assert run.returncode == 0, run.stderr
    assert_part(tmp_path / "row")
    assert box_of(tmp_path / "thin") == [0, 0, 1, 60, 70, 6]  # of 7 every third, the first is last
    thin = voxels(tmp_path / "thin", "em")[1:]
    np.testing.assert_array_equal(thin, VOXELS[2::3].transpose(0, 2, 1)[::-1, :, ::-1])
    plan = package.plan(
        stack, tmp_path / "call", voxel_size=(11, 11, 25), bounding_box=[7, 9, 3, 50, 40, 12]
    )
    assert plan.layers[0].size == (50, 40, 12)
    with pytest.raises(package.ConfigError, match="holds no voxel of layer em"):
        package.plan(stack, tmp_path / "call", voxel_size=(11, 11, 25), slices=[20, 30])


@pytest.fixture
def site(stack: Path) -> Iterator[Website]:
    with serving(Website(stack.parent)) as site:
        yield site


def test_slices_outside_are_not_downloaded(site: Website, tmp_path: Path) -> None:
    """Nor asked for."""
    options = (*VOXEL_SIZE, "--category", "color", "--slices", "4:11:3")
    run = wkflow("convert", *options, f"{site.url}/em/", tmp_path / "out", NO_PROXY="127.0.0.1")
    assert run.returncode == 0, run.stderr
    got = {path for method, path, _ in site.asked if method == "GET" and path.endswith(".tif")}
    assert got == {f"/em/slice_{z}.tif" for z in (4, 7, 10)}
    np.testing.assert_array_equal(voxels(tmp_path / "out", "em")[1:], VOXELS[4:11:3])


def test_a_server_gets_the_part(stack: Path, tmp_path: Path) -> None:
    """At its place; it is read back and compared as any other."""
    with standin_in(tmp_path / "server") as standin:
        run = at_server("remote-convert", *VOXEL_SIZE, "--bounding-box", BOX, stack,
                        standin=standin, cwd=tmp_path)  # fmt: skip
        assert run.returncode == 0, run.stderr
        found = only_one(standin)
    (layer,) = found["properties"]["dataLayers"]
    assert layer["boundingBox"]["topLeft"] == [7, 9, 3]
