"""Headers as nibabel writes them."""

import struct

import nibabel
import numpy as np
import pytest
from wkflow.readers.nifti.header import NiftiHeader

CLASSES = {
    "NIfTI-1": nibabel.Nifti1Header,
    "NIfTI-2": nibabel.Nifti2Header,
    "Analyze": nibabel.AnalyzeHeader,
}


def written(kind: str, endianness: str = "<", **fields: object) -> bytes:
    """Give the bytes of a header of x=5, y=6, z=7, int16."""
    header = CLASSES[kind](endianness=endianness)
    header.set_data_dtype(np.int16)
    header.set_data_shape((5, 6, 7))
    header.set_zooms((2, 3, 4))
    for name, value in fields.items():
        header[name] = value
    return bytes(header.binaryblock).ljust(540, b"\0")


def read(head: bytes) -> NiftiHeader:
    header = NiftiHeader.read(head)
    assert header is not None
    return header


@pytest.mark.parametrize("endianness", ["<", ">"])
@pytest.mark.parametrize("kind", CLASSES)
def test_headers_of_nibabel_are_read(kind: str, endianness: str) -> None:
    """Of all three kinds, in both byte orders."""
    header = read(written(kind, endianness))
    assert (header.kind, header.order, header.shape) == (kind, endianness, (5, 6, 7))
    assert (header.datatype, header.pixdim, header.scale) == (4, (2, 3, 4), (1, 0))
    assert header.is_pair == (kind == "Analyze")
    assert header.offset == {"NIfTI-1": 352, "NIfTI-2": 544, "Analyze": 0}[kind]


@pytest.mark.parametrize("kind", ["NIfTI-1", "NIfTI-2"])
@pytest.mark.parametrize(
    ("units", "name"),
    [(0, ""), (1, "meter"), (2, "millimeter"), (3, "micrometer"), (10, "millimeter"), (7, "")],
)
def test_the_unit_stands_in_three_bits(kind: str, units: int, name: str) -> None:
    """The others are the unit of time."""
    assert read(written(kind, xyzt_units=units)).unit == name


def test_analyze_is_in_millimeters() -> None:
    """It knows no other unit."""
    assert read(written("Analyze")).unit == "millimeter"


@pytest.mark.parametrize("kind", ["NIfTI-1", "NIfTI-2"])
@pytest.mark.parametrize(
    ("slope", "intercept", "scale"),
    [(2, 3, (2, 3)), (0, 3, (1, 0)), (float("nan"), 3, (1, 0)), (2, float("nan"), (1, 0))],
)
def test_a_slope_of_0_or_none_is_none(
    kind: str, slope: float, intercept: float, scale: tuple[float, float]
) -> None:
    """Nor does its intercept count."""
    assert read(written(kind, scl_slope=slope, scl_inter=intercept)).scale == scale


@pytest.mark.parametrize(
    ("stated", "offset"),
    [(0, 352), (352, 352), (1000, 1000), (400.5, -1), (-5, -1), (float("nan"), -1), (1e30, -1)],
)
def test_voxels_begin_behind_the_header(stated: float, offset: int) -> None:
    """The place is a float in NIfTI-1: a broken one is none."""
    assert read(written("NIfTI-1", vox_offset=stated)).offset == offset


@pytest.mark.parametrize("kind", ["NIfTI-1", "NIfTI-2"])
def test_pairs_are_told(kind: str) -> None:
    """Voxels then begin where the other file does."""
    magic = {"NIfTI-1": b"ni1", "NIfTI-2": b"ni2"}[kind]
    header = read(written(kind, magic=magic, vox_offset=0))
    assert (header.is_pair, header.offset) == (True, 0)


@pytest.mark.parametrize("count", [0, -1, 8])
def test_a_count_of_axes_that_is_none_gives_no_shape(count: int) -> None:
    """There are 1 to 7."""
    head = bytearray(written("NIfTI-1"))
    struct.pack_into("<h", head, 40, count)
    assert read(bytes(head)).shape == ()


def test_the_intent_is_read() -> None:
    """CIFTI is told by it."""
    assert read(written("NIfTI-2", intent_code=3006)).intent == 3006
    assert read(written("NIfTI-1", intent_code=1002)).intent == 1002


@pytest.mark.parametrize("head", [b"", b"abc", bytes(540), written("NIfTI-1")[:347], b"text" * 99])
def test_other_bytes_are_none(head: bytes) -> None:
    """So are too few."""
    assert NiftiHeader.read(head) is None
