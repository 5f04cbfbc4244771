"""Axes that are exchanged or mirrored are what numpy makes of them, and all stays in its place."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr
from numpy.testing import assert_array_equal
from wkflow.errors import ConfigError, SourceError
from wkflow.model.box import Triple
from wkflow.model.mag import Mag
from wkflow.model.source import Header, ImageMetadata, Source
from wkflow.planning.choose_voxel_size import Chosen
from wkflow.planning.find_volumes import Volume
from wkflow.planning.place_layers import Placed, Placement
from wkflow.planning.turn_volumes import turn_volumes, turned_source
from wkflow.steps.convert_slab import convert_slab

from tests.planning.test_select_parts import found, options_of, write
from tests.steps.stacks import grains, laid_out, plan_of, settings_of, write_tiffs

VOXELS = grains()
SMALL = {"chunk_shape": 32, "shard_shape": 64}
FEW, SLIM = ({"job_size": 1, "chunk_shape": edge, "shard_shape": edge} for edge in (8, 2))
"""So small that each job needs all slices."""


def turned(voxels: np.ndarray, transpose: str, flip: str) -> np.ndarray:
    """Turn (z, y, x) with numpy alone; gives (x, y, z)."""
    there = voxels.T.transpose(["xyz".index(axis) for axis in transpose])
    return np.flip(there, ["xyz".index(axis) for axis in flip.split(",") if axis])


CASES = [
    ("slices", "yxz", ""), ("slices", "xyz", "x"), ("slices", "xyz", "y,z"),
    ("zipped slices", "yxz", "x,y,z"), ("pages", "yxz", "z"), ("pages", "xyz", "x"),
    ("tiles", "zyx", ""), ("tiles", "yzx", "y"), ("stream", "yxz", "x"), ("stream", "xyz", "y"),
    ("slices", "zyx", ""), ("slices", "zxy", "x,z"), ("slices", "xzy", "y"),
    ("zipped slices", "yzx", "x,y,z"), ("zipped slices", "zyx", ""), ("pages", "zyx", "y"),
    ("chunks", "zxy", "x,z"), ("chunks", "xzy", ""), ("raw", "zyx", "z"), ("raw", "yzx", "x,y,z"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "transpose", "flip"), CASES)
@pytest.mark.parametrize("part", [{}, {"bounding_box": "7,9,3,30,21,11", "slices": "0:18:3"}])
def test_voxels_are_what_numpy_makes_of_them(
    tmp_path: Path, kind: str, transpose: str, flip: str, part: dict[str, object]
) -> None:
    """A part of them lies where it lies in the whole; sizes of voxels go with their axes."""
    source = write(tmp_path / "in", kind, VOXELS)
    given: dict[str, object] = {"voxel_size": "1,2,3", "downsample": False, **SMALL, **part}
    given |= options_of(kind) | {"transpose": transpose, "flip": flip or None}
    plan = plan_of(source, **given)
    one, voxels = found(plan, tmp_path)
    step = 3 if part else 1
    assert plan.voxel_size == tuple((1, 2, 3 * step)["xyz".index(axis)] for axis in transpose)
    whole = turned(VOXELS[::step], transpose, flip)
    if not part:
        assert one.layer.begin == (0, 0, 0)
    assert one.box.voxels == (30 * 21 * 4 if part else VOXELS.size)
    place = tuple(slice(b, e) for b, e in zip(one.layer.begin, one.layer.size, strict=True))
    assert_array_equal(voxels.T, whole[place])


def test_channels_frames_and_colours_are_not_turned(tmp_path: Path) -> None:
    """Samples of a voxel stay together."""
    source = tmp_path / "a.zarr"
    voxels = grains(2 * 6 * 5, 4, 3).reshape(2, 6, 5, 4, 3)
    zarr.create_array(source, data=voxels, chunks=(1, 2, 2, 4, 2),
                      dimension_names=("t", "z", "y", "x", "c"))  # fmt: skip
    plan = laid_out(source, transpose="zyx", flip="x", channels="rgb", downsample=False)
    (one,) = plan.layers
    assert (one.layer.channels, one.layer.size, one.layer.axes) == (3, (6, 5, 4), (("t", 2),))
    for slab in one.slabs():
        convert_slab(plan, one.layer.name, str(slab), threads=2, tick=lambda _: None,
                     scratch=tmp_path)  # fmt: skip
    array = zarr.open_array(Path(plan.dataset) / one.layer.name / "1")
    assert_array_equal(array[:], np.flip(voxels.transpose(0, 4, 1, 2, 3), 2))


def volume(name: str, size: Triple) -> Volume:
    header = Header(*size, 1, "uint8")
    return Volume(name, Source((name,), ((1, 1),), header, (1, 1, 1)), ImageMetadata())


def turn(placements: list[Placement], **options: object) -> list[tuple[Triple, Triple]]:
    """Turn layers that lie so; give where they lie then."""
    volumes = [
        volume(str(n), tuple(-(-e // m) - b // m for b, e, m in zip(  # type: ignore[arg-type] -- three of them
            one.begin, one.end, one.mag.factors, strict=True)))
        for n, one in enumerate(placements)
    ]  # fmt: skip
    _, placed, _ = turn_volumes(
        settings_of(Path("/em"), **options), volumes, Placed(placements, [], ()),
        Chosen((1, 1, 1)), whole=placements,
    )  # fmt: skip
    return [(one.begin, one.end) for one in placed.placements]


def test_layers_stay_where_they_are_to_one_another() -> None:
    """Mirrored is what all of them span; voxels of coarser mags stay whole ones."""
    fine = Placement((0, 0, 0), (100, 80, 60), Mag(1, 1, 1))
    label = Placement((10, 20, 30), (30, 50, 40), Mag(1, 1, 1))
    assert turn([fine, label], flip="x") == [
        ((0, 0, 0), (100, 80, 60)), ((70, 20, 30), (90, 50, 40)),
    ]  # fmt: skip
    assert turn([fine, label], transpose="zyx", flip="x,y") == [
        ((0, 0, 0), (60, 80, 100)), ((20, 30, 10), (30, 60, 30)),
    ]  # fmt: skip
    coarse = Placement((8, 0, 0), (96, 80, 60), Mag(4, 2, 1))
    odd = replace(fine, end=(99, 80, 60))
    begins = [begin for begin, _ in turn([odd, coarse], flip="x")]
    assert begins == [(1, 0, 0), (4, 0, 0)]


@pytest.mark.parametrize(
    ("kind", "options", "where", "words"),
    [
        ("slices", {"transpose": "zyx", **SLIM}, "transpose", "would be read 23 times"),
        ("zipped slices", {"transpose": "zyx", **FEW}, "transpose", "would be decoded 6 times"),
        ("stream", {"transpose": "zyx"}, "transpose", "can only be read from its first plane on"),
        ("stream", {"flip": "z"}, "flip", "can only be read from its first plane on"),
        ("pages", {"transpose": "zyx", **FEW}, "transpose", "would be decoded 6 times"),
    ],
)
def test_what_would_take_too_long_is_refused(
    tmp_path: Path, kind: str, options: dict[str, object], where: str, words: str
) -> None:
    """With the way that leads there: a dataset of chunks in between."""
    source = write(tmp_path / "in", kind, VOXELS)
    with pytest.raises(ConfigError) as fault:
        plan_of(source, **options)
    assert fault.value.where == where
    assert words in fault.value.what
    assert "Convert it without that first" in str(fault.value)


@pytest.mark.parametrize(
    "options", [FEW, {"memory": "256M"}, {"job_size": "20K"}, {"batch_size": 64}]
)
def test_slices_across_do_not_depend_on_the_cut(tmp_path: Path, options: dict[str, object]) -> None:
    """Few planes at once, or all of them: the same voxels, and memory is what is planned."""
    source = write(tmp_path / "in", "slices", VOXELS)
    plan = plan_of(source, downsample=False, transpose="zyx", flip="z", **options)
    one, voxels = found(plan, tmp_path)
    assert_array_equal(voxels.T, turned(VOXELS, "zyx", "z"))
    assert one.feed.kind == "bands"
    assert {name for slab in one.slabs() for name in plan.layers[0].slab_sources(slab)[0]} == {
        str(path) for path in source.iterdir()
    }


def test_slices_across_may_be_missing_smaller_and_of_several_times(tmp_path: Path) -> None:
    """A number that lacks is a blank plane, a small slice is padded, times become frames."""
    folder = tmp_path / "em"
    write_tiffs(folder, VOXELS)
    (folder / "slice_3.tif").unlink()
    tifffile.imwrite(folder / "slice_5.tif", VOXELS[5, :30, :20])
    plan = plan_of(folder, downsample=False, transpose="zyx", on_mismatch="pad", **SMALL)
    expected = VOXELS.copy()
    expected[3] = expected[5, 30:] = expected[5, :, 20:] = 0
    assert_array_equal(found(plan, tmp_path)[1].T, turned(expected, "zyx", ""))

    timed = tmp_path / "timed"
    timed.mkdir()
    for number, plane in enumerate(VOXELS):
        tifffile.imwrite(timed / f"t{number // 10}_z{number % 10}.tif", plane)
    plan = laid_out(timed, downsample=False, transpose="xzy", target=tmp_path / "film", **SMALL)
    (one,) = plan.layers
    assert (one.layer.axes, one.layer.size) == ((("t", 2),), (45, 10, 37))
    for slab in one.slabs():
        convert_slab(plan, one.layer.name, str(slab), threads=2, tick=lambda _: None,
                     scratch=tmp_path)  # fmt: skip
    array = zarr.open_array(Path(plan.dataset) / one.layer.name / "1")
    both = VOXELS.reshape(2, 10, 37, 45)
    assert_array_equal(array[:, 0], both.transpose(0, 3, 1, 2))


def test_a_bad_slice_across_is_named(tmp_path: Path) -> None:
    """As it is where slices lie as they are; colours go with their voxels."""
    colours = np.stack([VOXELS, VOXELS[::-1], VOXELS // 2], axis=3)
    source = write_tiffs(tmp_path / "em", colours)
    plan = plan_of(source, downsample=False, transpose="zyx", channels="rgb", **SMALL)
    (one,) = plan.layers
    assert (one.layer.channels, one.layer.size) == (3, (20, 37, 45))
    (source / "slice_7.tif").write_bytes((source / "slice_7.tif").read_bytes()[:900])
    with pytest.raises(SourceError) as fault:
        found(plan, tmp_path)
    assert fault.value.where.endswith("slice_7.tif")


def test_what_is_seen_of_slices_across_is_what_is_seen_of_them(tmp_path: Path) -> None:
    """A layer's kind is judged by slices as they are: by the part that is wanted of each."""
    source = write(tmp_path / "in", "slices", VOXELS)
    given = {"category": None, "bounding_box": "7,9,3,30,21,11", "downsample": False, **SMALL}
    (across,) = plan_of(source, transpose="zyx", flip="x,z", **given).layers
    (upright,) = plan_of(source, **given).layers
    assert (across.layer.category, across.evidence) == (upright.layer.category, upright.evidence)
    stack, same = across.source.upright, upright.source
    assert (stack.files[::-1], stack.header, stack.selection) == (
        same.files[::-1], same.header, same.selection,
    )  # fmt: skip
    assert across.source.is_across
    assert upright.source.upright is upright.source


