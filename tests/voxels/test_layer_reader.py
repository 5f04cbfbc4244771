"""Voxels of a layer out of open images: the picked samples, and zeros where a slice is smaller."""

from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.errors import SourceError
from wkflow.model.box import Box, Triple
from wkflow.model.layer import Layer, lay_grid
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.mag import Mag
from wkflow.model.source import Source
from wkflow.readers import Image
from wkflow.voxels import layer_reader as module
from wkflow.voxels.layer_reader import LayerReader, open_image

from tests.steps.arrays import ArrayImage, Voxels, header_of, noise, opener
from tests.strategies import boxes, plan_of, triples


def plan_for(source: Source, *, pad: bool = False) -> LayerPlan:
    """Plan the layer of a source."""
    header = source.header
    size = (header.width, header.height, source.depth)
    layer = Layer("em", "color", header.dtype, len(source.picks), size, header.axes)
    grid = lay_grid(layer, Mag(1, 1, 1), chunk=(8, 8, 8), shard=(8, 8, 8))
    return replace(plan_of(layer, (grid,)), source=source, pad=pad)


def of_one_file(
    array: Voxels, *, grain: Triple = (1, 1, 1), picks: tuple[int, ...] = (0,)
) -> Source:
    return Source(("/em.tif",), ((1, 1),), header_of(array), grain, picks)


def of_slices(*arrays: Voxels) -> tuple[Source, dict[str, Image | str]]:
    """Make a stack of arrays (y, x), the first of which says what all should be."""
    whole = [array[np.newaxis, np.newaxis, np.newaxis, :, :, np.newaxis] for array in arrays]
    files: dict[str, Image | str] = {f"/em/{z}": ArrayImage(one) for z, one in enumerate(whole)}
    marks = ((1, 1),) * len(files)
    return Source(tuple(files), marks, header_of(whole[0]), (1, 1, 1), is_stack=True), files


