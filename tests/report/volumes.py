"""A volume whose corners are marked, each with a value of its own: none is taken for another."""

import base64
import io
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.datasets import HandLayer, write_dataset

WIDTH, HEIGHT, DEPTH = 40, 30, 20
GROUND = 60
"""In slice 0; each slice is brighter by one than that before it."""

MARK = 5
"""Voxels along each edge of a mark."""

CORNERS = {
    (x, y, z): 120 + 17 * (x + 2 * y + 4 * z) for x in (0, 1) for y in (0, 1) for z in (0, 1)
}
"""Near (0) or far (1) along x, y and z, and the value there."""


def marked(dtype: str = "uint8") -> NDArray[np.generic]:
    """Give the voxels (t, c, x, y, z)."""
    volume = np.zeros((1, 1, WIDTH, HEIGHT, DEPTH), dtype)
    volume += np.arange(GROUND, GROUND + DEPTH).astype(dtype)
    near, far = slice(None, MARK), slice(-MARK, None)
    for (x, y, z), value in CORNERS.items():
        volume[0, 0, far if x else near, far if y else near, far if z else near] = value
    volume[0, 0, : WIDTH // 2, 10] = 190  # a bar, brightest in the middle slice
    volume[0, 0, : WIDTH // 2, 10, DEPTH // 2] = 200
    return volume


def dataset(folder: Path, *layers: HandLayer) -> Path:
    """Write a dataset of marked corners, or of other layers."""
    window = {"defaultViewConfiguration": {"intensityRange": [0, 255]}}
    return write_dataset(folder, *(layers or [HandLayer("em", {"1": marked()}, fields=window)]))


def picture_of(uri: str) -> NDArray[np.uint8]:
    """Decode a `data:` URI: (rows, columns, 3)."""
    found = re.fullmatch(r"data:image/(png|jpeg);base64,(.+)", uri)
    assert found
    image = Image.open(io.BytesIO(base64.b64decode(found[2])))
    return np.asarray(image.convert("RGB"))
