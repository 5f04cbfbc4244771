"""Whole runs with a window: voxels against fractions, resume, and what is redone."""

import json
import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from tests.runs import (
    VOXEL_SIZE,
    damage_state,
    noise,
    shard_bytes,
    snakemake,
    voxels,
    wkflow,
    write_stack,
)
from tests.test_downsample_resume import killing

pytestmark = pytest.mark.long(but=["test_a_window_is_chosen_and_told", "[window upside down]"])

AUTO = ("--window", "auto", "--dtype", "uint8", "--category", "color")
SLABS = ("--job-size", "1")


def convert(source: Path, target: Path, *options: str, **variables: str) -> str:
    """Convert and expect success; give what was said."""
    run = wkflow("convert", *VOXEL_SIZE, *options, source, target, **variables)
    assert run.returncode == 0, run.stderr
    return run.stderr


def mapped(
    volume: NDArray[np.generic], *, invert: bool = False
) -> tuple[NDArray[np.uint8], tuple[float, float]]:
    """Map a volume by its own percentiles, value by value; give the window, too."""
    ordered = np.sort(volume, axis=None)
    beyond = ordered.size // 1000
    low, high = ordered[beyond].item(), ordered[-1 - beyond].item()
    wide = Fraction(high) - Fraction(low)
    table = {
        value: min(max(round((Fraction(value) - Fraction(low)) * 255 / wide), 0), 255)
        for value in np.unique(volume).tolist()
    }
    found = np.vectorize(table.__getitem__, otypes=[np.uint8])(volume)
    return 255 - found if invert else found, (low, high)


def report_of(target: Path) -> dict[str, object]:
    """Read what report.json says of the only layer's values, with the notes."""
    report = json.loads((target.with_name(f"{target.name}.wkflow") / "report.json").read_text())
    return {"notes": report["notes"], **report["layers"][0]["values"]}


def test_a_window_is_chosen_and_told(tmp_path: Path) -> None:
    """By all voxels of the layer, in two passes for floats; a second run has nothing to do."""
    volume = np.random.default_rng(2).normal(0.5, 0.1, (70, 30, 41)).astype("float32")
    source, target = write_stack(tmp_path / "em", volume), tmp_path / "out"
    convert(source, target, *AUTO, *SLABS, "--invert")
    expected, window = mapped(volume, invert=True)
    assert np.array_equal(voxels(target, "em"), expected)
    told, beyond = report_of(target), volume.size // 1000
    assert told["window"] == list(window)
    assert (told["clipped_below"], told["clipped_above"]) == (beyond, beyond)
    assert f"{beyond} (0.1 %) below and {beyond} (0.1 %) above were clipped" in str(told["notes"])
    assert "became 255 to 0" in (tmp_path / "out.wkflow/report.html").read_text()
    assert "nothing to do" in convert(source, target, *AUTO, *SLABS, "--invert")
    run = wkflow("convert", *VOXEL_SIZE, *AUTO, "--dry-run", source, tmp_path / "other")
    assert "percentiles of all values, when they are read, become 0 to 255" in run.stdout


def test_a_replaced_slice_makes_the_window_of_a_whole_run(tmp_path: Path) -> None:
    """It counts its slab alone, and all are mapped anew."""
    volume = noise(70, 20, 30, dtype="uint16")
    source, target = write_stack(tmp_path / "em", volume), tmp_path / "out"
    convert(source, target, *AUTO, *SLABS)
    counts = tmp_path / "out.wkflow/counts/em/0"
    before = {path: path.stat().st_mtime_ns for path in counts.iterdir()}
    volume[40] = 60000 + volume[40] % 5000
    tifffile.imwrite(source / "slice_40.tif", volume[40])
    convert(source, target, *AUTO, *SLABS)
    after = {path: path.stat().st_mtime_ns for path in counts.iterdir()}
    assert [path.stem for path in after if after[path] != before[path]] == ["z000000032"]
    convert(source, tmp_path / "other", *AUTO, *SLABS)
    assert shard_bytes(target) == {
        name: content.replace(b'"other"', b'"out"')
        for name, content in shard_bytes(tmp_path / "other").items()
    }
    assert np.array_equal(voxels(target, "em"), mapped(volume)[0])


