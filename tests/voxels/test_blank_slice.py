"""A slice that is not there is read as zeros."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from wkflow.model.box import Box
from wkflow.model.source import Header
from wkflow.voxels.blank_slice import BlankSlice
from wkflow.voxels.layer_reader import LayerReader

from tests.steps.stacks import grains, plan_of, write_tiffs


def test_it_overwrites_what_was_there() -> None:
    """With zeros of any dtype, in any channel and frame."""
    out = np.full((1, 4, 5, 3), 7, np.float32)
    blank = BlankSlice(Header(9, 8, 1, 3, "float32", 2))
    blank.read(Box((1, 2, 0), (6, 6, 1)), out, channel=1, frame=5)
    assert not out.any()
    assert blank.probe.header.size == (9, 8, 1)


@pytest.mark.parametrize("is_held", [True, False])
def test_no_file_is_opened_for_it(tmp_path: Path, *, is_held: bool) -> None:
    """Those around it are read as they are."""
    volume = grains(3)
    (one,) = plan_of(write_tiffs(tmp_path / "em", volume)).layers
    first, _, last = one.source.files
    one = replace(one, source=replace(one.source, files=(first, "", last)))
    whole = Box((0, 0, 0), (45, 37, 3))
    with ExitStack() as stack:
        reading = LayerReader(one, 0, stack)
        if is_held:
            stack.enter_context(reading.holding(whole))
        out = reading.empty(whole)
        reading.read(whole, out)
    expected = volume.copy()
    expected[1] = 0
    np.testing.assert_array_equal(out[..., 0], expected)
