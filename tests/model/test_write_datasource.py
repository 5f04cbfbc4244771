"""`datasource-properties.json`, as WEBKNOSSOS reads it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from wkflow.model.layer import Layer, lay_grid
from wkflow.model.mag import Mag
from wkflow.model.receipt import Receipt
from wkflow.model.source import Channel
from wkflow.model.write_datasource import (
    PROPERTIES,
    layer_properties,
    properties_of,
    remove_properties,
    write_properties,
)

GRIDS = tuple(
    lay_grid(
        Layer("em", "color", "uint8", 1, (70, 50, 40)), mag, chunk=(8, 8, 8), shard=(16, 16, 16)
    )
    for mag in (Mag(1, 1, 1), Mag(2, 2, 1))
)


def described(
    *statistics: tuple[float | None, float | None], dtype: str = "uint8", category: str = "color"
) -> dict[str, object]:
    """Describe a layer whose slabs had these smallest and largest samples."""
    layer = Layer("em", category, dtype, 1, (70, 50, 40))
    receipts = [Receipt("convert_slab", lowest=low, highest=high) for low, high in statistics]
    return layer_properties(layer, GRIDS, receipts)


def test_a_layer_is_described_as_the_official_tool_does() -> None:
    """Keys, their order and their values are those that `webknossos` 4.3.3 wrote."""
    assert json.dumps(described((3, 200), (1, 90))) == json.dumps({
        "name": "em",
        "category": "color",
        "boundingBox": {"topLeft": [0, 0, 0], "width": 70, "height": 50, "depth": 40},
        "dataFormat": "zarr3",
        "mags": [
            {
                "mag": [1, 1, 1],
                "path": "./em/1",
                "axisOrder": {"c": 0, "x": 1, "y": 2, "z": 3},
            },
            {
                "mag": [2, 2, 1],
                "path": "./em/2-2-1",
                "axisOrder": {"c": 0, "x": 1, "y": 2, "z": 3},
            },
        ],
        "defaultViewConfiguration": {"min": 1.0, "max": 200.0},
        "numChannels": 1,
        "elementClass": "uint8",
    })  # fmt: skip


def test_zero_is_a_darkest_voxel() -> None:
    """A statistic of 0 is one, only None is none."""
    assert described((0, 0))["defaultViewConfiguration"] == {"min": 0.0, "max": 0.0}
    assert described((None, None), (-2, 7))["defaultViewConfiguration"] == {"min": -2.0, "max": 7.0}


def test_a_layer_without_a_finite_voxel_has_no_view() -> None:
    """WEBKNOSSOS chooses one by itself then."""
    assert "defaultViewConfiguration" not in described((None, None), dtype="float32")


@pytest.mark.parametrize(
    ("largest", "written"),
    [
        (0, 0),
        (2**53 - 1, 2**53 - 1),
        (2**53, {"customJsonEncoding": "bigint", "value": "9007199254740992"}),
        (2**64 - 1, {"customJsonEncoding": "bigint", "value": "18446744073709551615"}),
    ],
)
def test_segment_ids_keep_all_digits(largest: int, written: object) -> None:
    """JavaScript has 53 bits; above, the server takes a text in an envelope."""
    layer = described((0, 4), (1, largest), dtype="uint64", category="segmentation")
    assert layer["largestSegmentId"] == (max(4, largest) if largest < 4 else written)
    assert "defaultViewConfiguration" not in layer


def test_a_segmentation_without_labels_has_a_largest_id() -> None:
    """WEBKNOSSOS refuses one without: it is 0, also where all voxels are below."""
    for statistics in ((None, None), (-5, -1)):
        layer = described(statistics, dtype="int32", category="segmentation")
        assert layer["largestSegmentId"] == 0


def test_a_dataset_is_its_layers_and_its_scale() -> None:
    """The team is left to the server."""
    document = properties_of("target", (11.24, 11.24, 25.0), "nanometer", [{"name": "em"}])
    assert document == {
        "id": {"name": "target", "team": ""},
        "scale": {"factor": [11.24, 11.24, 25.0], "unit": "nanometer"},
        "dataLayers": [{"name": "em"}],
        "version": 1,
    }


def test_a_dataset_is_seen_when_it_is_finished(tmp_path: Path) -> None:
    """And no longer when it is changed; that is asked for by every job, so also twice."""
    write_properties(tmp_path, {"version": 1})
    assert json.loads((tmp_path / PROPERTIES).read_text()) == {"version": 1}
    remove_properties(tmp_path)
    remove_properties(tmp_path)
    assert not list(tmp_path.iterdir())


def test_wkw_mags_say_how_long_a_cube_is() -> None:
    """As `webknossos` 4.3.3 does, between path and axes."""
    layer = Layer("em", "color", "uint8", 1, (70, 50, 40), data_format="wkw")
    grid = lay_grid(layer, Mag(2, 2, 1), chunk=(32, 32, 32), shard=(1024, 1024, 1024))
    document = layer_properties(layer, (grid,), [])
    assert document["dataFormat"] == "wkw"
    assert json.dumps(document["mags"]) == json.dumps([{
        "mag": [2, 2, 1],
        "path": "./em/2-2-1",
        "cubeLength": grid.shard[0],
        "axisOrder": {"c": 0, "x": 1, "y": 2, "z": 3},
    }])  # fmt: skip


def test_further_axes_come_first() -> None:
    """With their bounds and their place in the array, as `webknossos convert` writes them."""
    layer = Layer("em", "color", "uint8", 1, (50, 40, 10), (("t", 3), ("e", 2)))
    grid = lay_grid(layer, Mag(1, 1, 1), chunk=(8, 8, 8), shard=(16, 16, 16))
    document = layer_properties(layer, (grid,), [Receipt("convert_slab", lowest=0, highest=254)])
    assert document["mags"][0]["axisOrder"] == {"c": 2, "x": 3, "y": 4, "z": 5}
    assert document["additionalAxes"] == [
        {"name": "t", "bounds": [0, 3], "index": 0},
        {"name": "e", "bounds": [0, 2], "index": 1},
    ]
    keys = list(document)
    assert keys.index("additionalAxes") == keys.index("defaultViewConfiguration") + 1


def test_a_channel_keeps_its_colour_and_its_window() -> None:
    """The limits of its voxels stay beside them, as for split channels of `webknossos` 4.3.3."""
    layer = Layer("em", "color", "uint16", 1, (70, 50, 40))
    receipts = [Receipt("convert_slab", lowest=0, highest=3999)]
    shown = Channel("DAPI", (255, 0, 0), (12.0, 900.0))
    document = layer_properties(layer, GRIDS, receipts, shown)
    assert json.dumps(document["defaultViewConfiguration"]) == json.dumps(
        {"color": [255, 0, 0], "intensityRange": [12.0, 900.0], "min": 0.0, "max": 3999.0}
    )
    labels = replace(layer, category="segmentation")
    assert "defaultViewConfiguration" not in layer_properties(labels, GRIDS, receipts, shown)
