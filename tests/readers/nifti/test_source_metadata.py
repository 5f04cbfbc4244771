"""The numbers of a NIfTI header, as nibabel reads them; no free text."""

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from wkflow.readers import read_metadata
from wkflow.readers.nifti.source_metadata import OF_ANALYZE

AFFINE = np.array([[2.0, 0, 0, -5], [0, 3, 0, 7], [0, 0, 4, 1], [0, 0, 0, 1]])
VOLUME = np.arange(24, dtype="int16").reshape(2, 3, 4)


def said(path: Path) -> dict[str, object]:
    found = read_metadata(str(path))
    assert found is not None
    document: dict[str, object] = json.loads(found.content)
    assert b"JOHN" not in found.content
    return document


@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image])
@pytest.mark.parametrize("name", ["brain.nii", "brain.nii.gz"])
def test_numbers_are_nibabels(tmp_path: Path, kind: type[nib.Nifti1Image], name: str) -> None:
    """All fields but texts and what is unused."""
    image = kind(VOLUME, AFFINE)
    for text in ("descrip", "aux_file", *(["db_name"] if kind is nib.Nifti1Image else [])):
        image.header[text] = b"JOHN DOE"
    image.header.set_xyzt_units("mm", "sec")
    nib.save(image, tmp_path / name)
    document = said(tmp_path / name)
    header = nib.load(tmp_path / name).header
    document.pop("kind")
    assert document.pop("vox_offset") == (544 if kind is nib.Nifti2Image else 352)
    assert (document.pop("scl_slope"), document.pop("scl_inter")) == (1, 0)
    texts = {"descrip", "aux_file", "db_name", "data_type", "intent_name", "magic"}
    unused = {"extents", "session_error", "regular", "glmax", "glmin", "eol_check", "unused_str"}
    set_by_nibabel = {"vox_offset", "scl_slope", "scl_inter"}
    assert document.keys() == set(header.keys()) - texts - unused - set_by_nibabel
    for key, value in document.items():
        stored = header[key]
        expected = stored.tolist()
        is_nan = stored.dtype.kind == "f" and np.isnan(stored).all()
        assert value == ("nan" if is_nan else expected), key


def test_analyze_says_what_means_the_same(tmp_path: Path) -> None:
    """Its patient's number and its history are texts."""
    image = nib.AnalyzeImage(VOLUME, np.eye(4))
    nib.save(image, tmp_path / "brain.hdr")
    document = said(tmp_path / "brain.hdr")
    assert document.pop("kind") == "Analyze"
    assert document.keys() == set(OF_ANALYZE)
