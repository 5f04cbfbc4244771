"""What N5 states of the size of voxels and of the place of the first one."""

import json
from pathlib import Path
from typing import Any

import pytest
from wkflow.model.source import Place
from wkflow.readers import probe

from tests.readers.dataset.test_n5 import VOLUME, write_n5


@pytest.mark.parametrize(
    ("above", "own", "place"),
    [
        ({}, {"downsamplingFactors": [2, 2, 1]}, Place(mag=(2, 2, 1), is_centred=True)),
        ({}, {"downsamplingFactors": ["a"]}, Place()),
        (
            {"downsamplingFactors": [[2, 2, 1], [4, 4, 2]]},
            {},
            Place(mag=(2, 2, 1), is_centred=True),
        ),
        (
            {},
            {"resolution": [4, 4, 40], "units": ["nm"] * 3, "offset": [40, 80, 120]},
            Place((10, 20, 3), is_centred=True),
        ),
        (
            {},
            {"transform": {"axes": ["z", "y", "x"], "scale": [40, 4, 4], "units": ["nm"] * 3,
                           "translate": [120, 80, 40]}},
            Place((10, 20, 3), is_centred=True),
        ),
    ],
)  # fmt: skip
def test_the_place_is_stated_in_many_ways(
    tmp_path: Path, above: dict[str, Any], own: dict[str, Any], place: Place
) -> None:
    """By n5-viewer and BigDataViewer, by Paintera, by the open volumes of EM."""
    write_n5(tmp_path / "a" / "s0", VOLUME, {"type": "raw"})
    file = tmp_path / "a" / "s0" / "attributes.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **own}))
    (tmp_path / "a" / "attributes.json").write_text(json.dumps(above))
    (found,) = probe(str(tmp_path / "a"))
    assert found.about.place == place
    if own.keys() & {"resolution", "transform"}:
        assert found.about.voxel_nm == (4, 4, 40)
