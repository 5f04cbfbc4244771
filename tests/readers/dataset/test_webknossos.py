"""Datasets of WEBKNOSSOS as sources."""

import json
from pathlib import Path

import numpy as np
import pytest
import zarr
from numpy.testing import assert_array_equal
from wkflow.errors import SourceError
from wkflow.readers.dataset.reader import StoreReader

from tests.readers.contract import read_all, voxels_of
from tests.wkw_cubes import write_wkw

COLOUR = voxels_of("uint8", 6, 20, 30, 3)
LABELS = voxels_of("uint32", 6, 20, 30, 1)

BOX = {"topLeft": [4, 8, 2], "width": 30, "height": 20, "depth": 6}


def write(folder: Path, **changes: object) -> None:
    """Write a layer of colours in mag 1 and one of labels in mag 2-2-1, both off the origin."""
    for name, voxels, begin in (("em/1", COLOUR, (4, 8, 2)), ("labels/2-2-1", LABELS, (2, 4, 2))):
        x, y, z = begin
        block = voxels.transpose()
        whole = np.full((len(block), 64, 64, 16), 9, block.dtype)
        whole[:, x : x + 30, y : y + 20, z : z + 6] = block
        zarr.create_array(folder / name, data=whole, chunks=(1, 8, 8, 8), shards=(1, 32, 32, 16))
    order = {"c": 0, "x": 1, "y": 2, "z": 3}
    em = {
        "name": "em", "category": "color", "dataFormat": "zarr3", "elementClass": "uint24",
        "boundingBox": BOX,
        "mags": [
            {"mag": [2, 2, 1], "path": "./em/gone", "axisOrder": order},
            {"mag": [1, 1, 1], "path": "./em/1", "axisOrder": order},
        ],
    }  # fmt: skip
    labels = {
        "name": "labels", "category": "segmentation", "dataFormat": "zarr3",
        "elementClass": "uint32", "boundingBox": {**BOX, "width": 60, "height": 39},
        "mags": [{"resolution": [2, 2, 1]}],
    }  # fmt: skip
    document = {
        "id": {"name": "a"}, "scale": {"factor": [4, 4, 35], "unit": "nanometer"},
        "dataLayers": [em, {**labels, **changes}],
    }  # fmt: skip
    (folder / "datasource-properties.json").write_text(json.dumps(document))


def test_each_layer_is_an_image(tmp_path: Path) -> None:
    """Its finest mag, cut to its bounding box; uint24 is RGB."""
    write(tmp_path)
    em, labels = StoreReader().probe(str(tmp_path))
    assert (em.about.name, labels.about.name) == ("em", "labels")
    assert em.about.voxel_nm == (4.0, 4.0, 35.0)
    assert labels.about.voxel_nm == (8.0, 8.0, 35.0)
    assert (em.header.samples, em.header.channels, labels.header.size) == (3, 1, (30, 20, 6))
    reader = StoreReader()
    assert_array_equal(read_all(str(tmp_path), 0, reader)[0, 0], COLOUR, strict=True)
    assert_array_equal(read_all(str(tmp_path), 1, reader)[0, 0], LABELS, strict=True)


@pytest.mark.parametrize("key", ["mags", "wkwResolutions"])
def test_cubes_of_wkw_are_layers(tmp_path: Path, key: str) -> None:
    """Cut to the bounding box; a cube that is not there is zeros, a damaged one is refused."""
    whole = np.full((1, 64, 64, 32), 9, np.uint32)
    whole[:, 4:34, 8:28, 2:8] = LABELS.transpose()
    (tmp_path / "labels").mkdir()
    write_wkw(tmp_path / "labels" / "1", whole, 8, 32)
    write(tmp_path, dataFormat="wkw", boundingBox=BOX, **{key: [{"resolution": [1, 1, 1]}]})
    file = tmp_path / "datasource-properties.json"
    document = json.loads(file.read_text())
    if key != "mags":
        del document["dataLayers"][1]["mags"]
    file.write_text(json.dumps(document))
    reader = StoreReader()
    labels = reader.probe(str(tmp_path))[1]
    assert (labels.header.size, labels.header.dtype) == ((30, 20, 6), "uint32")
    assert labels.files[-1] == str(tmp_path / "labels" / "1" / "header.wkw")
    assert_array_equal(read_all(str(tmp_path), 1, reader)[0, 0], LABELS, strict=True)
    cube = tmp_path / "labels" / "1" / "z0" / "y0" / "x1.wkw"
    cube.write_bytes(cube.read_bytes()[:100])
    with pytest.raises(SourceError, match="cut short"):
        read_all(str(tmp_path), 1, reader)
    cube.unlink()
    expected = LABELS.copy()
    expected[:, :, 28:] = 0
    assert_array_equal(read_all(str(tmp_path), 1, reader)[0, 0], expected, strict=True)


def test_other_formats_are_refused(tmp_path: Path) -> None:
    """The layer is named."""
    write(tmp_path, dataFormat="n5")
    with pytest.raises(SourceError, match="a layer labels of the format n5"):
        StoreReader().probe(str(tmp_path))


def test_a_scale_of_old_is_in_nanometers(tmp_path: Path) -> None:
    """It was a list."""
    write(tmp_path)
    file = tmp_path / "datasource-properties.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "scale": [11.2, 11.2, 25]}))
    assert StoreReader().probe(str(tmp_path))[0].about.voxel_nm == (11.2, 11.2, 25.0)
