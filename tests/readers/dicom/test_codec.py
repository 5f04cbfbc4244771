"""Frames encoded by imagecodecs and Pillow; what damaged ones must not do."""

import io
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import PIL.Image
import pydicom
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from pydicom.uid import UID, JPEG2000Lossless, JPEGBaseline8Bit, JPEGExtended12Bit, RLELossless
from wkflow.errors import SourceError

from tests.formats.test_jpeg_stream import cut
from tests.readers.contract import read_all
from tests.readers.dicom.writer import dataset_of, noise, save

LOSSLESS, LOSSLESS_FIRST = UID("1.2.840.10008.1.2.4.57"), UID("1.2.840.10008.1.2.4.70")
LS, HT, XL = (UID(f"1.2.840.10008.1.2.4.{number}") for number in (80, 201, 110))


def smooth(dtype: str, top: int) -> NDArray[Any]:
    ramp = np.add.outer(np.arange(19), np.arange(23)) * top // 42
    return ramp[None, :, :, None].astype(dtype)


def write(
    path: Path,
    voxels: NDArray[Any],
    frame: bytes,
    syntax: UID,
    **attributes: Any,  # noqa: ANN401
) -> str:
    known = HT if syntax == XL else syntax  # pydicom 3.0 does not write what it does not know
    save(path, dataset_of(voxels, **attributes), [frame], known)
    path.write_bytes(path.read_bytes().replace(known.encode(), syntax.encode()))
    return str(path)


@pytest.mark.parametrize(("dtype", "bits"), [("uint8", 8), ("uint16", 12), ("uint16", 16)])
@pytest.mark.parametrize("syntax", [LOSSLESS, LOSSLESS_FIRST, LS, HT, XL])
def test_lossless_codecs_keep_their_values(
    tmp_path: Path, syntax: UID, dtype: str, bits: int
) -> None:
    """8, 12 and 16 bits."""
    voxels = noise(dtype, 1, 19, 23, 1) >> (np.dtype(dtype).itemsize * 8 - bits)
    plane = voxels[0, :, :, 0]
    encoded = {
        LOSSLESS: lambda: imagecodecs.jpeg8_encode(plane, lossless=True, bitspersample=bits),
        LOSSLESS_FIRST: lambda: imagecodecs.ljpeg_encode(plane, bitspersample=bits),
        LS: lambda: imagecodecs.jpegls_encode(plane),
        HT: lambda: imagecodecs.htj2k_encode(plane),
        XL: lambda: imagecodecs.jpegxl_encode(plane, lossless=True),
    }[syntax]()
    path = write(tmp_path / "a.dcm", voxels, encoded, syntax, BitsStored=bits, HighBit=bits - 1)
    assert_array_equal(read_all(path)[0, 0], voxels, strict=True)


@pytest.mark.parametrize("bits", [12, 16])
def test_signs_are_extended(tmp_path: Path, bits: int) -> None:
    """A JPEG-LS has no signs: those of its stored bits count."""
    voxels = noise("int16", 1, 19, 23, 1) >> (16 - bits)
    frame = imagecodecs.jpegls_encode(voxels[0, :, :, 0].view("uint16") & np.uint16(2**bits - 1))
    path = write(tmp_path / "a.dcm", voxels, frame, LS, BitsStored=bits, HighBit=bits - 1)
    assert_array_equal(read_all(path)[0, 0], voxels, strict=True)


def test_jpeg_2000_knows_its_sign(tmp_path: Path) -> None:
    """Signed code streams as they are, unsigned ones by their depth."""
    voxels = noise("int16", 1, 19, 23, 1)
    for plane in (voxels[0, :, :, 0], voxels[0, :, :, 0].view("uint16")):
        frame = imagecodecs.jpeg2k_encode(plane, level=0, codecformat="j2k")
        path = write(tmp_path / "a.dcm", voxels, frame, JPEG2000Lossless)
        assert_array_equal(read_all(path)[0, 0], voxels, strict=True)


def test_twelve_bits_of_jpeg(tmp_path: Path) -> None:
    """Extended JPEG is lossy, but not by much."""
    voxels = smooth("uint16", 4000)
    frame = imagecodecs.jpeg8_encode(voxels[0, :, :, 0], level=100, bitspersample=12)
    path = write(tmp_path / "a.dcm", voxels, frame, JPEGExtended12Bit, BitsStored=12, HighBit=11)
    assert np.abs(read_all(path)[0, 0].astype(int) - voxels).max() <= 2


def test_red_green_and_blue_may_be_encoded_as_they_are(tmp_path: Path) -> None:
    """A JPEG of RGB says so nowhere but in the DICOM file."""
    voxels = np.concatenate([smooth("uint8", top) for top in (250, 120, 60)], axis=3)
    frame = imagecodecs.jpeg8_encode(
        voxels[0], level=100, colorspace="RGB", outcolorspace="RGB", subsampling="444"
    )
    path = write(tmp_path / "a.dcm", voxels, frame, JPEGBaseline8Bit)
    assert np.abs(read_all(path)[0, 0].astype(int) - voxels).max() <= 2


def test_ybr_in_run_lengths_becomes_rgb(tmp_path: Path) -> None:
    """As pydicom has it, but for its rounding."""
    voxels = noise("uint8", 1, 19, 23, 3)
    dataset = dataset_of(voxels, PhotometricInterpretation="YBR_FULL")
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.compress(RLELossless, voxels[0], generate_instance_uid=False)
    path = save(tmp_path / "a.dcm", dataset, b"", RLELossless)
    found = read_all(path)[0, 0, 0].astype(int)
    assert np.abs(found - pydicom.dcmread(path).pixel_array).max() <= 1


