"""What a source may be, converted by whole runs; and the shipped sample."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import cast

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
import yaml
import zarr
from numpy.typing import NDArray
from wkflow.model.write_datasource import PROPERTIES

from tests.cli.test_main import lines
from tests.runs import ROOT, VOXEL_SIZE, noise, snakemake, voxels, wkflow, write_stack

pytestmark = pytest.mark.long(
    but=[
        "test_the_first_command_converts_a_sample",
        "test_rgb_is_one_layer",
        "test_a_workflow_may_include_ours",
        "test_a_pattern_makes_layers_and_times_of_folders",
    ]
)

SHARED = ROOT.parent / "shared" / "testdata"
TMPFS = "size=3m"


def convert(source: Path, target: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """Convert and expect success."""
    run = wkflow("convert", *VOXEL_SIZE, *options, source, target)
    assert run.returncode == 0, run.stderr
    return run


def layers(dataset: Path) -> dict[str, dict[str, object]]:
    """Give the layers of a dataset's properties by name."""
    document = json.loads((dataset / PROPERTIES).read_text())
    return {layer["name"]: layer for layer in document["dataLayers"]}


def test_the_first_command_converts_a_sample(tmp_path: Path) -> None:
    """`snakemake --cores all`, without any option, gives a dataset to look at."""
    run = snakemake("--cores", "all", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    found = layers(tmp_path / "sample" / "dataset")
    assert {name: layer["category"] for name, layer in found.items()} == {
        "color": "color",
        "segmentation": "segmentation",
    }
    assert found["segmentation"]["largestSegmentId"] == 60
    assert sorted(path.name for path in tmp_path.iterdir()) == [".snakemake", "sample"]


def test_a_multi_page_tiff_is_a_layer(tmp_path: Path) -> None:
    """Its pages are the slices; it is named after the file."""
    volume = noise(40, 50, 60, dtype="uint16")
    tifffile.imwrite(tmp_path / "em.tif", volume, photometric="minisblack", compression="zlib")
    convert(tmp_path / "em.tif", tmp_path / "out")
    np.testing.assert_array_equal(voxels(tmp_path / "out", "em"), volume)


def test_rgb_is_one_layer_of_three_channels(tmp_path: Path) -> None:
    """WEBKNOSSOS calls it uint24; every mag keeps the channels."""
    volume = noise(3, 40, 50, 3)
    (tmp_path / "rgb").mkdir()
    for z, plane in enumerate(volume):
        iio.imwrite(tmp_path / "rgb" / f"{z}.png", plane)
    convert(tmp_path / "rgb", tmp_path / "out")
    np.testing.assert_array_equal(voxels(tmp_path / "out", "rgb"), volume)
    assert voxels(tmp_path / "out", "rgb", "2-2-1").shape == (3, 20, 25, 3)
    assert layers(tmp_path / "out")["rgb"]["elementClass"] == "uint24"


@pytest.mark.parametrize("suffix", ["png", "bmp", "jpg"])
def test_slices_may_be_of_any_readable_format(tmp_path: Path, suffix: str) -> None:
    """What Pillow reads of a file is what the dataset holds."""
    source = tmp_path / "stack"
    source.mkdir()
    for z, plane in enumerate(noise(2, 33, 47)):
        iio.imwrite(source / f"{z}.{suffix}", plane)
    expected = np.stack([iio.imread(source / f"{z}.{suffix}") for z in range(2)])
    convert(source, tmp_path / "out", "--category", "color")
    np.testing.assert_array_equal(voxels(tmp_path / "out", "stack"), expected)


def test_layers_may_be_named_and_judged(tmp_path: Path) -> None:
    """--layer-name is the name of one layer and the prefix of several."""
    for name in ("raw", "labels"):
        write_stack(tmp_path / "source" / name, noise(2, 20, 20))
    convert(tmp_path / "source", tmp_path / "out", "--layer-name", "my")
    categories = {name: layer["category"] for name, layer in layers(tmp_path / "out").items()}
    assert categories == {"my_raw": "color", "my_labels": "segmentation"}


def test_large_labels_are_exact(tmp_path: Path) -> None:
    """The largest id is exact, up to the last bit of uint64."""
    labels = np.zeros((2, 20, 20), "uint64")
    labels[1, 3, 4] = 2**64 - 1
    convert(write_stack(tmp_path / "labels", labels), tmp_path / "out")
    largest = layers(tmp_path / "out")["labels"]["largestSegmentId"]
    assert largest == {"customJsonEncoding": "bigint", "value": str(2**64 - 1)}
    np.testing.assert_array_equal(voxels(tmp_path / "out", "labels"), labels)


def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path) -> None:
    """Exit 6; with more room the same command ends."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", TMPFS, "tmpfs", str(disk)]
    if os.name != "posix" or os.geteuid() or subprocess.run(mount, check=False).returncode:
        pytest.skip("only root can mount a small disk")
    try:
        source = write_stack(tmp_path / "stack", noise(40, 300, 300))
        run = wkflow("convert", *VOXEL_SIZE, "--no-downsample", source, disk / "out")
        assert run.returncode == 6, run.stderr
        assert "full" in lines(run)[0]
        assert not (disk / "out" / PROPERTIES).exists()
        subprocess.run(["mount", "-o", "remount,size=30m", str(disk)], check=True)
        convert(source, disk / "out", "--no-downsample")
        np.testing.assert_array_equal(voxels(disk / "out", "stack"), noise(40, 300, 300))
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_disk_that_is_too_small_is_told_before_the_start(tmp_path: Path) -> None:
    """The plan knows what the dataset will need."""
    source = tmp_path / "stack"
    source.mkdir()
    sparse = tifffile.memmap(source / "0.tif", shape=(30_000, 30_000), dtype="uint8")
    del sparse
    for z in range(1, 30_000):
        os.link(source / "0.tif", source / f"{z}.tif")
    options = ("--category", "color", "--memory", "1000G")
    run = wkflow("convert", *VOXEL_SIZE, *options, source, tmp_path / "out")
    assert run.returncode == 6, run.stderr
    assert "are free" in lines(run)[0]
    assert not (tmp_path / "out").exists()


def test_a_workflow_may_include_ours(tmp_path: Path) -> None:
    """As a module with a prefix: what config/README.md says, done."""
    write_stack(tmp_path / "stack", noise(3, 20, 20))
    options = {
        "source": str(tmp_path / "stack"),
        "target": str(tmp_path / "out"),
        "voxel_size": [1, 1, 1],
        "work_dir": str(tmp_path / "wkflow-run"),
    }
    (tmp_path / "Snakefile").write_text(
        f"""
