"""Boxes of planes that are decoded as a whole."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from wkflow.errors import SourceError
from wkflow.model.box import Box
from wkflow.model.source import Header
from wkflow.readers.base.whole_plane import cut, plane_for, require_inside, spans_plane

HEADER = Header(5, 4, 3, 2, "uint16", channels=2, axes=(("t", 2), ("l", 3)))
WHOLE = Box((0, 0, 1), (5, 4, 2))
PART = Box((1, 2, 0), (4, 4, 1))


def test_a_whole_plane_is_decoded_in_its_place() -> None:
    """No copy is made of it."""
    out = np.zeros((4, 5, 2), np.uint16)
    plane = plane_for(HEADER, WHOLE, out)
    assert spans_plane(HEADER, WHOLE)
    assert plane is out
    cut(plane, WHOLE, out)


def test_a_part_is_cut_out_of_the_plane() -> None:
    """Which is decoded into an array of its own."""
    out = np.zeros((2, 3, 2), np.uint16)
    plane = plane_for(HEADER, PART, out)
    assert not spans_plane(HEADER, PART)
    plane[...] = np.arange(plane.size).reshape(plane.shape)
    cut(plane, PART, out)
    assert_array_equal(out, plane[2:4, 1:4], strict=True)


def test_the_last_channel_and_frame_are_inside() -> None:
    """Frames are counted over all further axes."""
    require_inside("a.tif", HEADER, WHOLE, 1, 5)


@pytest.mark.parametrize(
    ("box", "channel", "frame"),
    [
        (Box((0, 0, 3), (1, 1, 4)), 0, 0),
        (Box((-1, 0, 0), (1, 1, 1)), 0, 0),
        (Box((2, 0, 0), (1, 1, 1)), 0, 0),
        (WHOLE, 2, 0),
        (WHOLE, 0, 6),
        (WHOLE, 0, -1),
    ],
)
def test_what_is_not_there_is_refused(box: Box, channel: int, frame: int) -> None:
    """With what was asked for, and what there is."""
    with pytest.raises(SourceError, match=r"5 x 4 x 2 channels .* in 3 planes; .* asked for"):
        require_inside("a.tif", HEADER, box, channel, frame)
