"""Datasets by hand in each format, and a stand-in of each version of the server."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from wkflow.inspection.open_dataset import Dataset, open_dataset

from tests.datasets import HandLayer, write_dataset
from tests.standin.conftest import served  # noqa: F401

FORMATS = ("zarr3", "zarr", "wkw", "n5", "neuroglancerPrecomputed")
"""All that datasets may be stored in."""

WriteDataset = Callable[[str], Path]


def two_mags(data_format: str, name: str = "em") -> HandLayer:
    """Give a layer of 70 x 50 x 40 voxels, none of them zero: 18 shards or 60 chunks, and 2 mags.

    Chunks have an edge of 16 voxels, shards one of 32.
    """
    random = np.random.default_rng(7)
    voxels = random.integers(1, 200, (1, 1, 70, 50, 40), "uint8")
    mags = {"1": voxels, "2": voxels[..., ::2, ::2, ::2]}
    shown = {"defaultViewConfiguration": {"intensityRange": [5, 150], "color": [255, 0, 0]}}
    return HandLayer(name, mags, data_format=data_format, fields=shown)


def opened(folder: Path) -> Dataset:
    """Open a dataset as the commands do."""
    return open_dataset(str(folder), where="a test")


@pytest.fixture
def written(tmp_path: Path) -> WriteDataset:
    """Give a function that writes a dataset of one format."""
    return lambda data_format: write_dataset(tmp_path / data_format, two_mags(data_format))
