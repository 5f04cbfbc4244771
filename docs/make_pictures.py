"""The pictures of README and documentation: the sample, converted by the workflow.

`python docs/make_pictures.py docs/pictures` writes them; a test sees that they would come out the
same. Nothing is written in them: captions belong to the pages, and fonts differ between machines.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import zarr
from numpy.typing import NDArray
from PIL import Image
from wkflow.planning.make_sample import make_sample
from wkflow.planning.sample import SIZE, VOXEL_SIZE, sample_options

Picture = NDArray[np.uint8]
"""RGB, (y, x, 3)."""

GAP = 8
"""Pixels between two panels."""

DEPTH, HEIGHT, _ = SIZE
MIDDLE_Z, MIDDLE_Y = DEPTH // 2, HEIGHT // 2
BAR_NM = 500
COLORS = 128
STEP = 12
"""Between two grey values that are shown: fine grain would be most of the bytes."""


def convert(folder: Path) -> Path:
    """Make the sample and convert it by the command that people type."""
    make_sample(folder)
    options = sample_options(folder)
    size = ",".join(map(str, VOXEL_SIZE))
    command = [sys.executable, "-m", "wkflow.cli.main", "convert", "--quiet", "--voxel-size", size]
    paths = [str(options["source"]), str(options["target"])]
    subprocess.run([*command, *paths], check=True)  # noqa: S603 -- it is our own command
    return Path(paths[1])


def layer(dataset: Path, name: str, mag: str) -> NDArray[np.generic]:
    """Read a mag of the dataset as (z, y, x)."""
    array = zarr.open_array(dataset / name / mag, mode="r")
    return np.asarray(array[0]).T


def grey(plane: NDArray[np.generic]) -> Picture:
    """Show values as they are, but for the finest differences."""
    return np.repeat((plane // STEP * STEP).astype(np.uint8)[:, :, None], 3, axis=2)


def coloured(labels: NDArray[np.generic]) -> Picture:
    """Give each id a colour of its own: hues by the golden ratio, so that neighbours differ."""
    hue = labels.astype(np.float64) * 0.618034 % 1
    channels = [np.abs((hue + shift) % 1 * 6 - 3) - 1 for shift in (0, 2 / 3, 1 / 3)]
    rgb = np.stack([np.clip(channel, 0, 1) for channel in channels], axis=2)
    return np.where(labels[:, :, None] == 0, 0, 70 + 170 * rgb).astype(np.uint8)


def overlay(plane: NDArray[np.generic], labels: NDArray[np.generic]) -> Picture:
    """Lay colours of labels over grey values."""
    return (0.62 * grey(plane) + 0.38 * coloured(labels)).astype(np.uint8)


def stretched(picture: Picture, rows: float, columns: float = 1) -> Picture:
    """Repeat pixels, so that a pixel is as high and wide as its voxel."""
    height, width, _ = picture.shape
    y = (np.arange(round(height * rows)) / rows).astype(int)
    x = (np.arange(round(width * columns)) / columns).astype(int)
    return picture[y][:, x]


def with_bar(picture: Picture, nm_per_pixel: float) -> Picture:
    """Draw a bar of 500 nm into the lower right corner."""
    shown, width = picture.copy(), round(BAR_NM / nm_per_pixel)
    shown[-16:-8, -width - 14 : -10] = 0
    shown[-14:-10, -width - 12 : -12] = 255
    return shown


def side_by_side(panels: Sequence[Picture]) -> Picture:
    """Put panels into a row, aligned at their tops, on white."""
    height = max(len(panel) for panel in panels)
    row = []
    for panel in panels:
        below = np.full((height - len(panel), panel.shape[1], 3), 255, np.uint8)
        row += [np.full((height, GAP, 3), 255, np.uint8), np.concatenate([panel, below])]
    return np.concatenate(row[1:], axis=1)


def pictures(dataset: Path) -> dict[str, Picture]:
    """Draw all pictures, by their names."""
    color, labels = (layer(dataset, name, "1") for name in ("color", "segmentation"))
    x_nm, _, z_nm = VOXEL_SIZE
    side = overlay(color[:, MIDDLE_Y], labels[:, MIDDLE_Y])
    coarse = (layer(dataset, name, "2-2-1")[MIDDLE_Z] for name in ("color", "segmentation"))
    top = stretched(overlay(*coarse), 2, 2)
    mags = []
    for mag in ("1", "2-2-1", "4-4-2"):
        found = layer(dataset, "color", mag)
        shown = grey(found[len(found) // 2])
        times = HEIGHT / len(shown)
        mags.append(stretched(shown, times, times)[:160, :200])
    return {
        "sample": side_by_side([grey(color[MIDDLE_Z]), with_bar(top, x_nm)]),
        "side": with_bar(stretched(side, z_nm / x_nm), x_nm),
        "pyramid": side_by_side(mags),
    }


def main(folder: Path) -> None:
    """Write all pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        drawn = pictures(convert(Path(temporary)))
    for name, pixels in drawn.items():
        image = Image.fromarray(pixels).quantize(COLORS, Image.Quantize.MAXCOVERAGE)
        image.save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
