"""Which frame of a DICOM file is which plane at which time.

PS3.3, C.7.6.16.2.2 (frame content) and C.7.6.23 (temporal position),
https://dicom.nema.org/medical/dicom/current/output/chtml/part03/sect_C.7.6.16.2.2.html
"""

from collections import defaultdict
from typing import Any

from pydicom.dataset import Dataset

Order = tuple[tuple[int, ...], ...]
"""Numbers of frames in the file, for each time those of its planes."""


def order_of(dataset: Dataset, frames: int) -> Order:
    """Tell times from planes where the file does; else all frames are planes, as they are stored.

    Planes of one time are put in the order of their position in the stack if each has another.
    """
    groups = dataset.get("PerFrameFunctionalGroupsSequence") or []
    contents = [_content(group) for group in groups]
    as_stored = (tuple(range(frames)),)
    if len(contents) != frames:
        return as_stored
    times: dict[int, list[int]] = defaultdict(list)
    for frame, content in enumerate(contents):
        times[int(content.get("TemporalPositionIndex") or 0)].append(frame)
    if len({len(planes) for planes in times.values()}) != 1:
        return as_stored
    stacks = {str(content.get("StackID") or "") for content in contents}
    places = [content.get("InStackPositionNumber") for content in contents]
    if len(stacks) == 1 and all(
        len({places[frame] for frame in planes} - {None}) == len(planes)
        for planes in times.values()
    ):
        return tuple(tuple(sorted(times[t], key=places.__getitem__)) for t in sorted(times))
    return tuple(tuple(times[time]) for time in sorted(times))


def _content(group: Dataset) -> Any:  # noqa: ANN401 -- a data set or an empty dict
    return (group.get("FrameContentSequence") or [{}])[0]
