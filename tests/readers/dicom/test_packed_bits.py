"""Packed bits, shared colours and swapped words, written by hand."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.testing import assert_array_equal
from pydicom.uid import ExplicitVRBigEndian
from wkflow.errors import SourceError
from wkflow.readers import probe

from tests.readers.contract import read_all
from tests.readers.dicom.writer import dataset_of, noise, save


def test_frames_of_bits_do_not_begin_at_bytes(tmp_path: Path) -> None:
    """15 bits a frame, the lowest bit of a byte first; frame after frame."""
    voxels = noise("uint8", 7, 3, 5, 1) % 2
    dataset = dataset_of(voxels, BitsAllocated=1, BitsStored=1, HighBit=0)
    path = save(tmp_path / "bits.dcm", dataset, np.packbits(voxels, bitorder="little").tobytes())
    assert_array_equal(read_all(path)[0, 0], voxels, strict=True)


def test_neighbours_share_their_colour(tmp_path: Path) -> None:
    """YBR_FULL_422: two of brightness, then blue and red of both; pydicom agrees."""
    stored = noise("uint8", 2, 4, 8, 2)
    dataset = dataset_of(noise("uint8", 2, 4, 8, 3), PhotometricInterpretation="YBR_FULL_422")
    path = save(tmp_path / "shared.dcm", dataset, stored.tobytes())
    found = read_all(path)[0, 0].astype(int)
    assert np.abs(found - pydicom.dcmread(path).pixel_array).max() <= 1


@pytest.mark.parametrize("shape", [(2, 3, 5, 1), (3, 3, 3, 3)])
def test_bytes_in_big_endian_words_are_swapped(
    tmp_path: Path, shape: tuple[int, int, int, int]
) -> None:
    """Two bytes a word, across the frames."""
    voxels = noise("uint8", *shape)
    stored = voxels.tobytes() + b"\0" * (voxels.size % 2)
    swapped = np.frombuffer(stored, "<u2").astype(">u2").tobytes()
    path = tmp_path / "words.dcm"
    dataset = dataset_of(voxels)
    save(path, dataset, swapped, ExplicitVRBigEndian)
    path.write_bytes(path.read_bytes().replace(b"\x7f\xe0\0\x10OB", b"\x7f\xe0\0\x10OW"))
    assert_array_equal(read_all(str(path))[0, 0], voxels, strict=True)


def test_too_few_bits_are_refused(tmp_path: Path) -> None:
    """By the probe."""
    dataset = dataset_of(noise("uint8", 7, 3, 5, 1), BitsAllocated=1, BitsStored=1, HighBit=0)
    path = save(tmp_path / "bits.dcm", dataset, b"\0" * 12)
    with pytest.raises(SourceError, match="need 14 bytes"):
        probe(path)
