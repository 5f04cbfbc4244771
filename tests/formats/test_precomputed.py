"""Neuroglancer's precomputed volumes, judged by tensorstore."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from wkflow.formats.layout import lay_out
from wkflow.formats.mag_writer import MagVoxels
from wkflow.formats.table import format_of
from wkflow.model.codec import Codec
from wkflow.model.layer import ITEM_BYTES, Layer, lay_grid
from wkflow.model.mag import Mag

from tests.formats.contract import FormatContract
from tests.formats.judges import Block, with_tensorstore
from tests.formats.stored import SIZE, stored, write_bands

LAYER = Layer("em", "color", "uint8", 1, SIZE, data_format="neuroglancerPrecomputed")


class TestPrecomputed(FormatContract):
    data_format = "neuroglancerPrecomputed"
    codecs = ("none",)
    dtypes = tuple(sorted(set(ITEM_BYTES) - {"int64", "float64"}))

    def others_read(self, dataset: Path, voxels: MagVoxels) -> Block:
        store = with_tensorstore(
            dataset / voxels.layer.name,
            "neuroglancer_precomputed",
            scale_metadata={"key": str(voxels.grid.mag)},
        )
        return np.moveaxis(np.asarray(store.read().result()), 3, 0)


def test_chunks_are_named_after_their_voxels(tmp_path: Path) -> None:
    """Begin and end along x, y and z; the last ones end with the volume."""
    voxels = stored(tmp_path, LAYER, "none")
    write_bands(voxels, np.ones((1, *SIZE), np.uint8))
    assert (tmp_path / "em" / "1" / "0-8_8-16_0-8").stat().st_size == 512
    assert (tmp_path / "em" / "1" / "40-45_32-37_16-19").stat().st_size == 5 * 5 * 3


def test_the_volume_is_described_in_nanometers(tmp_path: Path) -> None:
    """One scale for each mag, finest first, by the name of its folder."""
    labels = replace(LAYER, category="segmentation", dtype="uint32")
    grids = tuple(
        lay_grid(labels, mag, chunk=(16, 16, 8), shard=(16, 16, 8))
        for mag in (Mag(1, 1, 1), Mag(2, 2, 1))
    )
    lay_out(
        tmp_path, labels, grids, Codec("none", 0), voxel_size=(0.5, 0.5, 2.0), unit="micrometer"
    )
    info = json.loads((tmp_path / "em" / "info").read_text())
    assert info["type"] == "segmentation"
    assert [(one["key"], one["resolution"], one["size"]) for one in info["scales"]] == [
        ("1", [500, 500, 2000], [45, 37, 19]),
        ("2-2-1", [1000, 1000, 2000], [23, 19, 19]),
    ]
    assert info["scales"][0]["chunk_sizes"] == [[16, 16, 8]]


@pytest.mark.parametrize("dtype", ["int64", "float64"])
def test_other_dtypes_are_refused(dtype: str) -> None:
    """No volume of Neuroglancer has them."""
    refuse = format_of("neuroglancerPrecomputed").refuse
    assert refuse(replace(LAYER, dtype=dtype)) == f"precomputed volumes know no {dtype}"
    assert refuse(replace(LAYER, dtype="uint64")) is None
