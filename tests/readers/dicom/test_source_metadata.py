"""What a DICOM header says of the image, and nothing of a person."""

import json
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from wkflow.readers import read_metadata

from tests.readers.dicom.writer import dataset_of, noise, save

PERSON = "DOE"


def test_numbers_and_codes_are_kept(tmp_path: Path) -> None:
    """And nothing in which a name could stand, be it deep in a sequence or private."""
    voxels = noise("uint8", 1, 4, 5, 1)
    dataset = dataset_of(voxels)
    dataset.PatientName = f"{PERSON}^JOHN"
    dataset.PatientID = f"{PERSON}1"
    dataset.ReferringPhysicianName = PERSON
    dataset.OperatorsName = PERSON
    dataset.StudyDescription = f"brain of {PERSON}"
    dataset.ImageComments = PERSON
    dataset.ProtocolName = PERSON
    dataset.InstitutionName = PERSON
    dataset.SeriesDate = "20200101"
    dataset.Manufacturer = "ACME"
    dataset.Modality = "CT"
    dataset.KVP = "120"
    dataset.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    dataset.PixelSpacing = ["0.5", "0.25"]
    deep = Dataset()
    deep.SliceThickness = "2.5"
    deep.ImageComments = PERSON
    dataset.PerFrameFunctionalGroupsSequence = Sequence([deep])
    dataset.private_block(0x0019, "ACME", create=True).add_new(1, "DS", "1.5")
    save(tmp_path / "a.dcm", dataset, voxels.tobytes())
    found = read_metadata(str(tmp_path / "a.dcm"))
    assert found is not None
    assert found.kind == "dicom.json"
    assert not any(word in found.content for word in (b"DOE", b"20200101", b"1.5\n"))
    document = json.loads(found.content)
    assert document["KVP"] == 120
    assert document["PixelSpacing"] == [0.5, 0.25]
    assert document["ImageOrientationPatient"] == [1, 0, 0, 0, 1, 0]
    assert (document["Modality"], document["Manufacturer"]) == ("CT", "ACME")
    assert document["PerFrameFunctionalGroupsSequence"] == [{"SliceThickness": 2.5}]
    assert (document["Rows"], document["Columns"]) == (4, 5)
    assert not any(key.endswith("UID") for key in document)
