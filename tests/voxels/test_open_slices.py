"""Slices of one depth: read by rows from any thread, bad ones told at once, closed in any case."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import numpy as np
import pytest
from wkflow.model.box import Box
from wkflow.model.read_strategy import ReadStrategy
from wkflow.voxels.layer_reader import LayerReader
from wkflow.voxels.open_slices import OpenSlices

from tests.steps.arrays import FOLDER, ArrayImage
from tests.voxels.array_stacks import Case
from tests.voxels.conftest import MakeStack

DEPTH = Box((0, 0, 4), (6, 7, 9))
COMPRESSED = (6, 7, 1)


@pytest.fixture
def case(make_stack: MakeStack) -> Case:
    """Make a stack of 20 raw slices."""
    return make_stack(20, (1, 1, 1))


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as one:
        yield one


def slices_of(case: Case, stack: ExitStack) -> OpenSlices:
    return OpenSlices(LayerReader(case.plan, 0, stack), DEPTH, stack)


def images(case: Case) -> list[ArrayImage]:
    return [image for image in case.files.values() if isinstance(image, ArrayImage)]


@pytest.mark.parametrize("is_ahead", [False, True])
def test_rows_are_read_where_they_lie(case: Case, stack: ExitStack, is_ahead: bool) -> None:  # noqa: FBT001
    """Of some slices or all, opened beside other work or at once."""
    with ThreadPoolExecutor(1) as pool:
        slices = slices_of(case, stack)
        if is_ahead:
            slices.begin(pool)
        assert slices.ready() == []
        for box in (DEPTH, Box((0, 2, 5), (6, 3, 8))):
            (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
            expected = case.voxels[0, z0:z1, y0:y1, x0:x1].T
            np.testing.assert_array_equal(slices.read(box), expected, strict=True)


def test_those_that_decode_only_as_a_whole_are_decoded_once(case: Case, stack: ExitStack) -> None:
    """However many rows are read afterwards."""
    for image in images(case):
        image.grain = COMPRESSED
    slices = slices_of(case, stack)
    assert slices.ready() == []
    for y in range(7):
        slices.read(Box((0, y, 4), (6, y + 1, 9)))
    assert [len(image.asked) for image in images(case)] == [0] * 4 + [1] * 5 + [0] * 11


def test_bad_ones_are_told_in_their_order(case: Case, stack: ExitStack) -> None:
    """Before a row is read; a slice of another depth does not matter here."""
    plan = case.plan
    assert plan.feed == ReadStrategy()
    for z in (2, 4, 8):
        case.files[f"{FOLDER}/{z}.tif"] = "is empty"
    faults = slices_of(case, stack).ready()
    assert [fault.where for fault in faults] == [f"{FOLDER}/4.tif", f"{FOLDER}/8.tif"]


def test_they_are_closed_once(case: Case) -> None:
    """By the last reader, or, where nobody came to read them, at the end."""
    with ThreadPoolExecutor(1) as pool, ExitStack() as stack:
        slices_of(case, stack).begin(pool)
        read = slices_of(case, stack)
        read.ready()
        read.close()
    assert [image.times_opened for image in images(case)] == [0] * 4 + [2] * 5 + [0] * 11
    assert [image.times_closed for image in images(case)] == [0] * 4 + [2] * 5 + [0] * 11
