"""Slices become voxels: read back by zarr-python, they are the images."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr
from numpy.testing import assert_array_equal
from wkflow.errors import SourceError
from wkflow.formats.mag_writer import MagVoxels
from wkflow.model.codec import Codec
from wkflow.model.data_formats import DATA_FORMATS
from wkflow.model.layer import Layer, lay_grid
from wkflow.model.mag import Mag
from wkflow.model.plan import LayerPlan, Plan
from wkflow.model.read_strategy import ReadStrategy
from wkflow.model.receipt import Receipt
from wkflow.model.source import Source
from wkflow.model.write_datasource import PROPERTIES
from wkflow.steps.convert_slab import convert_slab
from wkflow.steps.create_layer import create_layer
from wkflow.voxels.histogram import Histogram

from tests.steps.arrays import ArrayImage, noise, opener
from tests.steps.stacks import Volume, grains, laid_out, plan_of, write_pngs, write_tiffs
from tests.strategies import dataset_plan


def convert(plan: Plan, *, threads: int = 2) -> list[Receipt]:
    """Convert all slabs of the first layer."""
    return [convert_one(plan, str(slab), threads=threads) for slab in plan.layers[0].slabs()]


def convert_one(
    plan: Plan, slab: str, *, threads: int = 2, tick: Callable[[int], None] = lambda _: None
) -> Receipt:
    """Convert one slab; scratch files go beside the dataset."""
    scratch = Path(plan.dataset).with_name("scratch")
    name = plan.layers[0].layer.name
    return convert_slab(plan, name, slab, threads=threads, tick=tick, scratch=scratch)


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


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
@pytest.mark.parametrize("kind", ["rows", "bands", "scratch"])
def test_voxels_are_counted_while_they_pass(tmp_path: Path, dtype: str, kind: str) -> None:
    """Each once, in whatever bands it comes; slabs add up, also when a slice was replaced."""
    volume = grains(dtype=dtype)
    source = write_tiffs(tmp_path / "em", volume)
    plan = laid_out(source, job_size=10_000)
    plan = replace(plan, layers=(replace(plan.layers[0], feed=ReadStrategy(kind, 8, 16, 2)),))
    slabs = list(map(str, plan.layers[0].slabs()))
    receipts = {slab: counting(plan, slab, tmp_path) for slab in slabs}
    volume[3, 8] = 77
    tifffile.imwrite(source / "slice_3.tif", volume[3])
    receipts[slabs[0]] = counting(plan, slabs[0], tmp_path)
    found = Histogram(dtype)
    for slab, receipt in receipts.items():
        part = Histogram.read(tmp_path / f"{slab}.npz", dtype, receipt.histogram)
        assert part
        found.add(part)
    expected = Histogram(dtype)
    expected.include(volume[..., np.newaxis])
    assert_array_equal(found.counts, expected.counts, strict=True)
    assert min(receipt.lowest or 0 for receipt in receipts.values()) == volume.min()
    assert max(receipt.highest or 0 for receipt in receipts.values()) == volume.max()


def counting(plan: Plan, slab: str, folder: Path) -> Receipt:
    """Convert one slab, with its histogram."""
    return convert_slab(
        plan,
        "em",
        slab,
        threads=2,
        tick=lambda _: None,
        scratch=folder / "scratch",
        histogram=folder / f"{slab}.npz",
    )


@pytest.mark.parametrize("kind", ["rows", "bands", "scratch"])
@pytest.mark.parametrize(("choice", "stands"), [("keep", None), ("previous", 6)])
def test_missing_slices_keep_their_places(
    tmp_path: Path, kind: str, choice: str, stands: int | None
) -> None:
    """Blank, or as the slice before them, in whatever way voxels come into memory."""
    volume = grains()
    source = write_tiffs(tmp_path / "em", volume)
    for z in (7, 8, 9, 15):
        (source / f"slice_{z}.tif").unlink()
        volume[z] = 0 if stands is None else volume[z - 1 if z == 15 else stands]
    plan = laid_out(source, missing_slices=choice, job_size=10_000)
    (one,) = plan.layers
    convert(replace(plan, layers=(replace(one, feed=ReadStrategy(kind, 8, 16, 2)),)))
    assert_array_equal(written(plan), volume[np.newaxis], strict=True)
    assert one.source.missing == "7 to 9, 15"


@pytest.mark.parametrize("kind", ["rows", "bands", "scratch"])
@pytest.mark.parametrize("job_size", [2**30, 1])
def test_times_of_names_are_frames(tmp_path: Path, kind: str, job_size: int) -> None:
    """Each slice in its own, also where a slab holds several; a missing one is blank."""
    series = np.stack([grains() + t for t in range(3)])
    (tmp_path / "em").mkdir()
    for t, z in np.ndindex(3, 20):
        if (t, z) == (1, 9):
            series[t, z] = 0
        else:
            tifffile.imwrite(tmp_path / "em" / f"t{t}_z{z}.tif", series[t, z])
    plan = laid_out(tmp_path / "em", job_size=job_size)
    (one,) = plan.layers
    plan = replace(plan, layers=(replace(one, feed=ReadStrategy(kind, 8, 16, 2)),))
    convert(plan)
    stored = np.asarray(zarr.open_array(Path(plan.dataset, "em", "1"), mode="r")[...])
    assert_array_equal(stored, series.transpose(0, 3, 2, 1)[:, np.newaxis], strict=True)
    assert one.source.missing == "9 at t 1"


def test_a_slice_of_one_time_changes_its_slab(tmp_path: Path) -> None:
    """And no other: the files of a slab are those of its times and places."""
    (tmp_path / "em").mkdir()
    for t, z in np.ndindex(3, 20):
        tifffile.imwrite(tmp_path / "em" / f"t{t}_z{z}.tif", grains(1)[0])
    (one,) = plan_of(tmp_path / "em", job_size=1).layers
    (tmp_path / "em" / "t1_z9.tif").unlink()
    (other,) = plan_of(tmp_path / "em", job_size=1).layers
    assert one.slabs() == other.slabs()
    changed = [
        str(slab) for slab in one.slabs() if one.slab_recipe(slab) != other.slab_recipe(slab)
    ]
    assert changed == ["t000001z000000008"]


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


def test_progress_is_told_row_by_row(tmp_path: Path) -> None:
    """All ticks together are all voxels."""
    plan = laid_out(write_tiffs(tmp_path / "em", grains()))
    ticks: list[int] = []
    convert_one(plan, "z000000000", tick=ticks.append)
    rows = [8, 8, 8, 8, 5]
    assert ticks == [45 * high * deep for deep in (8, 8, 4) for high in rows]


def test_a_changing_dataset_does_not_look_finished(tmp_path: Path) -> None:
    """Its properties are gone before the first voxel is replaced."""
    plan = laid_out(write_tiffs(tmp_path / "em", grains()))
    (tmp_path / "target" / PROPERTIES).touch()
    convert(plan)
    assert not (tmp_path / "target" / PROPERTIES).exists()


def test_a_bad_source_leaves_a_published_dataset(tmp_path: Path) -> None:
    """Properties and every file: no voxel was changed."""
    source = write_tiffs(tmp_path / "em", grains(8))
    plan = laid_out(source)
    convert(plan)
    (tmp_path / "target" / PROPERTIES).touch()
    before = shards(tmp_path / "target")
    (source / "slice_7.tif").write_bytes(b"no image")
    with pytest.raises(SourceError):
        convert(plan)
    assert shards(tmp_path / "target") == before


def shards(dataset: Path) -> dict[Path, bytes]:
    """Read all files."""
    return {path: path.read_bytes() for path in dataset.rglob("*") if path.is_file()}


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


FEEDS = [ReadStrategy(kind, 8, rows, buffers) for kind in ("rows", "bands", "scratch")
         for rows, buffers in ((16, 1), (37, 2))]  # fmt: skip


@pytest.mark.parametrize("feed", FEEDS, ids=str)
def test_no_feed_changes_a_byte(tmp_path: Path, feed: ReadStrategy) -> None:
    """However little memory there is."""
    source = write_tiffs(tmp_path / "em", grains())
    reference = laid_out(source, target=tmp_path / "one")
    plan = laid_out(source, target=tmp_path / "two")
    other = replace(plan, layers=(replace(plan.layers[0], feed=feed),))
    files = [sorted(f for r in convert(each) for f in _named(r)) for each in (reference, other)]
    assert files[0] == files[1]


def test_another_dtype_holds_the_same_values(tmp_path: Path) -> None:
    """Rounded; what does not fit is refused with the values."""
    volume = grains(dtype="float32") + np.float32(0.25)
    source = write_tiffs(tmp_path / "em", volume)
    plan = laid_out(source, dtype="uint8")
    receipt = convert(plan)[0]
    assert_array_equal(written(plan), np.rint(volume).astype("uint8")[np.newaxis], strict=True)
    assert (receipt.lowest, receipt.highest) == (1, 249)
    tifffile.imwrite(source / "slice_3.tif", volume[3] + 300)
    with pytest.raises(SourceError, match="do not all fit into uint8"):
        convert(plan)


def test_channels_that_were_chosen_are_layers(tmp_path: Path) -> None:
    """Each with its own samples."""
    volume = np.random.default_rng(2).integers(1, 256, (9, 37, 45, 3), np.uint8)
    plan = laid_out(write_pngs(tmp_path / "em", volume), channels="2,0")
    assert [one.layer.name for one in plan.layers] == ["em__channel2", "em__channel0"]
    for one, sample in zip(plan.layers, (2, 0), strict=True):
        single = replace(plan, layers=(one,))
        convert(single)
        assert_array_equal(written(single), volume[np.newaxis, ..., sample], strict=True)


def test_each_frame_has_shards_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of the axes, the last one fastest; slabs hold several where they are small."""
    array = noise(6, 2, 10, 21, 19, 1, dtype="uint16")
    image = ArrayImage(array, (19, 21, 1))
    header = image.probe.header
    layer = Layer("em", "color", "uint16", 2, header.size, header.axes)
    grid = lay_grid(layer, Mag(1, 1, 1), chunk=(8, 8, 8), shard=(16, 16, 8))
    feed = ReadStrategy("bands", 8, 21, 2)
    source = Source(("/em.tif",), ((1, 1),), header, (19, 21, 1), (0, 1))
    one = LayerPlan(layer, source, (grid,), 8, "median", "zstd:3", pad=False,
                    job_bytes=2 * 10 * 21 * 19 * 4, evidence="as said", feed=feed)  # fmt: skip
    plan = dataset_plan(one, dataset=str(tmp_path / "target"))
    monkeypatch.setattr("wkflow.voxels.layer_reader.open_images", opener({"/em.tif": image}))
    create_layer(plan, "em")
    receipts = convert(plan)
    assert len(receipts) == 3
    assert sum(receipt.voxels for receipt in receipts) == 6 * 10 * 21 * 19
    assert sum(len(receipt.files) for receipt in receipts) == plan.file_count == 6 * 2 * 2 * 2
    stored = np.asarray(zarr.open_array(tmp_path / "target" / "em" / "1", mode="r")[...])
    expected = array[..., 0].reshape(3, 2, 2, 10, 21, 19).transpose(0, 1, 2, 5, 4, 3)
    assert_array_equal(stored, expected, strict=True)


@pytest.mark.parametrize("data_format", sorted(DATA_FORMATS))
@pytest.mark.parametrize("kind", ["rows", "bands", "scratch"])
def test_every_format_holds_the_voxels(tmp_path: Path, data_format: str, kind: str) -> None:
    """Also where bands are flatter than its files; who else can read them is tested elsewhere."""
    volume = grains(40)
    source = write_tiffs(tmp_path / "em", volume)
    shard = 32 if data_format == "wkw" else None
    plan = laid_out(source, data_format=data_format, shard_shape=shard)
    one = replace(plan.layers[0], feed=ReadStrategy(kind, 8, 16, 2))
    plan = replace(plan, layers=(one,))
    convert(plan)
    codec = Codec.parse(one.codec, data_format)
    with MagVoxels(Path(plan.dataset), one.layer, one.grids[0], codec).reading() as read:
        stored = read(one.grids[0].box)
    assert_array_equal(stored, volume[..., np.newaxis].T, strict=True)
