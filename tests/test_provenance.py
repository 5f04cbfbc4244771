"""A dataset says where it comes from, by whole runs: resumed, changed, sent."""

import json
import subprocess
from pathlib import Path

import pytest
import tifffile
from wkflow.model.self_description import CRATE, MANIFEST

from tests.runs import noise, wkflow
from tests.test_source_kinds import convert

pytestmark = pytest.mark.long(but=["test_a_manifest_follows_the_dataset"])

META = {"axes": "ZYX", "PhysicalSizeX": 0.01, "PhysicalSizeY": 0.01, "PhysicalSizeZ": 0.04}


def source(tmp_path: Path) -> Path:
    path = tmp_path / "em.ome.tif"
    tifffile.imwrite(path, noise(4, 30, 40), metadata=META)
    return path


def checked(dataset: Path) -> int:
    command = ["sha256sum", "--check", "--strict", "--quiet", MANIFEST]
    return subprocess.run(command, cwd=dataset, check=False).returncode


def test_a_manifest_follows_the_dataset(tmp_path: Path) -> None:
    """Made, found made, made again when it is lost, and gone when it would lie."""
    stack, out = source(tmp_path), tmp_path / "out"
    convert(stack, out, "--ro-crate", "--layer-name", "em")
    assert checked(out) == 0
    assert (out / "em/source-metadata.ome.xml").read_bytes().startswith(b"<?xml")
    again = convert(stack, out, "--ro-crate", "--layer-name", "em")
    assert "nothing to do" in again.stderr
    (out / MANIFEST).unlink()
    convert(stack, out, "--ro-crate", "--layer-name", "em")
    assert checked(out) == 0
    assert wkflow("downsample", out, "--coarsest-mag", "8").returncode == 0
    assert not (out / MANIFEST).exists()
    assert not (out / CRATE).exists()


def test_a_pyramid_has_a_manifest_too(tmp_path: Path) -> None:
    """Of old and new mags."""
    out = tmp_path / "out"
    convert(source(tmp_path), out, "--layer-name", "em", "--max-mag", "1")
    made = wkflow("downsample", out, "--manifest")
    assert made.returncode == 0, made.stderr
    assert checked(out) == 0
    text = (out / MANIFEST).read_text()
    assert "em/1/zarr.json" in text
    assert "em/2-2-1/zarr.json" in text


def test_what_files_say_can_be_left_out(tmp_path: Path) -> None:
    """Also afterwards, without a voxel made anew."""
    stack, out = source(tmp_path), tmp_path / "out"
    convert(stack, out, "--layer-name", "em")
    shard = next((out / "em/1").rglob("c/*/*/*/*"))
    before = shard.stat().st_mtime_ns
    convert(stack, out, "--layer-name", "em", "--no-source-metadata")
    assert list(out.rglob("source-metadata*")) == []
    assert shard.stat().st_mtime_ns == before


def test_a_dataset_that_lacks_no_mag_gets_what_is_asked_for(tmp_path: Path) -> None:
    """Once, and once more where the manifest is lost; the crate names layers that were there."""
    pytest.importorskip("rocrate")
    out = tmp_path / "out"
    convert(source(tmp_path), out, "--layer-name", "em")
    ends = []
    for options in (["--manifest"], ["--ro-crate"], ["--ro-crate"], []):
        made = wkflow("downsample", out, *options)
        assert made.returncode == 0, made.stderr
        assert checked(out) == 0
        ends.append("nothing to do" in made.stderr)
    assert ends == [False, False, True, True]
    entities = json.loads((out / CRATE).read_bytes())["@graph"]
    assert "em/" in {one["@id"] for one in entities}
    (out / MANIFEST).unlink()
    assert wkflow("downsample", out, "--manifest").returncode == 0
    assert checked(out) == 0
