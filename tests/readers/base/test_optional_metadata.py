"""What voxels do not depend on never stops a conversion."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pydicom
import pytest
import tifffile
import zarr
from wkflow.model.source import Header, ImageMetadata
from wkflow.readers import probe
from wkflow.readers.base.optional_metadata import besides
from wkflow.readers.czi.metadata import about_czi

from tests.readers.dataset import test_bdv as bdv
from tests.readers.dm import test_reader as dm
from tests.readers.ims import test_reader as ims
from tests.readers.lif import by_hand as lif
from tests.readers.nifti import test_reader as nifti

VOLUME = np.zeros((1, 1, 4, 5, 6), "uint8")
"""(t, c, z, y, x)."""


def test_what_cannot_be_understood_is_said() -> None:
    """The name is kept."""

    def describe() -> ImageMetadata:
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


def _imagej(folder: Path) -> Path:
    meta = {"axes": "ZYX", "spacing": 3.0}
    tifffile.imwrite(folder / "a.tif", VOLUME[0, 0], imagej=True, resolution=(2, 2), metadata=meta)
    return folder / "a.tif"


def _ome_zarr(folder: Path) -> Path:
    group = zarr.open_group(folder / "a.zarr", mode="w", zarr_format=2)
    group.create_array("0", data=VOLUME[0, 0])
    scale = [{"type": "scale", "scale": [3, 0.5, 0.5]}]
    datasets = [{"path": "0", "coordinateTransformations": scale}]
    axes = [{"name": name, "type": "space"} for name in "zyx"]
    group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": datasets}]
    return folder / "a.zarr"


def _n5(folder: Path) -> Path:
    return bdv.write_container(folder, {"resolution": [0.5, 0.5, 3.0]})


def _nifti(folder: Path) -> Path:
    return Path(nifti.save(folder, xyzt_units=0))


def _ims(folder: Path) -> Path:
    ims.write_ims(folder / "a.ims", VOLUME)
    with h5py.File(folder / "a.ims", "a") as file:
        file["DataSetInfo/Image"].attrs["Unit"] = ims.letters("furlong")
    return folder / "a.ims"


def _lif(folder: Path) -> Path:
    whole = lif.lif([("a", VOLUME[0, 0], "zyx")])
    unit, none = (f'Unit="{one}" BytesInc'.encode("utf-16-le") for one in ("m", " "))
    (folder / "a.lif").write_bytes(whole.replace(unit, none))
    return folder / "a.lif"


def _dm(folder: Path) -> Path:
    entries = [{"Scale": np.float32(0.5), "Units": ""}] * 3
    image = dm.image_of(dm.GRID, Calibrations={"Dimension": entries})
    return Path(dm.save(folder, dm.document(dm.THUMBNAIL, image)))


def _meta(folder: Path) -> Path:
    lines = ("ElementType = MET_UCHAR", "DimSize = 6 5 4", "ElementDataFile = a.raw",
             "ElementSpacing = 0.5 0.5 3")  # fmt: skip
    (folder / "a.mhd").write_text("\n".join(lines))
    VOLUME.tofile(folder / "a.raw")
    return folder / "a.raw"


@pytest.mark.parametrize("write", [_imagej, _ome_zarr, _n5, _nifti, _ims, _lif, _dm, _meta])
def test_a_length_without_a_unit_is_none_and_told(
    tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    """A person knows the unit, and gives the size by an option."""
    about = probe(str(write(tmp_path)))[0].about
    assert about.voxel_nm == (None, None, None)
    told = [note for note in about.notes if note.startswith("a voxel size of ")]
    assert len(told) == 1
    assert told[0].endswith(
        (
            "without a unit is no length, and is left out",
            "in 'furlong' is no length, and is left out",
        )
    )


def test_a_size_may_be_nonsense(tmp_path: Path) -> None:
    """The image is read, with a note."""
    path = Path(nifti.save(tmp_path, xyzt_units=2))
    content = bytearray(path.read_bytes())
    content[80:84] = np.float32("nan").tobytes()
    path.write_bytes(content)
    (one,) = probe(str(path))
    assert one.about.voxel_nm == (None, 3e6, 4e6)
    assert "voxel size of nan,3,4" in one.about.notes[0]


def test_distances_of_czi_may_be_nonsense() -> None:
    """Those that are none are named, the others kept."""
    items = "".join(f'<Distance Id="{axis}"><Value>{value}</Value></Distance>'
                    for axis, value in (("X", "1e-7"), ("Y", "1,5"), ("Z", "nan")))  # fmt: skip
    scaling = f"<Scaling><Items>{items}</Items></Scaling>"
    xml = f"<ImageDocument><Metadata>{scaling}</Metadata></ImageDocument>"
    about = about_czi(xml, Header(4, 3, 2, 1, "uint8"), None, ())
    assert about.voxel_nm == (100, None, None)
    assert about.notes == ("its distances along Y, Z are no lengths, and are left out",)


def test_a_size_of_1_without_a_unit_is_no_news(tmp_path: Path) -> None:
    """Programs write it that know none."""
    tifffile.imwrite(tmp_path / "a.tif", VOLUME[0, 0], imagej=True, metadata={"axes": "ZYX"})
    assert probe(str(tmp_path / "a.tif"))[0].about.notes == ()
