"""Holes in stacks of frames."""

import pytest
from wkflow.readers.dicom.holes import Stack, places_in_stacks


@pytest.mark.parametrize(
    ("stacks", "places"),
    [
        ([[(None, None)] * 3], [[0, 1, 2]]),
        ([[(1.0, None)]], [[0]]),
        ([[(5.0, None), (2.5, None)]], [[0, 1]]),
        ([[(z, None) for z in (0.0, 1.0, 2.0, 1000.0)]], [[0, 1, 2, 3]]),
        ([[(z, None) for z in (0.0, 1.0, 2.01, 3.98, 5.0)]], [[0, 1, 2, 4, 5]]),
        ([[(None, 1)], [(None, None)] * 2], []),
    ],
)
def test_places_are_numbered(stacks: list[Stack], places: list[list[int]]) -> None:
    """Where it is not certain that one is missing, none is."""
    assert places_in_stacks(stacks)[0] == places
