"""Sources made from seeds, written by tifffile and Pillow: no reader or writer of ours."""

from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import tifffile
from numpy.typing import NDArray

Voxels = NDArray[Any]
Shape = tuple[int, int, int]

CELL = 5
"""Edge of a label's cell: odd, so that cells of mags hold several labels, and ties."""


def noise(shape: tuple[int, ...], dtype: str, seed: int) -> Voxels:
    """Give noise over a gradient along z, y, x, over most of the dtype's range."""
    random = np.random.default_rng(seed)
    ramp = sum(np.ix_(*(np.linspace(0, 1, n) for n in shape[:3])), start=np.zeros(())) / 3
    ramp = ramp.reshape(ramp.shape + (1,) * (len(shape) - 3))
    level = 0.8 * ramp + 0.2 * random.random(shape)
    if np.issubdtype(dtype, np.floating):
        return (level * 2000 - 1000).astype(dtype)
    limits = np.iinfo(dtype)
    return (limits.min + level * (float(limits.max) - limits.min)).astype(dtype)


def labels(shape: Shape, dtype: str, seed: int) -> Voxels:
    """Give cells of sparse ids, 0 among them, and single stray voxels."""
    random = np.random.default_rng(seed)
    top = min(np.iinfo(dtype).max, 2**24)
    cells = random.integers(1, top, [n // CELL + 1 for n in shape])
    cells[random.random(cells.shape) < 0.1] = 0
    for axis in range(3):
        cells = cells.repeat(CELL, axis)
    voxels = cells[: shape[0], : shape[1], : shape[2]].astype(dtype)
    stray = random.random(shape) < 0.02
    voxels[stray] = random.integers(1, top, stray.sum())
    return voxels


def write_tiffs(folder: Path, voxels: Voxels) -> None:
    """Write each slice as a TIFF whose number is not padded: natural order is asked for."""
    folder.mkdir(parents=True)
    for z, plane in enumerate(voxels):
        tifffile.imwrite(folder / f"slice_{z}.tif", plane, compression="zlib")


def write_pngs(folder: Path, voxels: Voxels) -> None:
    """Write each slice, grey or RGB, as a PNG."""
    folder.mkdir(parents=True)
    for z, plane in enumerate(voxels):
        PIL.Image.fromarray(plane).save(folder / f"slice_{z}.png")
