"""A small made-up stack, so that the first command has something to show."""

from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from wkflow.planning.sample import SIZE

CELLS = 60
SEED = 4


def make_sample(folder: Path) -> None:
    """Write `sample/slices/color` and `sample/slices/segmentation`, unless they are there.

    Cells with dark membranes and grainy insides, and the same cells as labels: the nearest of a
    few random points, by a metric that knows that slices are thicker than pixels.
    """
    slices = folder / "sample" / "slices"
    if (slices / "segmentation" / f"slice_{SIZE[0] - 1:03d}.tif").exists():
        return
    random = np.random.default_rng(SEED)
    labels, membrane = _cells(random)
    grain = random.normal(0, 9, SIZE).astype(np.float32)
    image = np.clip(70 + 110 * membrane + grain, 1, 255).astype(np.uint8)
    for name, volume in (("color", image), ("segmentation", labels)):
        (slices / name).mkdir(parents=True, exist_ok=True)
        for z, plane in enumerate(volume):
            tifffile.imwrite(slices / name / f"slice_{z:03d}.tif", plane, compression="zlib")


def _cells(random: np.random.Generator) -> tuple[NDArray[np.uint16], NDArray[np.float32]]:
    """Give labels 1 .. CELLS, and a brightness that falls to 0 towards the nearest border."""
    z, y, x = (axis.astype(np.float32) for axis in np.ogrid[: SIZE[0], : SIZE[1], : SIZE[2]])
    nearest = np.full(SIZE, np.inf, np.float32)
    second = nearest.copy()
    labels = np.zeros(SIZE, np.uint16)
    for label, (cz, cy, cx) in enumerate(random.uniform((0, 0, 0), SIZE, (CELLS, 3)), start=1):
        distance = np.sqrt((2.2 * (z - cz)) ** 2 + (y - cy) ** 2 + (x - cx) ** 2)
        closer = distance < nearest
        second = np.where(closer, nearest, np.minimum(second, distance))
        labels[closer] = label
        nearest = np.where(closer, distance, nearest)
    return labels, np.clip((second - nearest) / 9, 0, 1)
