"""Draw a dataset in one format as the official library writes it; FORMAT and FOLDER are given.

Run as a script by the official environment's Python. Shards are small, those of zeros are not
written, boxes begin anywhere, and layers hold labels, colours and time.
"""

import sys
import warnings
from typing import Any

import numpy as np
from webknossos import COLOR_CATEGORY, SEGMENTATION_CATEGORY, BoundingBox, Dataset, NDBoundingBox

Voxels = np.ndarray[Any, Any]

SIZE = (100, 70, 40)


def noise(*shape: int, dtype: str = "uint8") -> Voxels:
    """Give voxels of the whole range, labels in cells of three and a few alone."""
    random = np.random.default_rng(len(shape))
    info = np.iinfo(dtype)
    return random.integers(info.min, info.max, shape, dtype, endpoint=True)


def labels() -> Voxels:
    """Give cells of ids that no float64 holds, and some of them alone."""
    ids = np.array([0, 3, 2**53 + 1, 2**53 + 2, 2**63 + 5], np.uint64)
    random = np.random.default_rng(5)
    cells = random.choice(ids, (34, 24, 14))
    for axis in range(3):
        cells = cells.repeat(3, axis)
    voxels = cells[:100, :70, :40]
    stray = random.random(voxels.shape) < 0.2
    voxels[stray] = random.choice(ids, stray.sum())
    return voxels


def draw(dataset: Dataset, data_format: str) -> None:
    """Write all layers."""
    edges = {"chunk_shape": 32, "shard_shape": 32 if data_format == "zarr" else 64}
    sparse = np.zeros(SIZE, np.uint8)
    sparse[:20, :20, :20] = noise(20, 20, 20)
    layers: dict[str, tuple[Voxels, tuple[int, int, int]]] = {
        "dense": (noise(*SIZE), (0, 0, 0)),
        "sparse": (sparse, (0, 0, 0)),
        "wide": (noise(*SIZE, dtype="uint16"), (13, 7, 5)),
        "far": (noise(*SIZE), (1001, 203, 51)),
        "rgb": (noise(3, *SIZE), (0, 0, 0)),
        "ids": (labels(), (3, 3, 3)),
    }
    for name, (voxels, begin) in layers.items():
        layer = dataset.add_layer(
            name,
            SEGMENTATION_CATEGORY if name == "ids" else COLOR_CATEGORY,
            dtype_per_channel=str(voxels.dtype),
            num_channels=3 if name == "rgb" else 1,
            data_format=data_format,
            bounding_box=BoundingBox(begin, SIZE),
            **({"largest_segment_id": 2**53 - 1} if name == "ids" else {}),
        )
        layer.add_mag(1, **edges).write(voxels, absolute_offset=begin)
    if data_format == "zarr3":  # it writes no more than four axes in zarr
        _draw_time(dataset, data_format, edges)


def _draw_time(dataset: Dataset, data_format: str, edges: dict[str, int]) -> None:
    box = NDBoundingBox((0, 0, 0, 0, 0), (1, 3, *SIZE), ("c", "t", "x", "y", "z"), (0, 1, 2, 3, 4))
    layer = dataset.add_layer(
        "time", COLOR_CATEGORY, dtype_per_channel="uint8", data_format=data_format, bounding_box=box
    )
    layer.add_mag(1, **edges).write(noise(1, 3, *SIZE), absolute_bounding_box=box)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    draw(Dataset(sys.argv[2], voxel_size=(11.24, 11.24, 25.0)), sys.argv[1])