module wkflow:
    snakefile: {str(ROOT / "Snakefile")!r}
    config: {options!r}
    prefix: "wkflow-run"

use rule * from wkflow as wkflow_*

rule mine:
    default_target: True
    input: rules.wkflow_all.input
    output: "mine.txt"
    shell: "touch {{output}}"
"""
    )
    for _ in range(2):
        run = snakemake("--snakefile", "Snakefile", "--cores", "2", cwd=tmp_path)
        assert run.returncode == 0, run.stderr
    assert "Nothing to be done" in run.stderr
    assert (tmp_path / "mine.txt").exists()
    np.testing.assert_array_equal(voxels(tmp_path / "out", "stack"), noise(3, 20, 20))


def digest(stack: NDArray[np.generic]) -> str:
    """Give the digest as the table of test files does."""
    return hashlib.sha256(np.ascontiguousarray(stack).tobytes()).hexdigest()


def shared(name: str) -> Path:
    """Find a test file that nobody in this project wrote, or skip."""
    if not (SHARED / name).exists():
        pytest.skip(f"{SHARED / name} is not there")
    return SHARED / name


SEQUENCES = {
    "tiff_em": ("tiff_em", "e3e798d1a8d38855", ()),
    "png_T76": ("png_T76", "e7cf3d5132fd6c6b", ()),
    "multi_layer": ("color", "f44dc22cd07b1061", ("--missing-slices", "close")),
    "different_shapes": ("different_shapes", "e66261c6abf38144", ("--on-mismatch", "pad")),
}


@pytest.mark.testdata
@pytest.mark.parametrize("name", SEQUENCES)
def test_real_sequences_convert_to_their_digest(tmp_path: Path, name: str) -> None:
    """Whole runs on files that nobody in this project wrote."""
    layer, expected, options = SEQUENCES[name]
    convert(shared(f"sequences/{name}"), tmp_path / "out", *options)
    assert digest(voxels(tmp_path / "out", layer)).startswith(expected)


BROKEN = (
    "seq_one_truncated",
    "seq_mixed_dtype",
    "seq_mixed_channels",
    "truncated_stack_uint16.tif",
    "truncated.png",
    "truncated.jpg",
    "truncated.bmp",
    "empty.tif",
    "bad_crc.png",
)


@pytest.mark.testdata
@pytest.mark.parametrize("name", BROKEN)
def test_real_broken_files_leave_nothing_that_looks_finished(tmp_path: Path, name: str) -> None:
    """Exit 3 and a name; no dataset."""
    source = shared(f"broken/{name}")
    run = wkflow("convert", *VOXEL_SIZE, source, tmp_path / "out")
    assert run.returncode == 3, run.stderr
    told = "\n".join(lines(run))
    assert any(file.name in told for file in ([source] if source.is_file() else source.iterdir()))
    assert not (tmp_path / "out" / PROPERTIES).exists()


@pytest.mark.testdata
@pytest.mark.parametrize(("name", "count"), [("seq_with_gap", 5), ("seq_with_junk", 3)])
def test_real_odd_folders_convert(tmp_path: Path, name: str, count: int) -> None:
    """A gap stays blank, junk is skipped."""
    convert(shared(f"broken/{name}"), tmp_path / "out")
    assert voxels(tmp_path / "out", name).shape[0] == count


def test_the_yaml_of_the_cli_converts_by_itself(tmp_path: Path) -> None:
    """The run folder's config.yaml is all that a colleague needs."""
    source = write_stack(tmp_path / "stack", noise(2, 20, 20))
    convert(source, tmp_path / "out", "--max-mag", "2")
    config = tmp_path / "out.wkflow" / "config.yaml"
    assert yaml.safe_load(config.read_text())["max_mag"] == "2"
    shutil.copy(config, tmp_path / "again.yaml")
    run = snakemake("--configfile", "again.yaml", "--cores", "1", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "Nothing to be done" in run.stderr


def test_a_pattern_makes_layers_and_times_of_folders(tmp_path: Path) -> None:
    """From the command to the additional axis that WEBKNOSSOS shows."""
    series = {name: np.stack([noise(3, 8, 9, seed=s + t) for t in range(2)])
              for s, name in enumerate(("dapi", "gfp"))}  # fmt: skip
    for name, volumes in series.items():
        for t, volume in enumerate(volumes):
            write_stack(tmp_path / "em" / name / f"t{t}", volume)
    pattern = "{channel}/t{t}/slice_{z}.tif"
    run = convert(tmp_path / "em", tmp_path / "out", "--pattern", pattern, "--category", "color")
    assert f"names read as {pattern}: 2 channels, 2 times, 3 numbers of slices" in run.stderr
    for name, volumes in series.items():
        stored = zarr.open_array(tmp_path / "out" / f"em_{name}" / "1", mode="r")
        np.testing.assert_array_equal(stored[:, 0], volumes.transpose(0, 3, 2, 1))
    for described in layers(tmp_path / "out").values():
        (axis,) = cast("list[dict[str, object]]", described["additionalAxes"])
        assert (axis["name"], axis["bounds"]) == ("t", [0, 2])
