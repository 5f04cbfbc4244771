"""Heads of DICOM files by pydicom."""

import warnings
from pathlib import Path

import pytest
from pydicom.errors import InvalidDicomError
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from wkflow.errors import SourceError
from wkflow.readers.dicom.file import is_uncompressed, open_dicom, understood

from tests.readers.dicom.writer import noise, write_plain


@pytest.mark.parametrize(
    "syntax",
    [
        *(ExplicitVRLittleEndian, ImplicitVRLittleEndian),
        *(ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian),
    ],
)
def test_pixel_data_are_found(tmp_path: Path, syntax: UID) -> None:
    """In every way in which attributes may lie; deflated ones in what they inflate to."""
    voxels = noise("uint8", 1, 4, 5, 1)
    path = write_plain(tmp_path / "a.dcm", voxels, syntax)
    with open_dicom(path) as dicom:
        assert dicom.length == 20
        assert dicom.bytes_at(dicom.start, 20) == voxels.tobytes()
        assert dicom.size == dicom.start + 20
        assert dicom.is_little is (syntax != ExplicitVRBigEndian)
        assert is_uncompressed(dicom)
        with pytest.raises(SourceError, match="cut short"):
            dicom.bytes_at(dicom.start, 21)


def test_a_private_syntax_is_not_guessed_at(tmp_path: Path) -> None:
    """Nobody but its maker knows how voxels lie."""
    path = Path(write_plain(tmp_path / "a.dcm", noise("uint8", 1, 4, 5, 1)))
    known = ExplicitVRLittleEndian.encode()
    path.write_bytes(path.read_bytes().replace(known, b"1.2.840.99999.1.2.1"[: len(known)]))
    with open_dicom(str(path)) as dicom:
        assert not is_uncompressed(dicom)


def test_pydicoms_errors_and_warnings_stop_here() -> None:
    """Its exceptions are nobody's children."""

    def fail() -> None:
        with understood("a.dcm"):
            warnings.warn("quiet", UserWarning, stacklevel=1)
            raise InvalidDicomError("odd")

    with pytest.raises(SourceError, match="odd"):
        fail()


def test_a_cut_deflated_file_is_refused(tmp_path: Path) -> None:
    """It inflates to nothing."""
    path = tmp_path / "a.dcm"
    write_plain(path, noise("uint8", 1, 40, 50, 1), DeflatedExplicitVRLittleEndian)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(SourceError, match="damaged"), open_dicom(str(path)):
        pass
