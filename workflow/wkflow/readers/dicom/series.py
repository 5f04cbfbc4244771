"""Slices of DICOM series: which belong together, in which order, how far apart.

Positions and orientations are in mm: PS3.3, C.7.6.2.1.1,
https://dicom.nema.org/medical/dicom/current/output/chtml/part03/sect_C.7.6.2.html#sect_C.7.6.2.1.1
"""

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from natsort import natsorted
from numpy.typing import NDArray
from pydicom.multival import MultiValue

from wkflow.readers.dicom.about import EVEN, even_step
from wkflow.readers.dicom.file import read_attributes, understood
from wkflow.readers.fault import translated
from wkflow.readers.unmarked import open_unmarked

TAGS = (
    *("SeriesInstanceUID", "Rows", "Columns", "SamplesPerPixel", "NumberOfFrames"),
    *("ImagePositionPatient", "ImageOrientationPatient", "InstanceNumber", "RescaleSlope"),
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

    `group` is alike for slices that make one volume. `position` is that of the first voxel,
    `axes` are the directions of its rows and columns; empty where the file states none.
    """

    path: str
    group: tuple[str, ...]
    position: Vector
    axes: Vector
    number: int | None
    slope: float


def sort_series(files: Sequence[str]) -> list[tuple[str, ...]]:
    """Tell the series among `files` apart, and put each in order.

    Slices go along their normal if their positions are distinct and lie on a line, else by
    InstanceNumber if those are distinct, else by their names. A series, and slices of different
    shape in one, are apart; they come in the order of their first names. A file of many frames is
    by itself.

    Raises
    ------
    SourceError
        If a file is no DICOM.
    """
    groups: dict[tuple[str, ...], list[Slice]] = defaultdict(list)
    for path in natsorted(files):
        one = _slice(path)
        groups[one.group].append(one)
    return [tuple(one.path for one in _in_order(slices)) for slices in groups.values()]


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
    with understood(path), open_unmarked(path) as file:
        get = read_attributes(file, path, list(TAGS)).get
        frames = str(get("NumberOfFrames") or 1)
        group = (*(str(get(name) or "") for name in TAGS[:4]), "" if frames == "1" else path)
        number = get("InstanceNumber")
        return Slice(
            path,
            group,
            _vector(get("ImagePositionPatient"), 3),
            _vector(get("ImageOrientationPatient"), 6),
            None if number is None else int(number),
            float(get("RescaleSlope") or 1),
        )


def _vector(value: Any, size: int) -> Vector:  # noqa: ANN401 -- whatever a file may hold
    vector = tuple(map(float, value)) if isinstance(value, MultiValue) else ()
    return vector if len(vector) == size else ()


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
