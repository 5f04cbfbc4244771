"""Slices at hand: the same voxels, however they lie in their files."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from wkflow.box import Box
from wkflow.errors import SourceError
from wkflow.layer_plan import LayerPlan
from wkflow.plan import Plan
from wkflow.slab import Slab
from wkflow.steps import batch
from wkflow.steps.batch import batches

from .stacks import grains
from .stacks import plan_of as small_shards


def plan_of(source: Path, **options: object) -> Plan:
    """Draw a plan whose shards span all x, as those of most layers do."""
    return small_shards(source, **{"chunk_shape": 8, "shard_shape": "1024,1024,8"} | options)


def write(folder: Path, volume: NDArray[np.generic], *compressions: str | None) -> Path:
    """Write slices whose compressions alternate."""
    folder.mkdir()
    for z, plane in enumerate(volume):
        compression = compressions[z % len(compressions)]
        tifffile.imwrite(folder / f"{z:03d}.tif", plane, compression=compression)
    return folder


def read_all(plan: LayerPlan, slab: Slab) -> NDArray[np.generic]:
    """Read a slab row of chunks by row of chunks, as a shard is written."""
    width, height, _ = plan.layer.size
    out = np.zeros((slab.depth, height, width), plan.layer.dtype)
    with ThreadPoolExecutor(2) as pool:
        for part, region in batches(plan, slab, pool):
            for y in range(0, height, 32):
                box = Box((0, y, part.z_begin), (width, min(y + 32, height), part.z_end))
                low, high = part.z_begin - slab.z_begin, part.z_end - slab.z_begin
                out[low:high, y : y + 32] = region(box).T[..., 0]
    return out


@pytest.mark.parametrize("compressions", [(None,), ("zlib",), (None, "zlib"), ("zlib", None)])
def test_raw_and_compressed_slices_give_the_same(
    tmp_path: Path, compressions: tuple[str | None, ...]
) -> None:
    """Read in parts or decoded as a whole, mixed or not."""
    volume = grains(70, 45, 37).astype("uint16") * 3
    plan = plan_of(write(tmp_path / "em", volume, *compressions)).layers[0]
    np.testing.assert_array_equal(read_all(plan, Slab(0, 70)), volume)
    np.testing.assert_array_equal(read_all(plan, Slab(32, 64)), volume[32:64])


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_pages_of_one_file_are_slices(tmp_path: Path, compression: str | None) -> None:
    """A multi-page file stays open, whatever its compression."""
    volume = grains(40, 45, 37)
    tifffile.imwrite(tmp_path / "em.tif", volume, compression=compression,
                     photometric="minisblack")  # fmt: skip
    plan = plan_of(tmp_path / "em.tif").layers[0]
    np.testing.assert_array_equal(read_all(plan, Slab(0, 40)), volume)


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_all_bad_slices_of_a_slab_are_named(tmp_path: Path, compression: str | None) -> None:
    """Those of later batches too, read in parts or as a whole."""
    folder = write(tmp_path / "em", grains(70, 45, 37), compression)
    plan = plan_of(folder).layers[0]
    for z in (2, 40, 69):
        (folder / f"{z:03d}.tif").write_bytes(b"")
    with pytest.raises(SourceError) as raised:
        read_all(plan, Slab(0, 70))
    assert all(name in raised.value.what for name in ("002.tif", "040.tif", "069.tif"))


def test_large_batches_have_one_buffer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The voxels do not depend on how many batches are in memory."""
    volume = grains(70, 45, 37)
    plan = plan_of(write(tmp_path / "em", volume, "zlib")).layers[0]
    assert plan.buffers == 2
    monkeypatch.setattr("wkflow.layer_plan.AHEAD_BYTES", 1)
    assert plan.buffers == 1
    np.testing.assert_array_equal(read_all(plan, Slab(0, 70)), volume)


def test_few_files_are_open_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shard that is deeper than files may be open is decoded as a whole."""
    monkeypatch.setattr(batch, "OPEN_FILES_MAX", 16)
    volume = grains(40, 45, 37)
    plan = plan_of(write(tmp_path / "em", volume, None)).layers[0]
    np.testing.assert_array_equal(read_all(plan, Slab(0, 40)), volume)


def test_a_padded_stack_is_decoded_as_a_whole(tmp_path: Path) -> None:
    """A smaller slice has fewer rows than the layer."""
    folder = write(tmp_path / "em", grains(3, 45, 37), None)
    plan = replace(plan_of(folder).layers[0], pad=True)
    tifffile.imwrite(folder / "001.tif", np.ones((20, 10), "uint8"))
    voxels = read_all(plan, Slab(0, 3))
    assert voxels[1].sum() == voxels[1, :20, :10].sum() == 200