def read(plan: LayerPlan, files: dict[str, Image | str], box: Box, frame: int = 0) -> Voxels:
    """Read a box (z, y, x, c) into an array that held something else before."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setattr("wkflow.voxels.layer_reader.open_images", opener(files))
        reading = LayerReader(plan, frame, stack)
        out = reading.empty(box)
        out[...] = 77
        reading.read(box, out)
    return out


@given(data=st.data(), box=boxes(6))
def test_samples_are_those_that_were_picked(data: st.DataObject, box: Box) -> None:
    """Counted through all channels, in any of them, of each frame."""
    channels, samples = data.draw(st.sampled_from([(1, 1), (1, 3), (4, 1), (2, 3)]))
    array = noise(4, channels, 12, 12, 12, samples, dtype="uint16")
    total = channels * samples
    picks = tuple(sorted(data.draw(st.sets(st.integers(0, total - 1), min_size=1))))
    frame = data.draw(st.integers(0, 3))
    source = of_one_file(array, picks=picks)
    voxels = read(plan_for(source), {"/em.tif": ArrayImage(array)}, box, frame)
    (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
    flat = np.moveaxis(array[frame], 0, -2).reshape(12, 12, 12, total)
    np.testing.assert_array_equal(voxels, flat[z0:z1, y0:y1, x0:x1][..., list(picks)], strict=True)


def test_only_channels_that_are_picked_are_read() -> None:
    """Each once, however many of its samples are wanted."""
    image = ArrayImage(noise(1, 5, 2, 3, 4, 3))
    source = of_one_file(image.array, picks=(3, 5, 12, 13, 14))
    read(plan_for(source), {"/em.tif": image}, Box((0, 0, 0), (4, 3, 2)))
    assert len(image.asked) == 2


@given(
    size=triples(1, 40),
    grain=triples(1, 12),
    data=st.data(),
    piece_bytes=st.sampled_from([1, 100, 2**22]),
)
def test_pieces_are_the_box_and_cut_no_grain(
    size: Triple, grain: Triple, data: st.DataObject, piece_bytes: int
) -> None:
    """In order, each voxel once, and no strip or tile is decoded for two of them."""
    begin = data.draw(st.tuples(*[st.integers(0, extent - 1) for extent in size]))
    spans = zip(begin, size, strict=True)
    end = data.draw(st.tuples(*[st.integers(low + 1, extent) for low, extent in spans]))
    array = np.zeros((1, 1, *size[::-1], 1), "uint8")
    box, plan = Box(begin, end), plan_for(of_one_file(array, grain=grain))
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setattr(module, "PIECE_BYTES", piece_bytes)
        patch.setattr(module, "open_images", opener({"/em.tif": ArrayImage(array)}))
        pieces = LayerReader(plan, 0, stack).pieces(box)
    assert sum(piece.voxels for piece in pieces) == box.voxels
    assert all(piece == piece.overlap(box) for piece in pieces)
    order = [(piece.begin[2], piece.begin[1]) for piece in pieces]
    assert all(one < other for one, other in pairwise(order))
    rows = [{(z, y) for _, y, z in piece.cells((size[0], *grain[1:]))} for piece in pieces]
    assert sum(map(len, rows)) == len(set().union(*rows))


def test_a_stream_is_read_in_one_piece() -> None:
    """Two threads would each begin at its first plane."""
    array = noise(1, 1, 9, 9, 9, 1)
    source = replace(of_one_file(array, grain=(9, 9, 1)), is_stream=True)
    box = Box((0, 0, 2), (9, 9, 9))
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setattr(module, "open_images", opener({"/em.tif": ArrayImage(array)}))
        assert LayerReader(plan_for(source), 0, stack).pieces(box) == [box]


@given(box=boxes(9), height=st.integers(1, 18), width=st.integers(1, 18))
def test_zeros_stand_for_what_a_smaller_slice_has_not(box: Box, height: int, width: int) -> None:
    """To the right and below, wherever the box lies."""
    slices = [noise(18, 18) for _ in range(18)]
    slices[5] = slices[5][:height, :width]
    source, files = of_slices(*slices)
    voxels = read(plan_for(source, pad=True), files, box)
    whole = np.stack([np.pad(one, [(0, 18 - s) for s in one.shape]) for one in slices])
    (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
    np.testing.assert_array_equal(voxels[..., 0], whole[z0:z1, y0:y1, x0:x1], strict=True)


@pytest.mark.parametrize(
    ("other", "pad"),
    [
        (noise(8, 9), False),
        (noise(10, 9), True),
        (noise(9, 10), True),
        (noise(8, 9, dtype="uint16"), True),
    ],
    ids=["smaller", "higher", "wider", "of another dtype"],
)
def test_another_slice_is_refused(other: Voxels, pad: bool) -> None:  # noqa: FBT001
    """With what it is, what was expected, and what to do."""
    source, files = of_slices(noise(9, 9), other)
    with pytest.raises(SourceError, match=r"is .* expected 9 x 9 uint8") as caught:
        read(plan_for(source, pad=pad), files, Box((0, 0, 0), (9, 9, 2)))
    assert caught.value.where == "/em/1"
    assert "--on-mismatch pad" in caught.value.remedy


def test_a_file_that_was_replaced_is_refused() -> None:
    """By one of another shape, or with fewer images."""
    source = of_one_file(noise(1, 1, 9, 9, 9, 1))
    files: dict[str, Image | str] = {"/em.tif": ArrayImage(noise(1, 1, 8, 9, 9, 1, dtype="int8"))}
    with pytest.raises(SourceError, match="expected 9 x 9 uint8"):
        read(plan_for(source), files, Box((0, 0, 0), (9, 9, 8)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "open_images", opener(files))
        with (
            pytest.raises(SourceError, match="holds 1 images, number 3 was asked for"),
            open_image(replace(source, image=2), "/em.tif"),
        ):
            pass


def test_a_fault_may_be_kept_for_later() -> None:
    """So that all bad slices are named together."""
    source, files = of_slices(noise(9, 9), noise(9, 9))
    files["/em/1"] = "is empty"
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setattr(module, "open_images", opener(files))
        reading = LayerReader(plan_for(source), 0, stack)
        first, second = (Box((0, 0, z), (9, 9, z + 1)) for z in (0, 1))
        assert reading.fault(first, reading.empty(first)) is None
        fault = reading.fault(second, reading.empty(second))
    assert fault is not None
    assert (fault.what, fault.where) == ("is empty", "/em/1")
