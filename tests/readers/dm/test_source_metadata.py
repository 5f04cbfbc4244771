"""All tags of a DM file, but for its images."""

import json
from pathlib import Path

import numpy as np
import pytest
from wkflow.readers import read_metadata

from tests.readers.dm.test_tags import Writer

TAGS = {
    "ImageList": [{"ImageData": {"Data": np.arange(5000, dtype="int16")}, "Name": "grid"}],
    "Microscope": {"Voltage": 200000.0, "Operator": "nobody", "Shift": np.array([1.5, 2.5])},
}


@pytest.mark.parametrize("version", [3, 4])
def test_tags_are_kept_and_data_are_not(tmp_path: Path, version: int) -> None:
    """Also of groups that the reader passes over."""
    path = tmp_path / f"image.dm{version}"
    path.write_bytes(Writer(version).file(TAGS))
    found = read_metadata(str(path))
    assert found is not None
    assert found.kind == f"dm{version}.json"
    document = json.loads(found.content)
    assert document["Microscope"] == {
        "Voltage": 200000.0, "Operator": "nobody", "Shift": [1.5, 2.5],
    }  # fmt: skip
    assert document["ImageList"]["0"] == {"ImageData": {"Data": "10000 bytes"}, "Name": "grid"}
