"""What DICOM states of the place of an image."""

from pathlib import Path

import pydicom
from wkflow.model.source import Place
from wkflow.readers import probe


def test_dicom_counts_along_rows_columns_and_their_normal(tmp_path: Path) -> None:
    """In voxels; within one frame of reference."""
    dataset = pydicom.dcmread(pydicom.data.get_testdata_file("CT_small.dcm") or "")
    dataset.PixelSpacing = [2.0, 0.5]
    dataset.SliceThickness = 5.0
    dataset.ImageOrientationPatient = [0, 1, 0, 1, 0, 0]
    dataset.ImagePositionPatient = [20.0, 3.0, -10.0]
    dataset.save_as(tmp_path / "a.dcm")
    (one,) = probe(str(tmp_path / "a.dcm"))
    assert one.about.place.begin == (6, 10, 2)
    assert one.about.place.frame.startswith(str(dataset.FrameOfReferenceUID))
    del dataset.FrameOfReferenceUID
    dataset.save_as(tmp_path / "b.dcm")
    assert probe(str(tmp_path / "b.dcm"))[0].about.place == Place()
