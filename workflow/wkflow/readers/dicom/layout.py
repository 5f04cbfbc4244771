"""Which frames of a DICOM file make which image: planes, times, segments; tiles are in `slide`.

PS3.3, C.7.6.16.2 (functional groups), C.7.6.23 (temporal position), C.8.20.3 (segments),
https://dicom.nema.org/medical/dicom/current/output/chtml/part03/sect_C.7.6.16.2.html
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from wkflow.errors import SourceError
from wkflow.readers.dicom.holes import places_in_stacks
from wkflow.readers.dicom.metadata import fact_of, functional_items, stated_step
from wkflow.readers.dicom.pixels import Pixels
from wkflow.readers.dicom.repeats import TOLD_BY, RepeatsError, places_of, split_repeats
from wkflow.readers.dicom.slide import is_slide, slide_tiles
from wkflow.source_errors import REMEDY

NO_FRAME = -1
"""Stands where an image has a plane or tile that the file leaves out: its voxels are zero."""

SEGMENT = "ReferencedSegmentNumber"

EVEN = 0.1
"""Of the distance of planes: so far may one lie off the grid of a segmentation."""

MANY = 16
"""Times as many planes as a segmentation holds: beyond, its gaps are not filled."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """One image of a file.

    `frames` are the numbers of frames in the file, `NO_FRAME` where there is none: an array of
    shape (times, channels, planes, rows of tiles, columns of tiles); where frames are no tiles, the
    last two are 1. `size` is the width and height of the image in voxels. `step_mm` is the
    distance of its planes, None where the file states it otherwise or not at all. `holes` of the
    planes should be there, and were never written; others that are left out hold nothing.
    """

    frames: NDArray[np.int64] = field(repr=False)
    size: tuple[int, int]
    name: str = ""
    channels: tuple[str, ...] = ()
    step_mm: float | None = None
    notes: tuple[str, ...] = ()
    holes: int = 0


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a file says of one frame: its depth along the normal in mm, its number in its stack."""

    time: int
    depth: float | None
    number: int | None
    segment: str
    facts: dict[str, str]


def layouts_of(dataset: Dataset, pixels: Pixels, path: str) -> tuple[Layout, ...]:
    """Tell the images of a file apart.

    Tiles of a slide make one image; each segment of a segmentation is one; frames at one place
    are told apart by time, and by what `TOLD_BY` lists. Frames of which the file says nothing are
    planes, as they are stored.

    Raises
    ------
    SourceError
        If frames lie at one place and nothing tells them apart, or a volume lacks planes.
    """
    if is_slide(dataset, pixels):
        return _of_tiles(dataset, pixels, path)
    size = (pixels.columns, pixels.rows)
    frames = _frames(dataset, pixels.frames)
    if not frames:
        notes = _cine_notes(dataset) if pixels.frames > 1 else ()
        return (Layout(np.arange(pixels.frames).reshape(1, 1, -1, 1, 1), size, notes=notes),)
    if any(one.segment for one in frames):
        return _of_segments(dataset, frames, size)
    try:
        volumes = split_repeats(_places(frames), [one.facts for one in frames])
    except RepeatsError as repeats:
        one, other = repeats.members
        raise SourceError(
            f"has frames {one + 1} and {other + 1} at the same place; they differ in "
            f"{repeats.differs or 'nothing that is known'}",
            path,
            "Export each volume to a file of its own.",
        ) from None
    return tuple(_of_volume(frames, volume.members, size, volume.label, path) for volume in volumes)


def _frames(dataset: Dataset, count: int) -> list[_Frame]:
    """Read what the file says of each frame; nothing if it does not speak of all of them."""
    groups = dataset.get("PerFrameFunctionalGroupsSequence") or []
    if len(groups) != count:
        return _frames_of_vectors(dataset, count)
    shared = list(dataset.get("SharedFunctionalGroupsSequence") or [])[:1]
    return [_frame([group, *shared]) for group in groups]


