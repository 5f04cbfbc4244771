"""Slices of DICOM series: which make one volume, in which order, how far apart.

Positions and orientations are in mm: PS3.3, C.7.6.2.1.1,
https://dicom.nema.org/medical/dicom/current/output/chtml/part03/sect_C.7.6.2.html#sect_C.7.6.2.1.1
"""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from natsort import natsorted
from numpy.typing import NDArray
from pydicom.multival import MultiValue

from wkflow.errors import SourceError
from wkflow.readers.base.unmarked import open_unmarked
from wkflow.readers.dicom.deflated import plain
from wkflow.readers.dicom.file import read_attributes, understood
from wkflow.readers.dicom.metadata import EVEN, even_step, fact_of
from wkflow.readers.dicom.repeats import TOLD_BY, RepeatsError, places_of, split_repeats
from wkflow.source_errors import translated

TAGS = (
    *("SeriesInstanceUID", "Rows", "Columns", "SamplesPerPixel", "NumberOfFrames"),
    *("ImagePositionPatient", "ImageOrientationPatient", "InstanceNumber", "RescaleSlope"),
    *("SliceLocation", "TotalPixelMatrixColumns"),
    *TOLD_BY,
)

TURN = 1e-3
"""Cosines of one direction differ by less: they are written with few digits."""

WOBBLE = 0.1
"""Of the mean distance of slices: so far may they lie off their line."""

SLICES_KEPT = 2**16
"""More than a series has: sorting and measuring it read each file once."""

Vector = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """What one file says of its place.

    `group` is alike for slices of one series and shape. `position` is that of the first voxel,
    `axes` are the directions of its rows and columns; empty where the file states none. `location`
    is the place along the normal where the file states only that. `facts` are what may tell
    volumes apart whose slices lie at the same places.
    """

    path: str
    group: tuple[str, ...]
    position: Vector
    axes: Vector
    number: int | None
    slope: float
    location: float | None = None
    facts: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Series:
    """The slices of one volume in order; `label` tells it from others of its series."""

    files: tuple[str, ...]
    label: str = ""


def sort_series(files: Sequence[str]) -> list[Series]:
    """Tell the volumes among `files` apart, and put each in order.

    Slices go along their normal if their positions are distinct and lie on a line, else by
    InstanceNumber if those are distinct, else by their names. A series, and slices of different
    shape in one, are apart; they come in the order of their first names. So are slices of a series
    that face another way, and those at one place, by what differs between them: echo, time, image
    type, b-value. A file of many frames, or of a slide's tiles, is by itself.

    Raises
    ------
    SourceError
        If a file is no DICOM, or slices lie at one place and nothing tells them apart.
    """
    groups: dict[tuple[str, ...], list[Slice]] = defaultdict(list)
    for path in natsorted(files):
        one = _slice(path)
        groups[one.group].append(one)
    return [
        Series(tuple(one.path for one in _in_order(slices)), label)
        for group in groups.values()
        for label, slices in _volumes(group)
    ]


def series_spacing(files: Sequence[str]) -> float | None:
    """Give the distance of neighbours in mm, for a series in order; None if it is not even.

    Distances along the normal that differ by less than 1 % are even.
    """
    depths = _depths([_slice(path) for path in files])
    step = None if depths is None else even_step([float(depth) for depth in depths])
    return None if step is None else abs(step)


def series_notes(files: Sequence[str]) -> tuple[str, ...]:
    """Say what a person should know of a series in order: gaps, slices that are no volume."""
    slices = [_slice(path) for path in files]
    notes = []
    if len(slices) > 1 and all(one.position for one in slices):
        depths = _depths(slices)
        note = "the slices do not lie on a line" if depths is None else _gaps(slices, depths)
        notes += [note] if note else []
    if len({one.slope for one in slices}) > 1:
        notes.append("slices are to be rescaled differently: their stored values do not compare")
    return tuple(notes)


def _slice(path: str) -> Slice:
    with translated(path):
        found = os.stat(path)  # noqa: PTH116 -- ten thousand slices: no Path for each
        return _read(path, found.st_mtime_ns, found.st_size)


@lru_cache(SLICES_KEPT)
def _read(path: str, _time: int, _size: int) -> Slice:
    with understood(path), open_unmarked(path) as opened, plain(opened, None) as file:
        get = read_attributes(file, path, list(TAGS)).get
        is_alone = str(get("NumberOfFrames") or 1) != "1" or get("TotalPixelMatrixColumns")
        group = (*(str(get(name) or "") for name in TAGS[:4]), path if is_alone else "")
        number = get("InstanceNumber")
        return Slice(
            path,
            group,
            _vector(get("ImagePositionPatient"), 3),
            _vector(get("ImageOrientationPatient"), 6),
            None if number is None else int(number),
            float(get("RescaleSlope") or 1),
            _number(get("SliceLocation")),
            {name: fact_of(value) for name in TOLD_BY if (value := get(name)) is not None},
        )


