"""Seeded data for measuring: noisy greyscale as from an electron microscope, and labels."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from scipy.spatial import KDTree

Plane = NDArray[Any]
Shape = tuple[int, int, int]

SEED = 2
STEP = 16
"""Pixels between the random points that make the smooth structure."""

GRAIN = 10
"""Standard deviation of the noise in grey values."""

REGION = 48
"""Mean edge of a labelled region in voxels along x and y; half of that along z."""


def em_planes(shape: Shape) -> Callable[[int], Plane]:
    """Give what makes slice z of a volume (z, y, x): smooth structure and gaussian grain."""
    depth, height, width = shape
    coarse = (depth // STEP + 2, height // STEP + 2, width // STEP + 2)
    structure = np.random.default_rng(SEED).normal(128, 40, coarse).astype(np.float32)
    rows, columns = _weights(height, coarse[1]), _weights(width, coarse[2]).T

    def plane(z: int) -> Plane:
        below, part = divmod(z / STEP, 1)
        between = (1 - part) * structure[int(below)] + part * structure[int(below) + 1]
        random = np.random.default_rng((SEED, z))
        grain = GRAIN * random.standard_normal((height, width), np.float32)
        return (rows @ between @ columns + grain).clip(0, 255).astype(np.uint8)

    return plane


def _weights(fine: int, coarse: int) -> NDArray[np.float32]:
    """Give the matrix that interpolates linearly between points STEP apart."""
    position = np.arange(fine)[:, np.newaxis] / STEP
    return (1 - np.abs(position - np.arange(coarse))).clip(0).astype(np.float32)


def label_planes(shape: Shape) -> Callable[[int], Plane]:
    """Give what makes slice z of a volume of Voronoi regions with sparse 24-bit ids."""
    size = np.array(shape)
    random = np.random.default_rng(SEED)
    count = max(2, int(size.prod() // (REGION**3 // 2)))
    stretch = np.array([2, 1, 1])
    regions = KDTree(random.uniform(0, size, (count, 3)) * stretch)
    ids = random.choice(2**24 - 1, count, replace=False).astype(np.uint32) + 1
    y, x = (axis.ravel() for axis in np.indices(shape[1:]))

    def plane(z: int) -> Plane:
        _, nearest = regions.query(np.stack([np.full_like(y, 2 * z), y, x], 1), workers=-1)
        return ids[nearest].reshape(shape[1:])

    return plane


KINDS = {"color": em_planes, "segmentation": label_planes}


def write_stack(folder: Path, kind: str, shape: Shape) -> Path:
    """Write the slices as plain TIFF files, unless an earlier run wrote all of them."""
    source = folder / kind
    if not source.exists():
        draft = folder / f"{kind}.draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        plane = KINDS[kind](shape)
        for z in range(shape[0]):
            tifffile.imwrite(draft / f"slice_{z:05d}.tif", plane(z))
        draft.rename(source)
    return source


def read_stack(kind: str, shape: Shape) -> NDArray[Any]:
    """Give the volume (z, y, x) itself."""
    plane = KINDS[kind](shape)
    return np.stack([plane(z) for z in range(shape[0])])
