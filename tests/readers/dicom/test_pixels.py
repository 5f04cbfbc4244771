"""Bits and colours, against slow twins."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from wkflow.errors import SourceError
from wkflow.readers.dicom.file import open_dicom
from wkflow.readers.dicom.pixels import pixels_of, to_rgb, trim

from tests.readers.dicom.writer import dataset_of, noise, save


@given(st.integers(0, 2**16 - 1), st.integers(1, 16), st.integers(0, 15), st.booleans())
def test_bits_are_those_of_a_slow_twin(raw: int, stored: int, shift: int, is_signed: bool) -> None:  # noqa: FBT001
    """Shifted down, cut, and extended by the sign."""
    high = min(15, stored - 1 + shift)
    voxels = np.array([raw], "uint16").view("int16" if is_signed else "uint16")
    trim(voxels, stored, high, is_signed=is_signed)
    value = (raw >> (high + 1 - stored)) % 2**stored
    if is_signed and value >= 2 ** (stored - 1):
        value -= 2**stored
    expected = raw - 2**16 * (is_signed and raw >= 2**15) if stored == 16 else value
    assert voxels[0] == expected


def test_grey_stays_grey() -> None:
    """Without blue and red difference there is no colour; black and white stay."""
    luma = np.arange(256, dtype=np.uint8)
    voxels = np.stack([luma, np.full(256, 128, np.uint8), np.full(256, 128, np.uint8)], axis=1)
    to_rgb(voxels, 8)
    assert_array_equal(voxels, np.stack([luma] * 3, axis=1))


def test_primary_colours_are_those_of_the_standard() -> None:
    """PS3.3 gives Y, CB and CR of a colour; here they are turned back."""
    rgb = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [10, 200, 90]], float)
    ybr = rgb @ np.array([[0.299, -0.1687, 0.5], [0.587, -0.3313, -0.4187], [0.114, 0.5, -0.0813]])
    voxels = np.clip(np.rint(ybr + np.array([0, 128, 128])), 0, 255).astype(np.uint8)
    to_rgb(voxels, 8)
    assert np.abs(voxels - rgb).max() <= 2


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"Rows": 0}, "unknown kind"),
        ({"BitsStored": 9}, "9 of 8 bits"),
        ({"HighBit": 8}, "up to bit 8"),
        ({"BitsStored": 8, "HighBit": 3}, "up to bit 3"),
        ({"SamplesPerPixel": 4, "PhotometricInterpretation": "ARGB"}, "4 samples .* as ARGB"),
        ({"PhotometricInterpretation": "RGB"}, "1 samples per voxel as RGB"),
        ({"PhotometricInterpretation": "YBR_PARTIAL_420"}, "YBR_PARTIAL_420"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(
    tmp_path: Path, attributes: dict[str, Any], words: str
) -> None:
    """Before any voxel is read."""
    voxels = noise("uint8", 1, 4, 5, 1)
    path = save(tmp_path / "a.dcm", dataset_of(voxels, **attributes), voxels.tobytes())
    with open_dicom(path) as dicom, pytest.raises(SourceError, match=words):
        pixels_of(dicom)