def _frame(groups: Sequence[Dataset]) -> _Frame:
    items = [item for group in groups for item in functional_items(group)]

    def first(name: str) -> Any:  # noqa: ANN401 -- whatever a file may hold
        return next((value for item in items if (value := item.get(name)) is not None), None)

    facts = {name: fact_of(value) for name in TOLD_BY if (value := first(name)) is not None}
    position, axes = first("ImagePositionPatient"), first("ImageOrientationPatient")
    depth, number = None, first("InStackPositionNumber")
    if position is not None and axes is not None and len(position) == 3 and len(axes) == 6:
        normal = np.cross(np.array(axes[:3], float), np.array(axes[3:], float))
        depth = float(np.dot(np.array(position, float), normal))
    time = int(first("TemporalPositionIndex") or 0)
    number = None if number is None else int(number)
    return _Frame(time, depth, number, facts.get(SEGMENT, ""), facts)


def _frames_of_vectors(dataset: Dataset, count: int) -> list[_Frame]:
    """Read what nuclear medicine says of its frames, a vector for each of their indices.

    PS3.3, C.8.4.8: FrameIncrementPointer names the vectors.
    """
    vectors = {
        name: list(value)
        for name in ("SliceVector", "AngularViewVector", "TimeSliceVector", "PhaseVector",
                     "RotationVector", "EnergyWindowVector", "DetectorVector", "TimeSlotVector")
        if isinstance(value := dataset.get(name), Sequence) and len(value) == count
    }  # fmt: skip
    if count < 2 or not vectors:
        return []
    times = [vectors[name] for name in ("PhaseVector", "TimeSlotVector", "TimeSliceVector")
             if name in vectors]  # fmt: skip
    places = [vectors[name] for name in ("RotationVector", "SliceVector", "AngularViewVector")
              if name in vectors]  # fmt: skip
    time, place = _ranks(times, count), _ranks(places, count)
    return [
        _Frame(
            time[frame],
            None,
            place[frame],
            "",
            {name: str(vectors[name][frame]) for name in TOLD_BY if name in vectors},
        )
        for frame in range(count)
    ]


def _ranks(vectors: list[list[Any]], count: int) -> list[int]:
    """Give each combination of several indices its number in their order."""
    keys = list(zip(*vectors, strict=True)) if vectors else [()] * count
    ranks = {key: rank for rank, key in enumerate(sorted(set(keys)))}
    return [ranks[key] for key in keys]


def _places(frames: list[_Frame]) -> list[Hashable]:
    """Say where and when each frame lies; a frame that does not say lies by itself."""
    times = [one.time for one in frames]
    depths = [one.depth for one in frames if one.depth is not None]
    numbers = [one.number for one in frames if one.number is not None]
    if len(depths) == len(frames):
        return list(zip(times, places_of(depths), strict=True))
    are_numbered = len(numbers) == len(frames)
    return list(zip(times, numbers if are_numbered else range(len(frames)), strict=True))


def _of_volume(
    frames: list[_Frame], members: Sequence[int], size: tuple[int, int], name: str, path: str
) -> Layout:
    """Arrange the frames of a volume: for each time its planes, in the order of their places.

    Where they are stored from the last place to the first, or do not state it, that order stays.
    A place without a frame at one of the times, or in an even grid, was never written.
    """
    times: dict[int, list[int]] = defaultdict(list)
    for member in members:
        times[frames[member].time].append(member)
    ordered = [_in_order(frames, times[time]) for time in sorted(times)]
    stacks = [[(frames[plane].depth, frames[plane].number) for plane in row] for row in ordered]
    places, step = places_in_stacks(stacks)
    if not places:
        counts = ", ".join(f"{len(times[time])} at time {time}" for time in sorted(times))
        raise SourceError(f"has another number of planes at each time: {counts}", path, REMEDY)
    rows = np.full((len(ordered), 1, 1 + max(map(max, places)), 1, 1), NO_FRAME, np.int64)
    for row, at, planes in zip(rows, places, ordered, strict=True):
        row[0, at, 0, 0] = planes
    return Layout(rows, size, name, step_mm=step, holes=int((rows == NO_FRAME).sum()))


