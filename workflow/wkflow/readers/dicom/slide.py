"""Tiles of a slide as frames: where each lies in the total pixel matrix.

PS3.3, C.7.6.17.3 (spatial location and optical channel of tiles),
https://dicom.nema.org/medical/dicom/current/output/chtml/part03/sect_C.7.6.17.3.html
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from wkflow.errors import SourceError
from wkflow.readers.dicom.metadata import even_step, functional_items, stated_step
from wkflow.readers.dicom.pixels import Pixels
from wkflow.source_errors import REMEDY

TILES_MOST = 2**26
"""A grid of more places than that is not laid out: half a gigabyte of numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Tiles:
    """Frames as tiles.

    `frames` has the shape (paths, focal planes, rows, columns) and -1 where there is no tile; the
    paths are optical, or the segments of a segmentation. `step_mm` is the distance of the planes.
    """

    frames: NDArray[np.int64] = field(repr=False)
    size: tuple[int, int]
    names: tuple[str, ...]
    are_segments: bool
    step_mm: float | None = None
    notes: tuple[str, ...] = ()


def is_slide(dataset: Dataset, pixels: Pixels) -> bool:
    """Tell whether frames are tiles of a larger matrix."""
    total = _matrix(dataset)
    return min(total) > 0 and (pixels.frames > 1 or total != (pixels.columns, pixels.rows))


def slide_tiles(dataset: Dataset, pixels: Pixels, path: str) -> Tiles:
    """Say where each tile lies.

    TILED_FULL tiles follow one another, columns fastest, then rows, focal planes, and optical
    paths; others state their places, and those that are missing are zero.

    Raises
    ------
    SourceError
        If tiles lie at the same place, outside of the matrix or off its grid, or some of a full
        grid are missing.
    """
    width, height = _matrix(dataset)
    rows, columns = -(-height // pixels.rows), -(-width // pixels.columns)
    names, are_segments = _paths(dataset)
    groups = dataset.get("PerFrameFunctionalGroupsSequence") or []
    is_full = str(dataset.get("DimensionOrganizationType") or "") == "TILED_FULL"
    if is_full or len(groups) != pixels.frames:
        planes = int(dataset.get("TotalPixelMatrixFocalPlanes") or 1)
        paths = len(names) or int(dataset.get("NumberOfOpticalPaths") or 1)
        if pixels.frames != paths * planes * rows * columns:
            raise SourceError(
                f"has {pixels.frames} tiles; its matrix of {width} x {height} voxels takes "
                f"{paths * planes * rows * columns} ({paths} optical paths, {planes} focal planes)",
                path,
                REMEDY,
            )
        frames = np.arange(pixels.frames).reshape(paths, planes, rows, columns)
        names = names or tuple("" for _ in range(paths))
        return Tiles(frames, (width, height), names, are_segments, stated_step(dataset))
    places = np.array([_place(group, path, frame) for frame, group in enumerate(groups)])
    keys = [_path_of(group) for group in groups]
    heights = [_height_of(group) for group in groups]
    levels = sorted(set(heights))
    stated = dict(zip(_path_keys(dataset), names, strict=False))
    found = [key for key in stated if key in keys] + sorted({*keys} - stated.keys())
    shape = (len(found), len(levels), rows, columns)
    if np.prod(shape, dtype=float) > TILES_MOST:
        raise SourceError(f"has places for {np.prod(shape, dtype=float):.0f} tiles", path, REMEDY)
    at = (
        np.array([found.index(key) for key in keys]),
        np.array([levels.index(one) for one in heights]),
        *_grid_places(places, pixels, (rows, columns), path),
    )
    frames = np.full(shape, -1, np.int64)
    frames[at] = np.arange(pixels.frames)
    _require_apart(frames, at, path)
    missing = int((frames < 0).sum())
    notes = (f"{missing} of {frames.size} tiles are missing: they are zero",) if missing else ()
    step = even_step([height / 1000 for height in levels])
    return Tiles(
        frames, (width, height), tuple(stated.get(key) or key for key in found), are_segments,
        step or stated_step(dataset), notes,
    )  # fmt: skip


def _matrix(dataset: Dataset) -> tuple[int, int]:
    """Give the width and height of the total pixel matrix, 0 where there is none."""
    return (
        int(dataset.get("TotalPixelMatrixColumns") or 0),
        int(dataset.get("TotalPixelMatrixRows") or 0),
    )


def _paths(dataset: Dataset) -> tuple[tuple[str, ...], bool]:
    """Name the optical paths, or the segments."""
    if segments := dataset.get("SegmentSequence"):
        if str(dataset.get("SegmentationType") or "") == "LABELMAP":  # voxels are the segments
            return (), False
        return tuple(
            str(item.get("SegmentLabel") or f"segment{item.get('SegmentNumber')}")
            for item in segments
        ), True
    return tuple(
        str(item.get("OpticalPathDescription") or item.get("OpticalPathIdentifier") or "")
        for item in dataset.get("OpticalPathSequence") or []
    ), False


def _path_keys(dataset: Dataset) -> list[str]:
    """Give what frames call the paths of `_paths`."""
    segments = dataset.get("SegmentSequence")
    name = "SegmentNumber" if segments else "OpticalPathIdentifier"
    return [str(item.get(name)) for item in segments or dataset.get("OpticalPathSequence") or []]


def _path_of(group: Dataset) -> str:
    for item in functional_items(group):
        for name in ("ReferencedSegmentNumber", "OpticalPathIdentifier"):
            if item.get(name) is not None:
                return str(item.get(name))
    return ""


def _position(group: Dataset) -> Any:  # noqa: ANN401 -- a data set or an empty dict
    return (group.get("PlanePositionSlideSequence") or [{}])[0]


def _place(group: Dataset, path: str, frame: int) -> tuple[int, int]:
    """Give the row and column of a tile's first voxel, from 0."""
    position = _position(group)
    row = position.get("RowPositionInTotalImagePixelMatrix")
    column = position.get("ColumnPositionInTotalImagePixelMatrix")
    if row is None or column is None:
        raise SourceError(f"does not say where tile {frame + 1} lies", path, REMEDY)
    return int(row) - 1, int(column) - 1


def _height_of(group: Dataset) -> float:
    """Give the height of a tile above the slide, in micrometers."""
    return float(_position(group).get("ZOffsetInSlideCoordinateSystem") or 0)


def _grid_places(
    places: NDArray[np.int64], pixels: Pixels, grid: tuple[int, int], path: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the row and column in the grid of tiles."""
    extents = np.array([pixels.rows, pixels.columns])
    numbers, off = np.divmod(places, extents)
    wrong = off.any(axis=1) | (numbers < 0).any(axis=1) | (numbers >= np.array(grid)).any(axis=1)
    if wrong.any():
        tile = int(wrong.argmax())
        row, column = (int(number) + 1 for number in places[tile])
        raise SourceError(
            f"has tile {tile + 1} at row {row}, column {column}: off the grid of its matrix",
            path,
            REMEDY,
        )
    return numbers[:, 0], numbers[:, 1]


def _require_apart(frames: NDArray[np.int64], at: tuple[NDArray[np.int64], ...], path: str) -> None:
    hidden = frames[at] != np.arange(len(at[0]))
    if hidden.any():
        tile = int(hidden.argmax())
        other = int(frames[tuple(axis[tile] for axis in at)])
        raise SourceError(
            f"has tiles {tile + 1} and {other + 1} at the same place, focal plane and optical path",
            path,
            REMEDY,
        )
