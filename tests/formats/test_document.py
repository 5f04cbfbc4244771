"""Metadata as JSON."""

import zarr
from wkflow.formats.document import as_json, axis_names, multiscale
from wkflow.model.layer import Layer, lay_grid
from wkflow.model.mag_ladder import FINEST
from zarr.storage import MemoryStore

LAYER = Layer("em", "color", "uint8", 1, (9, 9, 9), (("t", 3),))


def test_documents_are_spelled_as_zarr_python_does() -> None:
    """To the last blank: a dataset that is made again is the same."""
    store = MemoryStore()
    zarr.create_group(store, attributes={"a": [1, 2.5, {"b": None}]})
    theirs = store._store_dict["zarr.json"].to_bytes()  # noqa: SLF001 -- its bytes, unparsed
    document = {"attributes": {"a": [1, 2.5, {"b": None}]}, "zarr_format": 3, "node_type": "group"}
    assert as_json(document) == theirs


def test_axes_are_named_slowest_first() -> None:
    """And a scale has a number for each."""
    assert axis_names(LAYER) == ["t", "c", "x", "y", "z"]
    grid = lay_grid(LAYER, FINEST, chunk=(8, 8, 8), shard=(8, 8, 8))
    scales = multiscale(LAYER, (grid,), (1.5, 2.5, 3.5), "nanometer")
    assert scales["datasets"][0]["coordinateTransformations"][0]["scale"] == [
        1.0, 1.0, 1.5, 2.5, 3.5,
    ]  # fmt: skip
    assert [axis["name"] for axis in scales["axes"]] == axis_names(LAYER)