MOMENTS = {
    "counts are written": "os.rename z000000032.npz 1",
    "the receipt of counts is written": "os.rename .z000000032.json. 1",
    "the window is written": "os.rename .1.json. 1",
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_run_goes_on(tmp_path: Path, moment: str) -> None:
    """At each moment of choosing; to the voxels of a run that nobody killed."""
    volume = np.random.default_rng(4).normal(0, 9, (40, 20, 30)).astype("float32")
    source, target = write_stack(tmp_path / "em", volume), tmp_path / "out"
    variables = killing(tmp_path / "hook", MOMENTS[moment])
    run = wkflow("convert", *VOXEL_SIZE, *AUTO, *SLABS, source, target, **variables)
    assert run.returncode != 0
    convert(source, target, *AUTO, *SLABS)
    assert np.array_equal(voxels(target, "em"), mapped(volume)[0])


@pytest.mark.parametrize("turn", range(4))
def test_a_damaged_run_folder_is_mended(tmp_path: Path, turn: int) -> None:
    """All that is known of the window may be gone or garbage; nothing of it is believed."""
    volume = noise(40, 20, 30, dtype="int16")
    source, target = write_stack(tmp_path / "em", volume), tmp_path / "out"
    convert(source, target, *AUTO, *SLABS)
    before = shard_bytes(target)
    damage_state(tmp_path / "out.wkflow", turn)
    convert(source, target, *AUTO, *SLABS)
    assert shard_bytes(target) == before


def test_lost_counts_are_made_anew(tmp_path: Path) -> None:
    """Snakemake sees that they are gone."""
    volume = noise(40, 20, 30, dtype="uint16")
    source, target = write_stack(tmp_path / "em", volume), tmp_path / "out"
    convert(source, target, *AUTO, *SLABS)
    shutil.rmtree(tmp_path / "out.wkflow/counts")
    convert(source, target, *AUTO, *SLABS)
    assert np.array_equal(voxels(target, "em"), mapped(volume)[0])


def test_padding_stays_black_where_images_are_inverted(tmp_path: Path) -> None:
    """Smaller slices are filled with what becomes 0, and it is counted nowhere."""
    source = tmp_path / "em"
    source.mkdir()
    small, large = noise(10, 12) % 100 + 100, noise(20, 30) % 100 + 100
    for z, plane in enumerate([large, small, large]):
        Image.fromarray(plane.astype("uint8")).save(source / f"{z}.png")
    options = ("--on-mismatch", "pad", "--category", "color", "--invert")
    for target, more in (("plain", ()), ("window", ("--window", "100,199"))):
        convert(source, tmp_path / target, *options, *more)
        found = voxels(tmp_path / target, "em")
        assert found[1, 10:].max() == found[1, :, 12:].max() == 0
        top, low = (255, 0) if target == "plain" else (255, 100)
        scale = 1 if target == "plain" else Fraction(255, 99)
        corner = [[top - round((int(v) - low) * scale) for v in row] for row in small]
        assert found[1, :10, :12].tolist() == corner
    assert (report_of(tmp_path / "window")["clipped_below"]) == 0


def test_rgb_has_one_window_and_channels_one_each(tmp_path: Path) -> None:
    """Three samples of a colour are one layer; channels are layers."""
    (tmp_path / "rgb").mkdir()
    rgb = noise(1, 20, 30, 3) // 4 + 50
    for z in range(3):
        tifffile.imwrite(tmp_path / f"rgb/{z}.tif", rgb[0], photometric="rgb")
    convert(tmp_path / "rgb", tmp_path / "out", *AUTO)
    expected, _ = mapped(np.broadcast_to(rgb, (3, 20, 30, 3)))
    assert np.array_equal(voxels(tmp_path / "out", "rgb"), expected)
    channels = np.stack([noise(40, 50, dtype="uint16", seed=s) // (s + 1) for s in range(3)])
    tifffile.imwrite(tmp_path / "many.ome.tif", channels, metadata={"axes": "CYX"})
    convert(tmp_path / "many.ome.tif", tmp_path / "set", *AUTO)
    layers = sorted(path.parent for path in (tmp_path / "set").glob("*/1"))
    assert len(layers) == 3
    for layer, channel in zip(layers, channels, strict=True):
        assert np.array_equal(voxels(tmp_path / "set", layer.name)[0], mapped(channel)[0])


def test_a_dataset_of_arrays_is_mapped_as_images_are(tmp_path: Path) -> None:
    """Zarr as a source: WEBKNOSSOS datasets, as they are read alike."""
    volume = noise(20, 30, 40, dtype="int16")
    convert(write_stack(tmp_path / "em", volume), tmp_path / "first", "--category", "color")
    window = ("--window", "-1000,3000", "--dtype", "uint16")
    convert(tmp_path / "first", tmp_path / "second", *window)
    table = [
        min(max(round(Fraction((v + 1000) * 65535, 4000)), 0), 65535)
        for v in volume.ravel().tolist()
    ]
    assert voxels(tmp_path / "second", "em").ravel().tolist() == table


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (("--window", "9,3"), 2, "LOW below HIGH"),
        (("--window", "0,9", "--category", "segmentation"), 2, "names of segments"),
        (("--window", "300,400"), 3, "none of it lies within the window"),
        (("--window", "0,9", "--dtype", "float32"), 2, "uint8 or uint16"),
    ],
    ids=["window upside down", "labels", "a window beyond", "floats"],
)
def test_bad_windows_are_refused(
    tmp_path: Path, options: tuple[str, ...], status: int, words: str
) -> None:
    """In a few lines, before anything is written."""
    source = write_stack(tmp_path / "em", noise(30, 40, 50))
    run = wkflow("convert", *VOXEL_SIZE, *options, source, tmp_path / "out")
    assert run.returncode == status
    assert words in run.stderr
    assert len(run.stderr.splitlines()) <= 5
    assert not (tmp_path / "out").exists()


def test_plain_snakemake_and_sheets_take_the_same_options(tmp_path: Path) -> None:
    """A list in YAML, a cell in a sheet."""
    volume = noise(40, 20, 30, dtype="int16")
    source = write_stack(tmp_path / "em", volume)
    convert(
        source, tmp_path / "out", "--window=-500,900", "--dtype", "uint8", "--category", "color"
    )
    options = {
        "source": str(source), "target": str(tmp_path / "yaml"), "voxel_size": [11.24, 11.24, 25],
        "window": [-500, 900], "dtype": "uint8", "category": "color",
    }  # fmt: skip
    (tmp_path / "my.yaml").write_text(json.dumps(options))
    run = snakemake("--cores", "2", "--configfile", tmp_path / "my.yaml", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    (tmp_path / "sheet.csv").write_text(
        "source,target,voxel_size,window,dtype,category\n"
        f'{source},{tmp_path / "row"},"11.24,11.24,25","-500,900",uint8,color\n'
    )
    run = wkflow("batch", tmp_path / "sheet.csv", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    for target in ("yaml", "row"):
        assert np.array_equal(voxels(tmp_path / target, "em"), voxels(tmp_path / "out", "em"))
