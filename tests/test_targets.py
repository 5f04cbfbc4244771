"""Every data format by whole runs: the voxels that another library reads, resuming, uploading."""

import contextlib
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorstore
import zarr
from numpy.typing import NDArray
from wkflow.model.write_datasource import PROPERTIES

from tests.runs import VOXEL_SIZE, environment, noise, shard_bytes, wkflow, write_stack
from tests.standin.server import standin_in
from tests.test_resume import kill
from tests.test_source_kinds import convert, layers
from tests.upload import runs as uploads

pytestmark = pytest.mark.long(
    but=["test_all_mags_are_those_of_zarr3[wkw]", "test_all_mags_are_those_of_zarr3[n5]"]
)

FORMATS = ("zarr", "wkw", "n5", "neuroglancerPrecomputed")
DEPTH, HEIGHT, WIDTH = 40, 70, 90

KILLS = int(os.environ.get("WKFLOW_KILLS", "1"))
"""Runs of each format that are killed three times each; a campaign sets more."""


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    return write_stack(tmp_path / "em", noise(DEPTH, HEIGHT, WIDTH))


def read(dataset: Path, data_format: str, mag: str) -> NDArray[Any]:
    """Read a mag (z, y, x) with a library that is not ours."""
    folder = dataset / "em" / mag
    if data_format in {"zarr", "zarr3"}:
        return np.asarray(zarr.open_array(folder, mode="r")[0]).T
    if data_format == "n5":
        store = {"driver": "n5", "kvstore": {"driver": "file", "path": str(folder)}}
        return np.asarray(tensorstore.open(store).result().read().result())[0].T
    scales = json.loads((folder.parent / "info").read_bytes())["scales"]
    store = {
        "driver": "neuroglancer_precomputed",
        "kvstore": {"driver": "file", "path": str(folder.parent)},
        "scale_index": [scale["key"] for scale in scales].index(mag),
    }
    return np.asarray(tensorstore.open(store).result().read().result())[..., 0].T


@pytest.mark.parametrize("data_format", FORMATS)
def test_all_mags_are_those_of_zarr3(stack: Path, tmp_path: Path, data_format: str) -> None:
    """Voxel by voxel; WKW is read by the official package, in tests/conformance."""
    convert(stack, tmp_path / "zarr3")
    convert(stack, tmp_path / "out", "--data-format", data_format)
    (layer,) = layers(tmp_path / "out").values()
    assert layer["dataFormat"] == data_format
    mags = [path.name for path in (tmp_path / "zarr3" / "em").iterdir() if path.is_dir()]
    assert len(mags) > 1
    for mag in mags if data_format != "wkw" else ():
        expected = read(tmp_path / "zarr3", "zarr3", mag)
        np.testing.assert_array_equal(read(tmp_path / "out", data_format, mag), expected)
    run = convert(stack, tmp_path / "out", "--data-format", data_format)
    assert "nothing to do" in run.stderr


@pytest.mark.parametrize("seed", range(KILLS))
@pytest.mark.parametrize("data_format", FORMATS)
def test_a_killed_run_ends_the_same(
    stack: Path, tmp_path: Path, data_format: str, seed: int
) -> None:
    """SIGKILL to the CLI, a job or everything, at any moment: the same bytes in the end."""
    options = ("--data-format", data_format, "--job-size", "1")
    chance = random.Random(seed)  # noqa: S311 -- chance, no secret
    command = [sys.executable, "-m", "wkflow.cli.main", "convert", *VOXEL_SIZE, *options]
    for _ in range(3):
        with subprocess.Popen(
            [*command, str(stack), str(tmp_path / "out")],
            env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            time.sleep(chance.uniform(0.5, 2.5))
            kill(process.pid, chance)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)
    convert(stack, tmp_path / "out", *options)
    convert(stack, tmp_path / "fresh", *options)
    found, expected = shard_bytes(tmp_path / "out"), shard_bytes(tmp_path / "fresh")
    for files in (found, expected):
        files.pop(PROPERTIES)  # it holds the dataset's name
    assert found == expected


@pytest.mark.parametrize("data_format", FORMATS)
def test_a_server_gets_what_lies_here(stack: Path, tmp_path: Path, data_format: str) -> None:
    """Shard by shard while it is converted, or as a dataset: the same files."""
    convert(stack, tmp_path / "out", "--data-format", data_format, "--name", "em1")
    (tmp_path / "remote").mkdir()
    with standin_in(tmp_path / "server") as standin:
        for command in (
            ("remote-convert", *VOXEL_SIZE, "--name", "em1", "--data-format", data_format, stack),
            ("upload", "--name", "em2", tmp_path / "out"),
        ):
            run = uploads.wkflow(*command, standin=standin, cwd=tmp_path / "remote")
            found = uploads.arrived(standin, uploads.url_of(run))
            uploads.assert_same(found, tmp_path / "out")


def test_a_format_that_cannot_hold_a_layer_says_so(tmp_path: Path) -> None:
    """Before anything is written."""
    stack = write_stack(tmp_path / "labels", noise(3, 20, 30, dtype="int64"))
    options = ("--data-format", "neuroglancerPrecomputed", "--category", "segmentation")
    run = wkflow("convert", *VOXEL_SIZE, *options, stack, tmp_path / "out")
    assert run.returncode == 3
    assert "int64" in run.stderr
    assert not (tmp_path / "out").exists()