def _number(value: Any) -> float | None:  # noqa: ANN401 -- as above
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _vector(value: Any, size: int) -> Vector:  # noqa: ANN401 -- whatever a file may hold
    vector = tuple(map(float, value)) if isinstance(value, MultiValue) else ()
    return vector if len(vector) == size else ()


def _volumes(slices: list[Slice]) -> Iterator[tuple[str, list[Slice]]]:
    """Tell the slices of a series apart that face another way or lie at the same places."""
    facing = _by_direction(slices)
    for number, some in enumerate(facing):
        direction = f"direction{number}" if len(facing) > 1 else ""
        places = _places(some)
        try:
            volumes = split_repeats(places or range(len(some)), [one.facts for one in some])
        except RepeatsError as repeats:
            raise _not_told(repeats, some) from None
        for volume in volumes:
            label = "_".join(filter(None, (direction, volume.label)))
            yield label, [some[member] for member in volume.members]


def _by_direction(slices: list[Slice]) -> list[list[Slice]]:
    """Group slices that face one way, unless one of them faces a way of its own (or none)."""
    groups: list[list[Slice]] = []
    for one in slices:
        for group in groups:
            if _is_parallel(group[0].axes, one.axes):
                group.append(one)
                break
        else:
            groups.append([one])
    return groups if min(map(len, groups)) > 1 else [slices]


def _is_parallel(one: Vector, other: Vector) -> bool:
    return len(one) == len(other) and all(
        abs(a - b) <= TURN for a, b in zip(one, other, strict=True)
    )


def _places(slices: list[Slice]) -> list[int]:
    """Give slices the numbers of their places along the normal; none if some do not state it."""
    first = slices[0].axes
    if all(one.position and one.axes and _is_parallel(first, one.axes) for one in slices):
        normal = np.cross(first[:3], first[3:])
        return places_of([float(np.dot(one.position, normal)) for one in slices])
    locations = [one.location for one in slices if one.location is not None]
    is_stated = len(locations) == len(slices) and not any(one.position for one in slices)
    places = places_of(locations) if is_stated else []
    return places if len(set(places)) > 1 else []  # one place for all is what a default looks like


def _not_told(repeats: RepeatsError, slices: list[Slice]) -> SourceError:
    """Name two slices at one place."""
    one, other = (slices[member].path for member in repeats.members)
    differs = repeats.differs or "nothing that is known"
    return SourceError(
        f"lies at the same place as {os.path.basename(other)}; they differ in {differs}",  # noqa: PTH119 -- as above
        one,
        "Put the slices of each volume into a folder of their own.",
    )


def _in_order(slices: list[Slice]) -> list[Slice]:
    """Sort slices that come in the order of their names."""
    depths = _depths(slices)
    if depths is not None:
        return [slices[index] for index in np.argsort(depths, kind="stable")]
    numbers = [one.number for one in slices if one.number is not None]
    if len(set(numbers)) == len(slices):
        return sorted(slices, key=lambda one: one.number or 0)
    return slices


def _depths(slices: list[Slice]) -> NDArray[np.float64] | None:
    """Give the position of each slice along the normal; None if they do not make a stack."""
    if len(slices) < 2 or not all(one.position and one.axes for one in slices):
        return None
    axes = np.array([one.axes for one in slices])
    if np.abs(axes - axes[0]).max() > TURN:
        return None
    positions = np.array([one.position for one in slices])
    depths: NDArray[np.float64] = positions @ np.cross(axes[0, :3], axes[0, 3:])
    ranks = np.argsort(depths)
    steps = np.diff(depths[ranks])
    extent = depths[ranks[-1]] - depths[ranks[0]]
    if steps.min() <= EVEN * extent / len(steps):
        return None  # some share a position
    first, last = positions[ranks[0]], positions[ranks[-1]]
    line = first + np.outer((depths - depths[ranks[0]]) / extent, last - first)
    is_line = np.abs(positions - line).max() <= WOBBLE * extent / len(steps)
    return depths if is_line else None


def _gaps(slices: list[Slice], depths: NDArray[np.float64]) -> str:
    """Say after which slice there is a gap, or that distances differ; nothing if all is even."""
    steps = np.abs(np.diff(depths))
    missing = steps / steps.min() - 1
    if missing.max() <= 2 * EVEN:
        return ""
    if np.abs(missing - np.rint(missing)).max() > 0.1:
        return f"slices are unevenly spaced: {steps.min():.4g} to {steps.max():.4g} mm apart"
    pairs = zip(pairwise(slices), np.rint(missing).astype(int), strict=True)
    (before, _), count = next((pair, lack) for pair, lack in pairs if lack)
    total = int(np.rint(missing).sum())
    name = os.path.basename(before.path)  # noqa: PTH119 -- as above
    return f"{total} slices seem to be missing, {count} of them after {name}"
