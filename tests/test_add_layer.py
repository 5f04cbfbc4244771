"""`wkflow add-layer`: whole runs that add layers to a dataset, and replace one."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from wkflow.model.write_datasource import PROPERTIES

from tests.runs import (
    TIMEOUT_S,
    VOXEL_SIZE,
    environment,
    noise,
    shard_bytes,
    snakemake,
    voxels,
    wkflow,
    write_stack,
)

SHAPES = ("--shard-shape", "64,64,32")
VOLUME, OTHER = noise(40, 60, 64), noise(40, 60, 64, seed=5)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Convert a stack to a dataset of one layer; another stack lies beside it."""
    write_stack(tmp_path / "em", VOLUME)
    write_stack(tmp_path / "nuclei", OTHER)
    run = wkflow("convert", *VOXEL_SIZE, *SHAPES, tmp_path / "em", tmp_path / "set")
    assert run.returncode == 0, run.stderr
    return tmp_path / "set"


def listed(target: Path) -> dict[str, str]:
    document = json.loads((target / PROPERTIES).read_bytes())
    return {one["name"]: one["mags"][0]["path"] for one in document["dataLayers"]}


def end_of(*arguments: object) -> str:
    run = wkflow(*arguments, "--json")
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["dataset"] == str(arguments[-1])
    return str(told["end"])


def test_a_layer_is_added_and_replaced(target: Path, tmp_path: Path) -> None:
    """What was there stays, byte by byte; the same command again has nothing to do."""
    before = shard_bytes(target / "em")
    add = ("add-layer", *SHAPES)
    assert end_of(*add, tmp_path / "nuclei", target) == "done"
    assert listed(target) == {"em": "./em/1", "nuclei": "./nuclei/1"}
    assert np.array_equal(voxels(target, "nuclei"), OTHER)
    assert shard_bytes(target / "em") == before
    assert end_of(*add, tmp_path / "nuclei", target) == "nothing_to_do"
    page = (tmp_path / "set.add-layer/report.html").read_text()
    assert "No pictures" not in page
    assert f'<p class="place">{target}</p>' in page

    run = wkflow(*add, "--layer-name", "nuclei", tmp_path / "em", target)
    assert run.returncode == 2
    assert "has a layer nuclei already" in run.stderr
    replacing = (*add, "--layer-name", "nuclei", "--replace")
    assert end_of(*replacing, tmp_path / "em", target) == "done"
    assert listed(target) == {"em": "./em/1", "nuclei": "./nuclei__2/1"}
    assert not (target / "nuclei").exists()
    assert np.array_equal(voxels(target, "nuclei__2"), VOLUME)
    told = json.loads(wkflow("verify", "--json", target).stdout)
    assert (told["faults"], told["decoded"]) == ([], 0)  # all are held against their receipts
    shard = next(one for one in (target / "nuclei__2/1/c").rglob("*") if one.is_file())
    content = bytearray(shard.read_bytes())
    content[100] ^= 1
    shard.write_bytes(content)
    (fault,) = json.loads(wkflow("verify", "--json", target).stdout)["faults"]
    assert fault["path"] == str(shard.relative_to(target))


@pytest.mark.long
def test_the_dataset_made_anew_keeps_its_added_layers(target: Path, tmp_path: Path) -> None:
    """A slice that is appended to its own layer says nothing of others."""
    assert end_of("add-layer", *SHAPES, tmp_path / "nuclei", target) == "done"
    write_stack(tmp_path / "em", noise(41, 60, 64))
    assert end_of("convert", *VOXEL_SIZE, *SHAPES, tmp_path / "em", target) == "done"
    assert listed(target) == {"em": "./em/1", "nuclei": "./nuclei/1"}
    assert voxels(target, "em").shape[0] == 41


@pytest.mark.long
def test_a_killed_run_goes_on(target: Path, tmp_path: Path) -> None:
    """To what it is where nobody kills it; if Snakemake's end was not in time, nothing is left."""
    words = ("add-layer", *SHAPES, "--job-size", "1", "--layer-name", "em", "--replace")
    command = [sys.executable, "-m", "wkflow.cli.main", *words, tmp_path / "nuclei", target]
    run = subprocess.Popen(command, env=environment(), stderr=subprocess.DEVNULL)
    receipts = tmp_path / "set.add-layer/receipts"
    deadline = time.monotonic() + TIMEOUT_S
    while not list(receipts.glob("convert_slab/em/*.json")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    run.kill()
    run.wait()
    assert end_of(*words, tmp_path / "nuclei", target) in {"done", "nothing_to_do"}
    assert np.array_equal(voxels(target, "em__2"), OTHER)
    assert not (target / "em").exists()


@pytest.mark.long
def test_plain_snakemake_adds_layers_too(target: Path, tmp_path: Path) -> None:
    """The options in YAML, the same result."""
    config = {"command": "add-layer", "source": str(tmp_path / "nuclei"), "target": str(target)}
    (tmp_path / "my.yaml").write_text(json.dumps(config))
    run = snakemake("--configfile", tmp_path / "my.yaml", "--cores", "2", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert list(listed(target)) == ["em", "nuclei"]
    assert np.array_equal(voxels(target, "nuclei"), OTHER)
