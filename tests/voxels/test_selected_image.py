"""A part of an image is what numpy's indexing gives, and nothing else is asked for."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.model.box import Box, Triple
from wkflow.model.layer import lay_grid
from wkflow.model.mag import Mag
from wkflow.model.selection import Selection
from wkflow.model.slab import Slab
from wkflow.model.source import Header
from wkflow.planning.select_parts import selected
from wkflow.planning.turn_volumes import turned_source
from wkflow.voxels.selected_image import SelectedImage, stored_header

from tests.steps.arrays import ArrayImage, Voxels, header_of, noise
from tests.voxels.array_stacks import Case
from tests.voxels.test_bands import compare, fed, promised, read


def part_of(voxels: Voxels, selection: Selection, size: Triple) -> Voxels:
    """Select of (z, y, x, sample), by numpy alone."""
    index = [
        [first + step * at for at in range(extent)]
        for first, step, extent in zip(selection.start, selection.step, size, strict=True)
    ]
    turned = voxels.transpose(*(2 - axis for axis in reversed(selection.axes)), 3)
    return turned[np.ix_(*reversed(index), range(voxels.shape[3]))]


@st.composite
def selections(draw: st.DrawFn, whole: Triple) -> tuple[Selection, Triple]:
    """Draw a part of an image, turned and mirrored in any way, and its size."""
    axes = draw(st.permutations([0, 1, 2]))
    start, step, size = [], [], []
    for axis in axes:
        stride = draw(st.integers(1, 3)) if axis == 2 else 1
        span = range(draw(st.integers(0, whole[axis] - 1)), whole[axis], stride)
        span = span[: draw(st.integers(1, len(span)))]
        span = span[::-1] if draw(st.booleans()) else span
        start.append(span.start)
        step.append(span.step)
        size.append(len(span))
    x, y, z = size
    return Selection(whole, (start[0], start[1], start[2]), (step[0], step[1], step[2]),
                     (axes[0], axes[1], axes[2])), (x, y, z)  # fmt: skip


@given(data=st.data(), deep=st.integers(1, 4))
def test_any_box_of_a_part_is_what_numpy_gives(data: st.DataObject, deep: int) -> None:
    """Turned, mirrored, with planes left out, in any frame and channel."""
    array = noise(2, 2, 7, 6, 5, 2)
    selection, size = data.draw(selections((5, 6, 7)))
    image = ArrayImage(array, (5, 3, deep))
    part = SelectedImage(image, selection, Header(*size, 2, "uint8", 2))
    assert part.probe.header.size == size
    begin = [data.draw(st.integers(0, extent - 1)) for extent in size]
    end = [data.draw(st.integers(b + 1, e)) for b, e in zip(begin, size, strict=True)]
    box = Box((begin[0], begin[1], begin[2]), (end[0], end[1], end[2]))
    out = np.zeros((*box.size[::-1], 2), "uint8")
    part.read(box, out, channel=1, frame=1)
    (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
    expected = part_of(array[1, 1], selection, size)[z0:z1, y0:y1, x0:x1]
    np.testing.assert_array_equal(out, expected)
    spans = selection.spans(box)
    for asked in image.asked:
        for b, e, span in zip(asked.begin, asked.end, spans, strict=True):
            assert min(span) <= b < e <= max(span) + 1


@given(data=st.data())
def test_what_a_smaller_image_has_not_is_zero(data: st.DataObject) -> None:
    """Its voxels stay where they are in the whole, also where that is mirrored."""
    array = noise(1, 1, 7, 4, 3, 1)
    selection, size = data.draw(selections((5, 6, 7)))
    padded = np.zeros((7, 6, 5, 1), "uint8")
    padded[:, :4, :3] = array[0, 0]
    out = np.ones((*size[::-1], 1), "uint8")
    SelectedImage(ArrayImage(array), selection, Header(*size, 1, "uint8")).read(
        Box((0, 0, 0), size), out
    )
    np.testing.assert_array_equal(out, part_of(padded, selection, size))


def test_planes_of_one_grain_are_read_at_once() -> None:
    """Where every third is wanted of chunks that are four deep."""
    image = ArrayImage(noise(1, 1, 20, 2, 2, 1), (2, 2, 4))
    part = SelectedImage(
        image, Selection((2, 2, 20), (0, 0, 1), (1, 1, 3)), Header(2, 2, 6, 1, "uint8")
    )
    part.read(Box((0, 0, 0), (2, 2, 6)), np.empty((6, 2, 2, 1), "uint8"))
    planes = [(box.begin[2], box.end[2]) for box in image.asked]
    assert planes == [(1, 2), (4, 8), (10, 11), (13, 14), (16, 17)]


def test_a_stream_is_read_plane_by_plane() -> None:
    """In order: its planes are whole while they are in memory."""
    image = ArrayImage(noise(1, 1, 9, 4, 4, 1), (4, 4, 1), is_stream=True)
    part = SelectedImage(image, Selection((4, 4, 9), (1, 1, 2)), Header(2, 2, 5, 1, "uint8"))
    part.read(Box((0, 0, 0), (2, 2, 5)), np.empty((5, 2, 2, 1), "uint8"))
    assert all(a.end[2] == b.begin[2] for a, b in pairwise(image.asked))
    assert {box.size[2] for box in image.asked} == {1}


@pytest.mark.parametrize("is_part", [True, False])
def test_the_header_in_the_file_is_known(is_part: bool) -> None:  # noqa: FBT001
    """By which slices are compared."""
    image = ArrayImage(noise(1, 1, 1, 4, 4, 1))
    part = SelectedImage(image, Selection((4, 4, 1), (1, 1, 0)), Header(2, 2, 1, 1, "uint8"))
    assert stored_header(part if is_part else image) == header_of(image.array)


def case_of_part(
    case: Case, box: Box, z_step: int, order: Triple, mirrored: frozenset[int]
) -> Case:
    """Give a part of a case, as the plan of a part has it, along other axes."""
    source = turned_source(selected(case.plan.source, box, z_step), order, mirrored)
    size = (source.header.width, source.header.height, source.depth)
    layer = replace(case.plan.layer, size=size)
    grid = lay_grid(layer, Mag(1, 1, 1), chunk=(4, 4, 4), shard=(8, 8, 4))
    rows = size[1] if source.is_stream else min(case.plan.feed.rows, size[1])
    feed = replace(case.plan.feed, rows=rows)
    plan = replace(case.plan, layer=layer, grids=(grid,), source=source, feed=feed)
    (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
    part = case.voxels[:, z0:z1:z_step, y0:y1, x0:x1]
    turned = part.transpose(0, *(3 - axis for axis in reversed(order)), 4)
    return replace(case, plan=plan, voxels=np.flip(turned, [3 - axis for axis in mirrored]))


@given(case=fed(), z_step=st.integers(1, 3), data=st.data())
def test_a_part_of_a_source_is_read_as_a_source_of_its_own(
    case: Case, z_step: int, data: st.DataObject
) -> None:
    """By every feed; of streams, stacks of slices of any sizes, and whatever is chunked; turned."""
    spans = [sorted(data.draw(st.sets(st.integers(0, size), min_size=2, max_size=2)))
             for size in case.plan.layer.size]  # fmt: skip
    (x0, x1), (y0, y1), (z0, z1) = spans
    order, mirrored = data.draw(st.permutations([0, 1, 2])), data.draw(st.sets(st.integers(0, 2)))
    if case.plan.source.is_stack or case.plan.source.is_stream:
        order = data.draw(st.sampled_from([[0, 1, 2], [1, 0, 2]]))
        mirrored -= {2} if case.plan.source.is_stream else set()
    x, y, z = order
    box = Box((x0, y0, z0), (x1, y1, z1))
    part = case_of_part(case, box, z_step, (x, y, z), frozenset(mirrored))
    slab = Slab(0, part.plan.layer.size[2], 0, part.plan.layer.frames)
    seen = []
    with ThreadPoolExecutor(3) as pool:
        for box, region in read(part, slab, slab.frame_end - 1, pool):
            seen.append(box)
            compare(part, slab.frame_end - 1, region, box)
    assert seen == promised(part.plan, slab)
