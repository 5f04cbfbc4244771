"""Descriptions of Leica images."""

from xml.etree import ElementTree as ET

import numpy as np
import pytest
from wkflow.errors import SourceError
from wkflow.readers.lif.layout import Layout, colour_of, layout_of

from tests.readers.lif.by_hand import image_xml

ARRAY = np.zeros((2, 3, 4, 5, 6), "u2")


def layout(text: str) -> Layout:
    return layout_of(ET.fromstring(text), "there")  # noqa: S314 -- it is ours


def test_where_a_plane_begins() -> None:
    """Frames count the axes in the order of the header; the last byte is that of the last voxel."""
    found = layout(image_xml("a", ARRAY, "tlzyx"))
    assert found.header.axes == (("l", 3), ("t", 2))
    assert found.offset(0, 1) == ARRAY.strides[2]
    assert found.offset(1, 0) == ARRAY.strides[0]
    assert found.offset(2, 0) == ARRAY.strides[1]
    assert found.end == ARRAY.nbytes


def test_an_axis_that_nobody_named_keeps_its_place() -> None:
    """Leica may invent one."""
    text = image_xml("a", ARRAY[0, 0], "zyx").replace('DimID="3"', 'DimID="77"')
    found = layout(text)
    assert found.header.axes == (("axis2", 4),)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('DimID="1"', 'DimID="2"', "make no sense"),
        ('NumberOfElements="6"', 'NumberOfElements="0"', "make no sense"),
        ('BytesInc="2"', 'BytesInc="-2"', "make no sense"),
        ("<ChannelDescription ", "<Other ", "no type"),
    ],
)
def test_what_makes_no_sense_is_refused(old: str, new: str, words: str) -> None:
    """Two axes of one name, none of a voxel, backwards, and no channel."""
    text = image_xml("a", ARRAY[0, 0], "zyx").replace(old, new)
    with pytest.raises(SourceError, match=words):
        layout(text)


def test_channels_of_two_types_are_refused() -> None:
    """An image has one."""
    text = image_xml("a", ARRAY[0], "czyx").replace('Resolution="16"', 'Resolution="8"', 1)
    with pytest.raises(SourceError, match="uint16, uint8"):
        layout(text)


def test_a_lookup_table_of_many_colours_is_none() -> None:
    """Only plain names are colours."""
    assert colour_of("Glow(O&U)") is None
    assert colour_of(None) is None
    assert colour_of("Magenta") == (255, 0, 255)
