"""N5, judged by tensorstore and by its specification."""

import json
import struct
from pathlib import Path

import numpy as np
from wkflow.formats.mag_writer import MagVoxels
from wkflow.model.codec import Codec
from wkflow.model.layer import Layer, lay_grid
from wkflow.model.mag import Mag

from tests.formats.contract import FormatContract
from tests.formats.judges import Block, lay_out_one, with_tensorstore
from tests.formats.stored import SIZE, stored, write_bands


class TestN5(FormatContract):
    data_format = "n5"
    codecs = ("gzip:1", "zstd:3", "none")
    checked = ("gzip:1", "zstd:3")

    def others_read(self, dataset: Path, voxels: MagVoxels) -> Block:
        array = dataset / voxels.layer.name / str(voxels.grid.mag)
        return np.asarray(with_tensorstore(array, "n5").read().result())


def test_a_block_is_what_the_specification_says(tmp_path: Path) -> None:
    """Mode 0, the extents, big-endian samples; at the border only what is inside."""
    layer = Layer("em", "color", "uint16", 1, SIZE, data_format="n5")
    voxels = stored(tmp_path, layer, "none")
    block = np.arange(np.prod(SIZE), dtype=np.uint16).reshape(1, *SIZE)
    write_bands(voxels, block)
    content = (tmp_path / "em" / "1" / "0" / "5" / "4" / "2").read_bytes()
    assert struct.unpack(">HH4I", content[:20]) == (0, 4, 1, 5, 5, 3)
    samples = np.frombuffer(content[20:], ">u2").reshape(1, 5, 5, 3, order="F")
    assert (samples == block[:, 40:, 32:, 16:]).all()


def test_mags_say_how_large_their_voxels_are(tmp_path: Path) -> None:
    """In nanometers, whatever the unit; tensorstore names the axes."""
    layer = Layer("em", "color", "uint8", 1, SIZE, data_format="n5")
    grid = lay_grid(layer, Mag(2, 2, 1), chunk=(8, 8, 8), shard=(8, 8, 8))
    lay_out_one(tmp_path, layer, (grid,), Codec("gzip", 6))
    store = with_tensorstore(tmp_path / "em" / "2-2-1", "n5")
    assert store.domain.labels == ("c", "x", "y", "z")
    assert [unit and (unit.multiplier, unit.base_unit) for unit in store.dimension_units[1:]] == [
        (22.48, "nm"), (22.48, "nm"), (25.0, "nm"),
    ]  # fmt: skip
    attributes = json.loads((tmp_path / "em" / "2-2-1" / "attributes.json").read_text())
    assert attributes["compression"] == {"type": "gzip", "level": 6, "useZlib": False}
    assert json.loads((tmp_path / "attributes.json").read_text()) == {"n5": "2.5.0"}
