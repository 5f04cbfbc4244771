"""Mags that are there, compared with the voxels that an independent writer put into them."""

import random
from pathlib import Path
from typing import Any

import numpy as np
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.formats.dataset_files import LocalFiles
from wkflow.formats.mag_reader import MagReader, open_mag
from wkflow.model.box import Box, Triple
from wkflow.model.layer import Grid, Layer
from wkflow.model.mag import Mag
from wkflow.model.stored_mag import StoredMag

Voxels = NDArray[Any]

BOXES = 25


def layer_of(voxels: Voxels, axes: tuple[tuple[str, int], ...] = (), **further: Any) -> Layer:  # noqa: ANN401
    """Describe voxels (frame, c, x, y, z) that begin at the origin."""
    _, channels, x, y, z = voxels.shape
    return Layer("em", "color", voxels.dtype.name, channels, (x, y, z), axes, **further)


def grid_of(layer: Layer, begin: Triple = (0, 0, 0)) -> Grid:
    """Lay the mag out; chunks and shards of the plan mean nothing for what is there."""
    return Grid(Mag(1, 1, 1), layer.size, (32, 32, 32), (64, 64, 64), begin)


def given_at(path: Path, data_format: str, axes: str = "", misses: str = "judge") -> StoredMag:
    return StoredMag(str(path.parent), f"./{path.name}", data_format, tuple(axes), misses)


def opened(given: StoredMag, layer: Layer, begin: Triple = (0, 0, 0)) -> MagReader:
    """Open a mag; files are closed when nobody holds them."""
    return open_mag(LocalFiles(given.root), given, layer, grid_of(layer, begin))


def random_box(dice: random.Random, size: Triple) -> Box:
    ends = [sorted(dice.sample(range(extent + 1), 2)) for extent in size]
    (x0, x1), (y0, y1), (z0, z1) = ends
    return Box((x0, y0, z0), (x1, y1, z1))


def require_voxels(
    given: StoredMag, voxels: Voxels, axes: tuple[tuple[str, int], ...] = ()
) -> None:
    """Compare all voxels (frame, c, x, y, z), and random boxes of each frame."""
    layer = layer_of(voxels, axes)
    mag, dice = opened(given, layer), random.Random(7)  # noqa: S311 -- no secret
    for frame, expected in enumerate(voxels):
        region = mag.region(frame)
        boxes = [Box((0, 0, 0), layer.size)]
        boxes += [random_box(dice, layer.size) for _ in range(BOXES)]
        for box in boxes:
            found = region(box)
            sides = zip(box.begin, box.end, strict=True)
            wanted = expected[:, *(slice(*side) for side in sides)]
            assert_array_equal(found, wanted, strict=True)
            assert found.T.flags.c_contiguous
            assert np.dtype(found.dtype).isnative
    assert mag.absent() == []


def noise(dtype: str, *shape: int) -> Voxels:
    """Make voxels without symmetry; none is zero, so that what is missing shows."""
    dice = np.random.default_rng(3)
    if dtype.startswith("float"):
        return (dice.random(shape) + 1).astype(dtype)
    info = np.iinfo(dtype)
    return dice.integers(1, info.max, shape, dtype, endpoint=True)
