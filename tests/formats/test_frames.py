"""Frames and the files they are in."""

from dataclasses import replace

import numpy as np
from wkflow.formats.frames import frame_ends, frame_position, refuse_axes
from wkflow.model.layer import Layer

LAYER = Layer("em", "color", "uint8", 1, (9, 9, 9), (("t", 3), ("e", 4), ("l", 2)))


def test_frames_are_counted_as_numpy_does() -> None:
    """In C order: the last axis runs fastest."""
    for frame in range(LAYER.frames):
        position = [int(index) for index in np.unravel_index(frame, (3, 4, 2))]
        assert frame_position(LAYER, frame) == position
    assert frame_position(Layer("em", "color", "uint8", 1, (9, 9, 9)), 0) == []


def test_indexes_begin_where_the_axes_do() -> None:
    """Frame 0 of a dataset that exists may be time point 5; arrays count from 0 all the same."""
    later = replace(LAYER, axis_begins=(5, 0, 7))
    assert frame_position(later, 0) == [5, 0, 7]
    assert frame_position(later, LAYER.frames - 1) == [7, 3, 8]
    assert frame_ends(later) == [8, 4, 9]
    assert frame_ends(LAYER) == [3, 4, 2]
    assert frame_ends(Layer("em", "color", "uint8", 1, (9, 9, 9))) == []


def test_the_words_name_the_axes() -> None:
    """One or several; a layer without any is not refused."""
    one = Layer("em", "color", "uint8", 1, (9, 9, 9), (("t", 3),))
    assert refuse_axes(one, "WKW") == (
        "WKW holds only x, y and z; the source has the axis t besides"
    )
    assert "the axes t and e and l" in str(refuse_axes(LAYER, "WKW"))
    assert refuse_axes(Layer("em", "color", "uint8", 1, (9, 9, 9)), "WKW") is None
