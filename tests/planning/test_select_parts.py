"""A part of a source is the same part of the dataset, and nothing else of the source is read."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr
from numpy.testing import assert_array_equal
from wkflow.errors import ConfigError, SourceError
from wkflow.model.box import Box
from wkflow.model.plan import LayerPlan, Plan
from wkflow.model.selection import Selection
from wkflow.model.source import Header, Source
from wkflow.planning.select_parts import selected
from wkflow.steps.convert_slab import convert_slab
from wkflow.steps.create_layer import create_layer

from tests.planning.test_place_layers import carried_out, stored, write_dataset
from tests.steps.stacks import grains, plan_of, write_tiffs

BOX = "7,9,3,30,21,11"
PART = (slice(3, 14), slice(9, 30), slice(7, 37))
"""The same box, of (z, y, x)."""


def nifti(path: Path, voxels: np.ndarray) -> None:
    """Write a NIfTI-1 file by hand: 352 bytes of header, x fastest."""
    head = np.zeros(352, np.uint8)
    head[:4] = np.frombuffer(np.int32(348).tobytes(), np.uint8)
    z, y, x = voxels.shape
    head[40:56] = np.frombuffer(np.array([3, x, y, z, 1, 1, 1, 1], "<i2").tobytes(), np.uint8)
    head[70:74] = np.frombuffer(np.array([2, 8], "<i2").tobytes(), np.uint8)
    head[76:108] = np.frombuffer(np.ones(8, "<f4").tobytes(), np.uint8)
    head[108:112] = np.frombuffer(np.float32(352).tobytes(), np.uint8)
    head[344:348] = np.frombuffer(b"n+1\0", np.uint8)
    path.write_bytes(gzip.compress(head.tobytes() + voxels.tobytes()))


def write(folder: Path, kind: str, voxels: np.ndarray) -> Path:
    """Write voxels (z, y, x) as another program would."""
    folder.mkdir()
    match kind:
        case "slices":
            return write_tiffs(folder / "em", voxels)
        case "zipped slices":
            for z, plane in enumerate(voxels):
                tifffile.imwrite(folder / f"{z:02}.tif", plane, compression="zlib")
            return folder
        case "pages" | "tiles":
            edge = 16 if voxels.shape[1] < 100 else 64
            tile = {"tile": (edge, edge)} if kind == "tiles" else {}
            options: dict[str, Any] = {"compression": "zlib", "photometric": "minisblack", **tile}
            tifffile.imwrite(folder / "em.tif", voxels, **options)
            return folder / "em.tif"
        case "stream":
            nifti(folder / "em.nii.gz", voxels)
            return folder / "em.nii.gz"
        case "chunks":
            zarr.create_array(folder / "em.zarr", data=voxels, chunks=(4, 8, 16),
                              dimension_names=("z", "y", "x"))  # fmt: skip
            return folder / "em.zarr"
    (folder / "em.raw").write_bytes(voxels.tobytes())
    return folder / "em.raw"


def options_of(kind: str) -> dict[str, object]:
    return {"raw_shape": "45,37,20", "raw_dtype": "uint8"} if kind == "raw" else {}


def found(plan: Plan, folder: Path) -> tuple[LayerPlan, np.ndarray]:
    """Carry a plan out; give the layer, and its finest mag (z, y, x) from its begin on."""
    one = carried_out(plan, folder)
    whole = stored(one, Path(plan.dataset), 0)
    x, y, z = one.grids[0].begin
    assert not any(before.any() for before in (whole[:x], whole[:, :y], whole[:, :, :z]))
    return one, whole[x:, y:, z:].T


KINDS = ["slices", "zipped slices", "pages", "tiles", "stream", "chunks", "raw"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_box_keeps_its_voxels_and_its_place(tmp_path: Path, kind: str) -> None:
    """Whatever the source is, however it is read."""
    voxels = grains()
    source = write(tmp_path / "in", kind, voxels)
    one, part = found(plan_of(source, bounding_box=BOX, **options_of(kind)), tmp_path)
    assert (one.layer.begin, one.layer.size) == ((7, 9, 3), (37, 30, 14))
    assert_array_equal(part, voxels[PART])


@pytest.mark.parametrize("kind", KINDS)
def test_slices_may_be_left_out(tmp_path: Path, kind: str) -> None:
    """A voxel is as much deeper, and slice z lies at z / step; a box goes with it."""
    voxels = grains()
    source = write(tmp_path / "in", kind, voxels)
    given = options_of(kind) | {"slices": "3:18:3", "bounding_box": "7,9,5,30,21,99"}
    plan = plan_of(source, **given)
    one, part = found(plan, tmp_path)
    assert (one.layer.begin, one.layer.size) == ((7, 9, 2), (37, 30, 6))
    assert plan.voxel_size == (10, 10, 30)
    assert_array_equal(part, voxels[6:18:3, 9:30, 7:37])
    assert f"layer {one.layer.name} ends within the part that was asked for" in plan.notes
    assert any("a voxel is 30 nanometer deep, and slice z lies at z/3" in n for n in plan.notes)


@pytest.mark.parametrize("data_format", ["zarr3", "zarr", "wkw", "n5", "neuroglancerPrecomputed"])
def test_a_part_lies_over_the_whole_in_every_mag(tmp_path: Path, data_format: str) -> None:
    """In cells of which it has all voxels."""
    source = write_tiffs(tmp_path / "em", grains(40, 70, 90))
    given: dict[str, object] = {
        "data_format": data_format, "max_mag": "4", "chunk_shape": 16, "shard_shape": 16,
        "sampling_mode": "isotropic",
    }  # fmt: skip
    mags = []
    for name, box in (("whole", None), ("part", "18,7,9,53,41,25")):
        plan = plan_of(source, target=tmp_path / name, bounding_box=box, **given)
        one = carried_out(plan, tmp_path)
        read = [stored(one, tmp_path / name, n) for n in range(len(one.grids))]
        if data_format == "wkw":  # without what lies before the box
            read = [
                np.pad(mag, [(at, 0) for at in grid.begin])
                for mag, grid in zip(read, one.grids, strict=True)
            ]
        mags.append(read)
    for number, (whole, part) in enumerate(zip(*mags, strict=True)):
        x, y, z = (-(-at // 2**number) for at in (18, 7, 9))
        x1, y1, z1 = (at // 2**number for at in (71, 48, 34))
        assert x < x1
        assert_array_equal(part[x:x1, y:y1, z:z1], whole[x:x1, y:y1, z:z1])


def test_frames_and_channels_are_cut_alike(tmp_path: Path) -> None:
    """Each channel is a layer, each step of time a volume."""
    voxels = grains(2 * 3 * 20).reshape(3, 20, 2, 37, 45)
    tifffile.imwrite(tmp_path / "a.ome.tif", voxels, metadata={"axes": "TZCYX"}, ome=True)
    plan = plan_of(tmp_path / "a.ome.tif", bounding_box=BOX, slices="::2", downsample=False)
    assert len(plan.layers) == 2
    for number, one in enumerate(plan.layers):
        create_layer(plan, one.layer.name)
        for slab in one.slabs():
            convert_slab(plan, one.layer.name, str(slab), threads=2, tick=lambda _: None,
                         scratch=tmp_path)  # fmt: skip
        array = zarr.open_array(Path(plan.dataset) / one.layer.name / "1")
        part = np.asarray(array[:])[:, 0, 7:, 9:, 2:].transpose(0, 3, 2, 1)
        assert_array_equal(part, voxels[:, 4:14:2, number, 9:30, 7:37])
        assert one.layer.axes == (("t", 3),)
        assert one.source.picks == (number,)
        assert one.source.selection == Selection((45, 37, 20), (7, 9, 4), (1, 1, 2))


def test_a_place_that_the_source_states_counts(tmp_path: Path) -> None:
    """Numbers are those that WEBKNOSSOS shows, also in a layer that begins elsewhere."""
    voxels = (grains(19, 37, 45) // 8 + 1).transpose(2, 1, 0).astype("uint16")
    source = write_dataset(tmp_path / "source", (36, 20, 4), voxels, (2, 2, 1))
    given: dict[str, object] = {"voxel_size": None, "category": None, "downsample": False}
    plan = plan_of(source, bounding_box="41,30,6,20,21,10", **given)
    one, part = found(plan, tmp_path)
    assert (one.layer.begin, one.layer.size) == ((41, 30, 6), (61, 51, 16))
    assert one.grids[0].begin == (20, 15, 6)
    assert_array_equal(part.T, voxels[2:13, 5:16, 2:12])
    given["target"] = tmp_path / "other"
    with pytest.raises(ConfigError, match="0,0,0,36,20,99 holds no voxel of layer cells, which is "
                       "36,20,4,90,74,19"):  # fmt: skip
        plan_of(source, bounding_box="0,0,0,36,20,99", **given)
    source = write_dataset(tmp_path / "coarse", (36, 20, 4), voxels, (2, 2, 2))
    with pytest.raises(ConfigError, match="a step of 2 does not go with layer cells") as fault:
        plan_of(source, slices="::2", **given)
    assert fault.value.where == "slices"


def test_a_part_that_misses_a_layer_is_refused(tmp_path: Path) -> None:
    """All such layers are told at once; one that ends within it is noted."""
    for name, depth in (("a", 20), ("b", 8), ("c", 9)):
        write_tiffs(tmp_path / "em" / name, grains(depth))
    with pytest.raises(ConfigError) as fault:
        plan_of(tmp_path / "em", slices="9:20")
    assert fault.value.where == "slices"
    assert fault.value.what == (
        "9:20 holds no voxel of layer b, which is 0,0,0,45,37,8; "
        "layer c, which is 0,0,0,45,37,9 (x,y,z and sizes)"
    )
    plan = plan_of(tmp_path / "em", slices="7:20")
    assert [one.layer.size[2] for one in plan.layers] == [20, 8, 9]
    assert [one.layer.begin[2] for one in plan.layers] == [7, 7, 7]
    ends = [note for note in plan.notes if "ends within" in note]
    assert ends == [f"layer {name} ends within the part that was asked for" for name in "bc"]
    with pytest.raises(ConfigError, match="45,0,0,9,9,9 with slices 1:4 holds no voxel"):
        plan_of(tmp_path / "em", slices="1:4", bounding_box="45,0,0,9,9,9")


def test_all_of_a_source_is_no_part(tmp_path: Path) -> None:
    """The plan is that without the option, so nothing is done again."""
    source = write_tiffs(tmp_path / "em", grains())
    (plain,) = plan_of(source).layers
    (whole,) = plan_of(source, bounding_box="0,0,0,45,37,20", slices="0:").layers
    assert whole == plain
    assert [whole.slab_recipe(slab) for slab in whole.slabs()] == [
        plain.slab_recipe(slab) for slab in plain.slabs()
    ]


@pytest.mark.parametrize("other", ["8,9,3,30,21,11", "7,9,3,30,21,10", "7,8,3,30,21,11"])
def test_another_box_is_another_recipe(tmp_path: Path, other: str) -> None:
    """Of every slab whose voxels change; Snakemake does these anew."""
    source = write(tmp_path / "in", "pages", grains())
    plans = [plan_of(source, bounding_box=box).layers[0] for box in (BOX, other)]
    recipes = [{one.slab_recipe(slab) for slab in one.slabs()} for one in plans]
    assert recipes[0] != recipes[1]


def test_slices_outside_are_not_looked_at(tmp_path: Path) -> None:
    """Neither their headers nor their voxels; those inside are."""
    voxels = grains()
    source = write_tiffs(tmp_path / "em", voxels)
    for z in (0, 1, 2, 14, 19):
        (source / f"slice_{z}.tif").write_bytes(b"II*\0 no image")
    _, part = found(plan_of(source, slices="3:14"), tmp_path)
    assert_array_equal(part, voxels[3:14])
    with pytest.raises(SourceError, match=r"slice_14\.tif"):
        plan_of(source, slices="3:15", target=tmp_path / "other")


def test_slices_that_are_smaller_keep_their_place(tmp_path: Path) -> None:
    """What they have not of the box is blank."""
    voxels = grains(4)
    source = write_tiffs(tmp_path / "em", voxels[:3])
    write_tiffs(source, voxels[3:, :20, :12], begin=3)
    voxels[3, 20:] = 0
    voxels[3, :, 12:] = 0
    given: dict[str, object] = {"bounding_box": "7,9,1,30,21,3"}
    _, part = found(plan_of(source, on_mismatch="pad", **given), tmp_path)
    assert_array_equal(part, voxels[1:4, 9:30, 7:37])
    with pytest.raises(SourceError, match="is 12 x 20 uint8, expected 45 x 37 uint8"):
        plan_of(source, target=tmp_path / "other", **given)


def test_chunks_outside_are_not_read(tmp_path: Path) -> None:
    """They are not even there."""
    voxels = grains()
    source = write(tmp_path / "in", "chunks", voxels)
    for file in (source / "c").rglob("*"):
        if file.is_file():
            z, y, x = (int(part) for part in file.parts[-3:])
            if not (z < 4 and 1 <= y < 4 and x < 3):
                file.write_bytes(b"damaged")
    assert any(file.is_file() and file.read_bytes() == b"damaged" for file in source.rglob("*"))
    _, part = found(plan_of(source, bounding_box=BOX), tmp_path)
    assert_array_equal(part, voxels[PART])


def read_bytes() -> int:
    """Give the bytes that this process has read, as the system counts them."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("rchar")).split()[1])


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="the system counts no bytes")
@pytest.mark.parametrize("kind", ["raw", "tiles"])
def test_bytes_outside_are_not_read(tmp_path: Path, kind: str) -> None:
    """Of 16 MiB, a box of 256 KiB: at most the tiles and rows that it lies in, and headers."""
    voxels = np.random.default_rng(1).integers(1, 250, (16, 1024, 1024), np.uint8)
    source = write(tmp_path / "in", kind, voxels)
    given: dict[str, object] = {
        "bounding_box": "512,512,4,256,256,4", "downsample": False, "compression": "zstd:1",
        "chunk_shape": 32, "shard_shape": "256,256,32",
    }  # fmt: skip
    raw: dict[str, object] = {"raw_shape": "1024,1024,16", "raw_dtype": "uint8"}
    given |= raw if kind == "raw" else {}
    carried_out(plan_of(source, target=tmp_path / "first", **given), tmp_path)  # imports modules
    before = read_bytes()
    carried_out(plan_of(source, **given), tmp_path)
    most = 4 * 256 * 1024 if kind == "raw" else 4 * 256 * 256  # whole rows, or whole tiles
    assert 4 * 256 * 256 < read_bytes() - before < 2 * most + 2**20


def test_parts_of_a_source_are_what_is_opened() -> None:
    """Of a stack fewer files; within a file fewer planes."""
    header = Header(10, 10, 1, 1, "uint8")
    files, marks = tuple("abcdef"), tuple((n, n) for n in range(6))
    stack = Source(files, marks, header, (10, 4, 1), is_stack=True)
    cut = selected(stack, Box((0, 0, 1), (10, 10, 6)), 2)
    assert (cut.files, cut.marks, cut.selection) == (
        ("b", "d", "f"),
        ((1, 1), (3, 3), (5, 5)),
        None,
    )
    cut = selected(stack, Box((2, 3, 1), (7, 10, 3)))
    assert (cut.files, cut.depth, cut.header.size) == (("b", "c"), 2, (5, 7, 1))
    assert (cut.stored, cut.extra) == (header, 10 * 4)
    volume = Source(("a",), ((0, 0),), Header(10, 10, 6, 1, "uint8"), (1, 1, 1))
    cut = selected(volume, Box((0, 0, 1), (10, 10, 6)), 2)
    assert (cut.files, cut.depth, cut.stored, cut.extra) == (("a",), 3, volume.header, 0)