def run_lengths(count: int, *starts: int) -> bytes:
    return np.array([count, *starts, *[0] * (15 - len(starts))], "<u4").tobytes() + bytes(64)


def jpeg() -> bytes:
    content = io.BytesIO()
    PIL.Image.fromarray(smooth("uint8", 250)[0, :, :, 0]).save(content, "JPEG")
    return content.getvalue()


@pytest.mark.parametrize(
    ("frame", "syntax"),
    [
        (run_lengths(1, 2**31), RLELossless),
        (run_lengths(2, 64, 64), RLELossless),
        (run_lengths(1, 64), RLELossless),
        (jpeg()[:-20], JPEGBaseline8Bit),
        (jpeg()[:-20] + b"\xff\xd9", JPEGBaseline8Bit),
        (cut(jpeg(), 0.7), JPEGBaseline8Bit),
        (cut(imagecodecs.ljpeg_encode(noise("uint8", 19, 23)), 0.7), LOSSLESS_FIRST),
        (imagecodecs.jpegls_encode(noise("uint8", 19, 23))[:71], LS),
        (imagecodecs.jpegls_encode(noise("uint8", 19, 23))[:71] + b"\xff\xd9", LS),
        (imagecodecs.jpegls_encode(noise("uint8", 20, 23)), LS),
        (imagecodecs.jpegls_encode(noise("uint16", 19, 23)), LS),
        (b"no code stream", JPEG2000Lossless),
    ],
)
def test_damaged_frames_are_refused(tmp_path: Path, frame: bytes, syntax: UID) -> None:
    """Some of these ended the process or never ended, decoded by the library alone."""
    path = write(tmp_path / "a.dcm", noise("uint8", 1, 19, 23, 1), frame, syntax)
    with pytest.raises(SourceError) as failure:
        read_all(path)
    assert failure.value.where == path


def test_twelve_bits_that_are_cut_are_refused(tmp_path: Path) -> None:
    """The end marker is there, codes before it are not."""
    voxels = noise("uint16", 1, 19, 23, 1) >> 4
    frame = cut(imagecodecs.jpeg8_encode(voxels[0, :, :, 0], level=95, bitspersample=12), 0.7)
    path = write(tmp_path / "a.dcm", voxels, frame, JPEGExtended12Bit, BitsStored=12, HighBit=11)
    with pytest.raises(SourceError, match="ends early"):
        read_all(path)


@pytest.mark.parametrize("padding", [b"\0", b"\xff", b"\0\xff", b"\xff\xff\0", bytes(9)])
@pytest.mark.parametrize(
    "syntax", [JPEGBaseline8Bit, LOSSLESS, LS, JPEG2000Lossless, HT, XL, RLELossless]
)
def test_a_frame_may_be_filled_up_behind_its_end(
    tmp_path: Path, syntax: UID, padding: bytes
) -> None:
    """Writers make its length even with 00 or FF, and some add more."""
    voxels = noise("uint8", 1, 19, 23, 1)
    plane = voxels[0, :, :, 0]
    encoded = {
        JPEGBaseline8Bit: lambda: imagecodecs.jpeg8_encode(plane),
        LOSSLESS: lambda: imagecodecs.jpeg8_encode(plane, lossless=True, bitspersample=8),
        LS: lambda: imagecodecs.jpegls_encode(plane),
        JPEG2000Lossless: lambda: imagecodecs.jpeg2k_encode(plane, level=0, codecformat="j2k"),
        HT: lambda: imagecodecs.htj2k_encode(plane),
        XL: lambda: imagecodecs.jpegxl_encode(plane, lossless=True),
        RLELossless: lambda: run_lengths(1, 64)[:64] + imagecodecs.packbits_encode(plane.tobytes()),
    }[syntax]()
    alone = read_all(write(tmp_path / "a.dcm", voxels, encoded, syntax))
    padded = read_all(write(tmp_path / "b.dcm", voxels, encoded + padding, syntax))
    assert_array_equal(padded, alone, strict=True)
    if syntax != JPEGBaseline8Bit:
        assert_array_equal(alone[0, 0], voxels)


@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, LS, JPEG2000Lossless])
@pytest.mark.parametrize("rows", [17, 21])
def test_a_frame_that_does_not_fit_is_named(tmp_path: Path, syntax: UID, rows: int) -> None:
    """Larger or smaller than the file says, and not the first."""
    encode = {
        JPEGBaseline8Bit: imagecodecs.jpeg8_encode,
        LS: imagecodecs.jpegls_encode,
        JPEG2000Lossless: lambda plane: imagecodecs.jpeg2k_encode(plane, codecformat="J2K"),
    }[syntax]
    voxels = noise("uint8", 2, 19, 23, 1)
    other = noise("uint8", 1, rows, 23, 1)[0, :, :, 0]
    path = tmp_path / "a.dcm"
    save(path, dataset_of(voxels), [encode(voxels[0, :, :, 0]), encode(other)], syntax)
    words = f"frame 2: it has 23 x {rows} voxels, its place 23 x 19"
    with pytest.raises(SourceError, match=words):
        read_all(str(path))
