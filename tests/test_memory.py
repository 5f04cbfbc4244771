"""The memory budget holds for any source: large slices, deep shards, whatever the format.

Slices are hard links to one mostly empty file, so that neither disk nor processor is the matter.
"""

import os
import sys
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from wkflow.model.write_datasource import PROPERTIES

from tests.benchmarks.watch import proportional, watch
from tests.runs import VOXEL_SIZE, environment, voxels, wkflow

MIB = 2**20
BUDGET_MIB = 512
ENGINE_MIB = 256
"""Snakemake itself, and the command line above it."""

pytestmark = [
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="memory is read from /proc"),
    pytest.mark.long(but=["test_what_cannot_fit_is_told"]),
]


def slices(folder: Path, first: Path, count: int) -> Path:
    """Give one file many names."""
    for z in range(count):
        os.link(first, folder / f"slice_{z:05d}{first.suffix}")
    first.unlink()
    return folder


def plane(edge: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    """Make a dark slice with a bright square at its end."""
    voxels = np.zeros((edge, edge), np.uint8)
    voxels[-40:, -30:] = 200
    return voxels


def png(folder: Path, edge: int, count: int) -> Path:
    folder.mkdir()
    (folder / "first.png").write_bytes(imagecodecs.png_encode(plane(edge), level=1))
    return slices(folder, folder / "first.png", count)


def tiled(folder: Path, edge: int, count: int) -> Path:
    folder.mkdir()
    tile = {"tile": (256, 256), "compression": "zlib"}
    tifffile.imwrite(folder / "first.tif", plane(edge), **tile)  # type: ignore[arg-type]
    return slices(folder, folder / "first.tif", count)


def sparse(folder: Path, edge: int, count: int) -> Path:
    folder.mkdir()
    tifffile.imwrite(folder / "first.tif", shape=(edge, edge), dtype="uint8")
    return slices(folder, folder / "first.tif", count)


@pytest.mark.parametrize(
    ("make", "edge", "count", "shard", "way"),
    [
        (sparse, 12_000, 32, "4096,4096,32", "rows"),
        (tiled, 8_000, 32, "4096,4096,32", "bands of"),
        (png, 6_000, 32, "4096,4096,32", "scratch files"),
        (png, 1_024, 1_024, "1024,1024,1024", "bands of 1024 rows"),
    ],
    ids=["uncompressed", "tiles", "png", "deep"],
)
def test_the_memory_budget_holds(
    tmp_path: Path, make: object, edge: int, count: int, shard: str, way: str
) -> None:
    """Slices and shards far larger than the budget; the dry run says how they are read."""
    source = make(tmp_path / "em", edge, count)  # type: ignore[operator]
    options = (*VOXEL_SIZE, "--memory", f"{BUDGET_MIB}M", "--shard-shape", shard, "--max-mag", "2")
    shown = wkflow("convert", *options, "--dry-run", source, tmp_path / "out")
    assert way in shown.stdout, shown.stdout + shown.stderr
    command = [sys.executable, "-m", "wkflow.cli.main", "convert", *options, str(source)]
    run = watch([*command, str(tmp_path / "out")], reading=proportional, environment=environment())
    assert (tmp_path / "out" / PROPERTIES).exists(), run.output
    assert run.peak < (BUDGET_MIB + ENGINE_MIB) * MIB
    if make is not sparse:
        end = voxels(tmp_path / "out", "em", "1")[-1, -50:, -50:]
        np.testing.assert_array_equal(end, plane(edge)[-50:, -50:])


def test_what_cannot_fit_is_told(tmp_path: Path) -> None:
    """One slice that is larger than the budget: exit 6, and how to go on."""
    source = png(tmp_path / "em", 14_000, 2)
    run = wkflow("convert", *VOXEL_SIZE, "--memory", "256M", source, tmp_path / "out")
    assert run.returncode == 6
    assert "--memory" in run.stderr
