"""What voxels do not depend on never stops a conversion."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
import tifffile
import zarr
from wkflow.readers import probe
from wkflow.readers.besides import besides
from wkflow.source import About


def test_what_cannot_be_understood_is_said() -> None:
    """The name is kept."""

    def describe() -> About:
        raise KeyError("unit")

    said = besides(describe, "em")
    assert said.name == "em"
    assert "is left out: 'unit' (KeyError)" in said.notes[0]


def test_shown_values_of_imagej_may_be_no_numbers(tmp_path: Path) -> None:
    """The voxel size stays."""
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, np.zeros((3, 8, 8), "uint8"), imagej=True, resolution=(2, 2),
        metadata={"axes": "ZYX", "unit": "um", "spacing": 3.0, "min": 1.5, "max": 9.5},
    )  # fmt: skip
    said = tifffile.tiffcomment(path)
    assert "min=1.5" in said
    tifffile.tiffcomment(path, said.replace("min=1.5", "min=low").encode())
    (one,) = probe(str(path))
    assert one.about.voxel_nm == (500, 500, 3000)
    assert one.about.channels == ()
    assert "colours and shown values" in one.about.notes[0]


@pytest.mark.parametrize(
    "omero", [{"channels": [{"window": {"start": "x", "end": 1}}]}, {"channels": 3}, [1], "x"]
)
def test_channels_of_ome_zarr_may_be_nonsense(tmp_path: Path, omero: object) -> None:
    """Its scale stays."""
    group = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=2)
    group.create_array("0", data=np.zeros((2, 8, 8), "uint8"))
    axes = [{"name": name, "type": "space", "unit": "nanometer"} for name in "zyx"]
    scale = [{"type": "scale", "scale": [30, 4, 4]}]
    datasets = [{"path": "0", "coordinateTransformations": scale}]
    group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": datasets}]
    group.attrs["omero"] = omero
    (one,) = probe(str(tmp_path / "a.zarr"))
    assert one.about.voxel_nm == (4, 4, 30)
    assert "channels cannot be understood" in one.about.notes[0]


def test_spacing_of_dicom_may_be_nonsense(tmp_path: Path) -> None:
    """It is left out."""
    path = Path(pydicom.data.get_testdata_file("CT_small.dcm") or "")
    content = path.read_bytes().replace(b"0.661468\\0.661468", b"0.66x468\\0.66x468")
    (tmp_path / "a.dcm").write_bytes(content)
    (one,) = probe(str(tmp_path / "a.dcm"))
    assert one.about.voxel_nm[:2] == (None, None)
    assert one.header.size == (128, 128, 1)