def _in_order(frames: list[_Frame], planes: list[int]) -> list[int]:
    """Sort by numbers in the stack if they are distinct, else by depth, else as stored."""
    numbers = [number for plane in planes if (number := frames[plane].number) is not None]
    if len(set(numbers)) == len(planes):
        return [planes[rank] for rank in np.argsort(numbers)]
    depths = [depth for plane in planes if (depth := frames[plane].depth) is not None]
    if len(depths) < len(planes) or depths == sorted(depths, reverse=True):
        return planes
    return [planes[rank] for rank in np.argsort(depths, kind="stable")]


def _of_segments(
    dataset: Dataset, frames: list[_Frame], size: tuple[int, int]
) -> tuple[Layout, ...]:
    """Make an image of each segment, all on the planes that any of them has.

    A segmentation leaves out planes that hold nothing of a segment: PS3.3, C.8.20.2.
    """
    names = {
        str(item.get("SegmentNumber")): str(item.get("SegmentLabel") or "")
        for item in dataset.get("SegmentSequence") or []
    }
    numbers = sorted({one.segment for one in frames}, key=lambda number: int(number or 0))
    places, step, notes = _grid(dataset, frames)
    layouts = []
    for number in numbers:
        planes = np.full((1, 1, max(places) + 1, 1, 1), NO_FRAME, np.int64)
        for frame, one in enumerate(frames):
            if one.segment == number:
                planes[0, 0, places[frame]] = frame
        name = names.get(number) or f"segment{number}"
        layouts.append(Layout(planes, size, name, step_mm=step, notes=notes))
    return tuple(layouts)


def _grid(
    dataset: Dataset, frames: list[_Frame]
) -> tuple[list[int], float | None, tuple[str, ...]]:
    """Give the plane of each frame, the distance of planes, and what is to be said of it."""
    stated = [one.depth for one in frames if one.depth is not None]
    if len(stated) < len(frames):  # of each segment the first, second, ... frame
        seen: dict[str, int] = defaultdict(int)
        places = []
        for one in frames:
            places.append(seen[one.segment])
            seen[one.segment] += 1
        return places, None, ()
    ranks = places_of(stated)
    depths = np.array(stated)
    steps = np.diff(np.unique(np.round(depths, 4)))
    if not len(steps):
        return ranks, None, ()
    step = stated_step(dataset) or float(steps.min())
    planes = (depths - depths.min()) / step
    is_even = np.abs(planes - np.rint(planes)).max() <= EVEN
    if not is_even or planes.max() > MANY * (max(ranks) + 1):
        return ranks, None, ("the planes of its segments are unevenly spaced",)
    missing = int(np.rint(planes.max())) - max(ranks)
    notes = (f"{missing} planes that hold no segment are left out of it: they are zero",)
    return [int(plane) for plane in np.rint(planes)], step, notes if missing else ()


def _of_tiles(dataset: Dataset, pixels: Pixels, path: str) -> tuple[Layout, ...]:
    """Lay out the tiles of a slide; each segment of a segmentation of one is an image."""
    tiles = slide_tiles(dataset, pixels, path)
    whole = Layout(tiles.frames[None], tiles.size, step_mm=tiles.step_mm, notes=tiles.notes)
    if not tiles.are_segments:
        return (replace(whole, channels=tiles.names if len(tiles.names) > 1 else ()),)
    return tuple(
        replace(whole, frames=tiles.frames[None, number : number + 1], name=name)
        for number, name in enumerate(tiles.names)
    )


def _cine_notes(dataset: Dataset) -> tuple[str, ...]:
    """Say that the planes are pictures of one place, where the file gives the time between them."""
    if dataset.get("FrameTime") is None and dataset.get("FrameTimeVector") is None:
        return ()
    return ("its frames are times, at a place that it does not state; they become planes",)
