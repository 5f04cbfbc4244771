"""DICOM files by pydicom, their frames encoded by pydicom, Pillow and imagecodecs."""

import io
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import PIL.Image
import pydicom
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from pydicom.uid import (
    MPEG2MPML,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)
from wkflow.errors import SourceError
from wkflow.readers import is_readable, probe

from tests.readers.contract import ReaderContract, read_all
from tests.readers.dicom.writer import dataset_of, items, noise, save, write_plain


class TestDicom(ReaderContract):
    suffix = ".dcm"
    kinds: ClassVar = (
        *(("uint8", 1), ("uint8", 3), ("uint16", 1), ("int16", 1), ("int8", 1), ("uint16", 3)),
        *(("uint32", 1), ("int32", 1), ("float32", 1), ("float64", 1), ("uint64", 1)),
    )
    planes = 5
    syntax: ClassVar[UID] = ExplicitVRLittleEndian

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        write_plain(path, voxels.reshape(-1, *voxels.shape[3:]), self.syntax)


class TestImplicit(TestDicom):
    syntax = ImplicitVRLittleEndian
    kinds: ClassVar = (("uint8", 1), ("int16", 1))


class TestBigEndian(TestDicom):
    syntax = ExplicitVRBigEndian
    kinds: ClassVar = (("uint8", 3), ("uint16", 1), ("int32", 1), ("float32", 1))


class TestDeflated(TestDicom):
    syntax = DeflatedExplicitVRLittleEndian
    kinds: ClassVar = (("uint8", 1), ("int16", 1))


class TestTimes(TestDicom):
    """An enhanced file, whose frames come from the last time to the first, planes upside down."""

    kinds: ClassVar = (("uint16", 1), ("uint8", 3))
    frames = 3

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        contents = [
            {"TemporalPositionIndex": time + 1, "InStackPositionNumber": z + 1, "StackID": "1"}
            for time in range(self.frames)
            for z in range(self.planes)
        ]
        groups = items(*({"FrameContentSequence": items(one)} for one in reversed(contents)))
        flat = voxels.reshape(-1, *voxels.shape[3:])
        write_plain(path, flat[::-1], self.syntax, PerFrameFunctionalGroupsSequence=groups)


class TestRunLengths(TestDicom):
    syntax = RLELossless
    kinds: ClassVar = (("uint8", 1), ("uint8", 3), ("uint16", 1), ("int16", 1))

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        flat = voxels.reshape(-1, *voxels.shape[3:])
        dataset = dataset_of(flat)
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        squeezed = flat[..., 0] if flat.shape[3] == 1 else flat
        dataset.compress(RLELossless, squeezed, generate_instance_uid=False)
        dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.save_as(path, enforce_file_format=True)


def pillow(plane: NDArray[Any], kind: str, **options: Any) -> bytes:  # noqa: ANN401
    """Encode (y, x, sample) with Pillow."""
    content = io.BytesIO()
    squeezed = plane[..., 0] if plane.shape[2] == 1 else plane
    PIL.Image.fromarray(squeezed).save(content, kind, **options)
    return content.getvalue()


class TestJpeg2000(TestDicom):
    syntax = JPEG2000Lossless
    kinds: ClassVar = (("uint8", 1), ("uint8", 3), ("uint16", 1))

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        flat = voxels.reshape(-1, *voxels.shape[3:])
        frames = [pillow(plane, "JPEG2000", no_jp2=True, irreversible=False) for plane in flat]
        save(path, dataset_of(flat), frames, self.syntax)


class TestJpeg(TestDicom):
    syntax = JPEGBaseline8Bit
    kinds: ClassVar = (("uint8", 1), ("uint8", 3))
    lossless = False

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        flat = voxels.reshape(-1, *voxels.shape[3:])
        frames = [pillow(plane, "JPEG", quality=98, subsampling=0) for plane in flat]
        save(path, dataset_of(flat), frames, self.syntax)


