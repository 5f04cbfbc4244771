"""Slices become voxels: read back by zarr-python, they are the images."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr
from numpy.testing import assert_array_equal
from wkflow.datasource import PROPERTIES
from wkflow.errors import SourceError
from wkflow.plan import Plan
from wkflow.receipt import Receipt
from wkflow.steps.convert_slab import convert_slab

from .stacks import Volume, grains, laid_out, write_pngs, write_tiffs


def convert(plan: Plan, *, threads: int = 2) -> list[Receipt]:
    """Convert all slabs of the first layer."""
    one = plan.layers[0]
    return [
        convert_slab(plan, one.layer.name, str(slab), threads=threads, tick=lambda _: None)
        for slab in one.slabs()
    ]


def written(plan: Plan) -> Volume:
    """Read mag 1 of the first layer as (c, z, y, x)."""
    array = zarr.open_array(Path(plan.dataset, plan.layers[0].layer.name, "1"), mode="r")
    return np.asarray(array[...]).transpose(0, 3, 2, 1)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "int16", "float32"])
def test_voxels_are_those_of_the_images(tmp_path: Path, dtype: str) -> None:
    """Slice by slice, in natural order, to the last row and column."""
    volume = grains(dtype=dtype)
    plan = laid_out(write_tiffs(tmp_path / "em", volume))
    convert(plan)
    assert_array_equal(written(plan), volume[np.newaxis], strict=True)


def test_colors_are_channels(tmp_path: Path) -> None:
    """Red first."""
    volume = np.random.default_rng(2).integers(0, 256, (9, 37, 45, 3), np.uint8)
    plan = laid_out(write_pngs(tmp_path / "em", volume))
    convert(plan)
    assert_array_equal(written(plan), np.moveaxis(volume, 3, 0), strict=True)


def test_pages_are_slices(tmp_path: Path) -> None:
    """Of one file for all slabs."""
    volume = grains()
    tifffile.imwrite(tmp_path / "em.tif", volume, photometric="minisblack")
    plan = laid_out(tmp_path / "em.tif", job_size=10_000)
    assert len(convert(plan)) > 1
    assert_array_equal(written(plan), volume[np.newaxis], strict=True)


@pytest.mark.parametrize(
    "options", [{"job_size": 10_000}, {"job_size": 10**8}, {"batch_size": 16}], ids=str
)
def test_the_cut_changes_no_byte(tmp_path: Path, options: dict[str, object]) -> None:
    """Slabs, batches and threads are about speed: files and sums are the same."""
    source = write_tiffs(tmp_path / "em", grains())
    reference = convert(laid_out(source, target=tmp_path / "one"), threads=1)
    other = convert(laid_out(source, target=tmp_path / "two", **options), threads=3)
    files = [sorted(f for r in receipts for f in _named(r)) for receipts in (reference, other)]
    assert files[0] == files[1]


def _named(receipt: Receipt) -> list[tuple[str, int, str]]:
    return [(file.path, file.bytes, file.crc32c) for file in receipt.files]


def test_a_receipt_says_what_was_written(tmp_path: Path) -> None:
    """Voxels, their extremes, and each file with its size."""
    volume = grains(dtype="int16")
    volume[3, 5, 7], volume[4, 0, 0] = -9, 3000
    plan = laid_out(write_tiffs(tmp_path / "em", volume))
    (receipt,) = convert(plan)
    assert (receipt.rule, receipt.voxels) == ("convert_slab", volume.size)
    assert (receipt.lowest, receipt.highest) == (-9, 3000)
    on_disk = {
        str(path.relative_to(plan.dataset)): path.stat().st_size
        for path in Path(plan.dataset).glob("em/1/c/0/*/*/*")
    }
    assert {file.path: file.bytes for file in receipt.files} == on_disk
    assert len(on_disk) == 3 * 3 * 3


def test_progress_is_told_shard_by_shard(tmp_path: Path) -> None:
    """All ticks together are all voxels."""
    plan = laid_out(write_tiffs(tmp_path / "em", grains()))
    ticks: list[int] = []
    convert_slab(plan, "em", "z000000000", threads=2, tick=ticks.append)
    assert len(ticks) == 27
    assert sum(ticks) == grains().size


def test_a_changing_dataset_does_not_look_finished(tmp_path: Path) -> None:
    """Its properties are gone before the first voxel is replaced."""
    plan = laid_out(write_tiffs(tmp_path / "em", grains()))
    (tmp_path / "target" / PROPERTIES).touch()
    convert(plan)
    assert not (tmp_path / "target" / PROPERTIES).exists()


def test_all_bad_slices_are_named_at_once(tmp_path: Path) -> None:
    """Of all batches of the slab, so that one look mends them all; no batch is half written."""
    source = write_tiffs(tmp_path / "em", grains())
    plan = laid_out(source)
    (source / "slice_3.tif").write_bytes(b"")
    tifffile.imwrite(source / "slice_12.tif", grains(1, 37, 44)[0])
    tifffile.imwrite(source / "slice_19.tif", grains(1, 37, 45, "uint16")[0])
    with pytest.raises(SourceError) as caught:
        convert(plan)
    assert caught.value.where == str(source)
    faults = caught.value.what.split("; ")
    assert [fault.split(":")[0] for fault in faults] == [
        "slice_3.tif",
        "slice_12.tif",
        "slice_19.tif",
    ]
    assert "44 x 37 uint8, expected 45 x 37 uint8" in faults[1]


def test_a_single_bad_slice_is_named_with_its_path(tmp_path: Path) -> None:
    """And with what is wrong with it."""
    source = write_tiffs(tmp_path / "em", grains())
    plan = laid_out(source)
    (source / "slice_13.tif").unlink()
    with pytest.raises(SourceError) as caught:
        convert(plan)
    assert caught.value.where == str(source / "slice_13.tif")


def test_small_slices_are_padded_with_zeros(tmp_path: Path) -> None:
    """At their right and lower borders, also where a buffer held another slice before."""
    volume = grains()
    source = write_tiffs(tmp_path / "em", volume)
    for z in (1, 9, 18):
        tifffile.imwrite(source / f"slice_{z}.tif", volume[z, :30, :20])
        volume[z, 30:] = 0
        volume[z, :, 20:] = 0
    plan = laid_out(source, on_mismatch="pad")
    convert(plan)
    assert_array_equal(written(plan), volume[np.newaxis], strict=True)


def test_padding_is_for_sizes_only(tmp_path: Path) -> None:
    """A slice of another dtype is still refused."""
    source = write_tiffs(tmp_path / "em", grains())
    plan = laid_out(source, on_mismatch="pad")
    tifffile.imwrite(source / "slice_5.tif", grains(1, 30, 30, "uint16")[0])
    with pytest.raises(SourceError, match="uint16"):
        convert(plan)
