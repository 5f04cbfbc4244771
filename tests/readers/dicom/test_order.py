"""Frames of enhanced files, as planes and times."""

from typing import Any

import pytest
from pydicom.dataset import Dataset
from wkflow.readers.dicom.order import order_of

from tests.readers.dicom.writer import items


def dataset(*contents: dict[str, Any]) -> Dataset:
    found = Dataset()
    groups = [{"FrameContentSequence": items(content)} for content in contents]
    found.PerFrameFunctionalGroupsSequence = items(*groups)
    return found


def content(time: int, place: int | None = None, stack: str = "1") -> dict[str, Any]:
    stated = {} if place is None else {"InStackPositionNumber": place, "StackID": stack}
    return {"TemporalPositionIndex": time, **stated}


@pytest.mark.parametrize(
    ("contents", "order"),
    [
        ([content(1, 1), content(2, 1), content(1, 2), content(2, 2)], ((0, 2), (1, 3))),
        ([content(2, 2), content(2, 1), content(1, 2), content(1, 1)], ((3, 2), (1, 0))),
        ([content(1), content(2), content(1), content(2)], ((0, 2), (1, 3))),
        ([content(1, 2), content(1, 1)], ((1, 0),)),
        ([content(1, 1), content(1, 1)], ((0, 1),)),
        ([content(1, 2, "1"), content(1, 1, "2")], ((0, 1),)),
        ([content(1, 1), content(2, 1), content(2, 2)], ((0, 1, 2),)),
        ([{}, {}], ((0, 1),)),
    ],
)
def test_frames_are_put_where_they_say(
    contents: list[dict[str, Any]], order: tuple[tuple[int, ...], ...]
) -> None:
    """By time, and by position where each of one stack has another; else as they are stored."""
    assert order_of(dataset(*contents), len(contents)) == order


def test_plain_frames_are_planes() -> None:
    """Also if the file describes another number of frames than it has."""
    assert order_of(Dataset(), 3) == ((0, 1, 2),)
    assert order_of(dataset(content(1), content(2)), 3) == ((0, 1, 2),)