def test_a_file_needs_no_suffix(tmp_path: Path) -> None:
    """What a scanner writes is told by its content."""
    path = write_plain(tmp_path / "IM0001", noise("int16", 1, 4, 5, 1))
    assert is_readable(path)
    assert_array_equal(read_all(path)[0, 0, 0], noise("int16", 1, 4, 5, 1)[0])


def test_a_file_needs_no_preamble(tmp_path: Path) -> None:
    """Nor the mark, if it begins as files did before there was one."""
    path = tmp_path / "old.dcm"
    voxels = noise("uint16", 1, 4, 5, 1)
    write_plain(path, voxels, ImplicitVRLittleEndian)
    whole = path.read_bytes()
    path.write_bytes(whole[whole.index(b"\x08\0\x16\0") :])
    assert_array_equal(read_all(str(path))[0, 0, 0], voxels[0], strict=True)


def test_planes_of_colours_become_samples(tmp_path: Path) -> None:
    """PlanarConfiguration 1: red, green and blue of each frame lie apart."""
    voxels = noise("uint8", 3, 6, 7, 3)
    dataset = dataset_of(voxels, PlanarConfiguration=1)
    path = save(tmp_path / "planar.dcm", dataset, voxels.transpose(0, 3, 1, 2).tobytes())
    assert_array_equal(read_all(path)[0, 0], voxels, strict=True)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_only_stored_bits_count(tmp_path: Path, syntax: UID) -> None:
    """12 bits of 16 get their sign, whatever stands in the others."""
    voxels = noise("int16", 2, 6, 7, 1)
    path = write_plain(tmp_path / "few.dcm", voxels, syntax, BitsStored=12, HighBit=11)
    assert_array_equal(read_all(path)[0, 0], (voxels << 4) >> 4, strict=True)
    path = write_plain(tmp_path / "high.dcm", voxels, syntax, BitsStored=12, HighBit=15)
    assert_array_equal(read_all(path)[0, 0], voxels >> 4, strict=True)


def test_pydicom_agrees_on_colours(tmp_path: Path) -> None:
    """Uncompressed YBR_FULL becomes RGB as pydicom has it, but for its rounding."""
    voxels = noise("uint8", 2, 6, 8, 3)
    path = write_plain(tmp_path / "ybr.dcm", voxels, PhotometricInterpretation="YBR_FULL")
    found = read_all(path)[0, 0].astype(int)
    assert np.abs(found - pydicom.dcmread(path).pixel_array).max() <= 1
    assert probe(path)[0].about.notes == ("YBR_FULL is converted to RGB",)


def test_a_film_is_refused_by_name(tmp_path: Path) -> None:
    """What is no compression of frames cannot be read."""
    voxels = noise("uint8", 2, 6, 8, 3)
    path = save(tmp_path / "film.dcm", dataset_of(voxels), [b"film"], MPEG2MPML)
    with pytest.raises(SourceError, match="MPEG2 Main Profile"):
        probe(path)


@pytest.mark.parametrize("bits", [12, 7])
def test_odd_kinds_are_refused(tmp_path: Path, bits: int) -> None:
    """Packed bits that no scanner of today writes are not guessed at."""
    path = write_plain(tmp_path / "odd.dcm", noise("uint8", 1, 6, 8, 1), BitsAllocated=bits)
    with pytest.raises(SourceError, match=f"{bits} bits"):
        probe(path)


def test_a_report_is_refused(tmp_path: Path) -> None:
    """A DICOM file without pixel data is no image."""
    path = save(tmp_path / "report.dcm", dataset_of(noise("uint8", 1, 6, 8, 1)))
    with pytest.raises(SourceError, match="no pixel data"):
        probe(path)


def test_uncompressed_data_are_found_short_by_the_probe(tmp_path: Path) -> None:
    """Whether the file ends too early, or the element."""
    path = tmp_path / "short.dcm"
    write_plain(path, noise("uint16", 1, 6, 8, 1), NumberOfFrames=2)
    with pytest.raises(SourceError, match="need 192 bytes"):
        probe(str(path))
    write_plain(path, noise("uint16", 1, 6, 8, 1))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SourceError, match="cut short"):
        probe(str(path))
