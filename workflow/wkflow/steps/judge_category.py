"""Color or segmentation? Decided by the same evidence in every run, and said."""

import re

import numpy as np
from numpy.typing import NDArray

from wkflow.readers import open_image
from wkflow.source import Source

WINDOW_VX = 64
"""Edge of the squares that are looked at: a label seldom has more than a few in one."""

GRID = 5
"""Squares along x and y of a slice, evenly spread."""

ENOUGH_VOXELS = 1000
VOXELS_PER_VALUE = 200
"""The official tool's thresholds: images have more distinct values, labels fewer."""

_SEGMENTATION = re.compile(r"segmentation|labels", re.IGNORECASE)


def judge_category(source: Source) -> tuple[str, str]:
    """Give the category of a layer and the evidence for it.

    The name decides first: a path with `segmentation` or `labels` in it. Else samples with
    several channels or fractions are color. Else fixed squares of the first, the middle and the
    last slice are looked at, zeros and the dtype's maximum left out.
    """
    if match := _SEGMENTATION.search(source.files[0]):
        return "segmentation", f"its path contains {match[0]!r}"
    header = source.header
    if header.channels > 1 or header.dtype.startswith("float"):
        return "color", f"it holds {header}"
    values, voxels = 0, 0
    for z in sorted({0, source.depth // 2, source.depth - 1}):
        for square in _squares(_read(source, z)):
            used = square[(square != 0) & (square != _maximum(square))]
            values, voxels = values + len(np.unique(used)), voxels + used.size
    seen = f"{values} distinct values in squares of {voxels} voxels"
    if voxels < ENOUGH_VOXELS:
        return "color", f"too little to see: {seen}"
    is_color = values * VOXELS_PER_VALUE > voxels
    return ("color" if is_color else "segmentation"), seen


def _read(source: Source, z: int) -> NDArray[np.generic]:
    file, page = source.plane(z)
    header = source.header
    plane = np.empty((header.height, header.width, header.channels), header.dtype)
    with open_image(file) as image:
        if image.header != header:  # told apart and reported when the slab is converted
            return np.zeros((1, 1), header.dtype)
        image.read(page, plane)
    return plane[..., 0]


def _squares(plane: NDArray[np.generic]) -> list[NDArray[np.generic]]:
    height, width = plane.shape
    return [
        plane[y : y + WINDOW_VX, x : x + WINDOW_VX]
        for y in np.linspace(0, max(0, height - WINDOW_VX), GRID).astype(int)
        for x in np.linspace(0, max(0, width - WINDOW_VX), GRID).astype(int)
    ]


def _maximum(plane: NDArray[np.generic]) -> int:
    bits = plane.dtype.itemsize * 8
    return int(2 ** (bits - 1) - 1 if plane.dtype.kind == "i" else 2**bits - 1)