def test_a_dataset_in_between_leads_there(tmp_path: Path) -> None:
    """As the remedy says."""
    _, first = found(plan_of(write_tiffs(tmp_path / "em", VOXELS), downsample=False), tmp_path)
    assert_array_equal(first, VOXELS)
    plan = plan_of(tmp_path / "target" / "em" / "1", target=tmp_path / "out", transpose="zyx",
                   downsample=False)  # fmt: skip
    _, voxels = found(plan, tmp_path)
    assert_array_equal(voxels.T, turned(VOXELS, "zyx", ""))


def test_what_does_not_turn_is_left_as_it_is() -> None:
    """Recipes and plans are those without the option; slices of a stack change their order."""
    stack = Source(tuple("abc"), ((1, 1), (2, 2), (3, 3)), Header(5, 4, 1, 1, "uint8"), (5, 4, 1),
                   is_stack=True)  # fmt: skip
    same = turned_source(stack, (0, 1, 2), frozenset())
    assert same == stack
    down = turned_source(stack, (0, 1, 2), frozenset({2}))
    assert (down.files, down.marks, down.selection) == (tuple("cba"), stack.marks[::-1], None)
    across = turned_source(stack, (1, 0, 2), frozenset({0}))
    assert (across.header.size, across.grain) == ((4, 5, 1), (4, 5, 1))
    assert across.extra == 20
    back = turned_source(across, (1, 0, 2), frozenset({1}))
    assert back.selection is not None
    assert not back.selection.is_turned
