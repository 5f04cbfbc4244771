"""Bands in a few buffers: each is decoded when one is free, and no voxel is lost before that."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import numpy as np
import pytest
from wkflow.errors import SourceError
from wkflow.model.box import Box
from wkflow.voxels.band_decoder import BandDecoder
from wkflow.voxels.layer_reader import LayerReader

from tests.steps.arrays import FOLDER, ArrayImage
from tests.voxels.array_stacks import Case
from tests.voxels.conftest import MakeStack

CUT = [Box((0, 0, z), (6, 7, z + 2)) for z in range(0, 8, 2)]


@pytest.fixture
def case(make_stack: MakeStack) -> Case:
    """Make a stack of 8 slices, each decoded as a whole."""
    return make_stack(8, (6, 7, 1))


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as one:
        yield one


def decoder_of(case: Case, pool: ThreadPoolExecutor, buffers: int) -> BandDecoder:
    reading = LayerReader(case.plan, 0, ExitStack())
    return BandDecoder(reading, pool, [reading.empty(CUT[0]) for _ in range(buffers)])


def decoded(case: Case) -> int:
    """Count the slices that were decoded."""
    return sum(len(one.asked) for one in case.files.values() if isinstance(one, ArrayImage))


@pytest.mark.parametrize("buffers", [1, 2, 3])
def test_as_many_are_decoded_as_there_are_buffers(
    case: Case, pool: ThreadPoolExecutor, buffers: int
) -> None:
    """The next one with a release, whether or not it was asked for."""
    for number, (box, region, release) in enumerate(decoder_of(case, pool, buffers).in_turn(CUT)):
        assert box == CUT[number]
        z = box.begin[2]
        np.testing.assert_array_equal(region(box), case.voxels[0, z : z + 2].T, strict=True)
        assert decoded(case) <= 2 * (number + buffers)
        release()
    assert decoded(case) == 8


def test_nothing_is_decoded_for_one_who_stopped(case: Case, pool: ThreadPoolExecutor) -> None:
    """What is under way has ended then."""
    found = decoder_of(case, pool, 1).in_turn(CUT)
    _, _, release = next(found)
    found.close()
    before = decoded(case)
    release()
    assert decoded(case) == before == 2


def test_bad_slices_are_told_once_those_of_the_rest_too(
    case: Case, pool: ThreadPoolExecutor
) -> None:
    """With the first band that holds one; those before it are given."""
    for z in (3, 5, 7):
        case.files[f"{FOLDER}/{z}.tif"] = "is empty"
    found = decoder_of(case, pool, 2).in_turn(CUT[:3], CUT[3:])
    box, _, release = next(found)
    assert box == CUT[0]
    release()
    with pytest.raises(SourceError, match=r"3\.tif: is empty; 5\.tif: is empty; 7\.tif: is empty"):
        next(found)


def test_a_decoding_that_cannot_begin_is_told(case: Case) -> None:
    """Nobody waits for it for ever: here no thread takes work any more."""
    with ThreadPoolExecutor(1) as pool:
        decoder = decoder_of(case, pool, 1)
    with pytest.raises(RuntimeError, match="shutdown"):
        next(decoder.in_turn(CUT))
