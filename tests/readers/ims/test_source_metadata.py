"""The attributes of `DataSetInfo`, as h5py and Imaris write them."""

import json
from pathlib import Path

import h5py
import numpy as np
from wkflow.readers import read_metadata


def letters(text: str) -> np.ndarray:
    """Spell a text as Imaris does."""
    return np.array([letter.encode() for letter in text], "S1")


def test_attributes_are_told_by_their_groups(tmp_path: Path) -> None:
    """Letters become text; groups without any, and files without the group, say nothing."""
    path = tmp_path / "a.ims"
    with h5py.File(path, "w") as file:
        image = file.create_group("DataSetInfo/Image").attrs
        image["ExtMax0"], image["Description"], image["Noc"] = letters("12.5"), "plain", 2
        file.create_group("DataSetInfo/Channel 0").attrs["Name"] = letters("actin")
        file.create_group("DataSetInfo/Log")
    found = read_metadata(str(path))
    assert found is not None
    assert found.kind == "ims.json"
    assert json.loads(found.content) == {
        "Image": {"ExtMax0": "12.5", "Description": "plain", "Noc": 2},
        "Channel 0": {"Name": "actin"},
    }
    with h5py.File(tmp_path / "b.ims", "w") as file:
        file["DataSetInfo"] = h5py.ExternalLink("a.ims", "DataSetInfo")
    assert read_metadata(str(tmp_path / "b.ims")) is None
    with h5py.File(path, "w") as file:
        file["x"] = 1
    assert read_metadata(str(path)) is None
    path.write_bytes(b"no HDF5")
    assert read_metadata(str(path)) is None
