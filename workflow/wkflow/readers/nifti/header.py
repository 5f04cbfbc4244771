"""The headers of NIfTI-1, NIfTI-2 and Analyze 7.5.

https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h, .../nifti2/nifti2.h
"""

import struct
from dataclasses import dataclass
from typing import Self

HEAD_BYTES = 540
"""The longest of the three; NIfTI-1 and Analyze have 348."""

UNITS = {1: "meter", 2: "millimeter", 3: "micrometer"}
"""The lowest three bits of `xyzt_units`; 0 is unknown."""


@dataclass(frozen=True, slots=True)
class NiftiHeader:
    """What is known of the image.

    `shape` has the extents along x, y, z, t, the fifth axis and so on, `pixdim` the voxel's along
    x, y and z. `order` is the byte order of file and voxels, `<` or `>`. `offset` is where voxels
    begin; `is_pair` says that they lie in a file of their own, the `.img`. `scale` holds slope and
    intercept, (1, 0) if there is none.
    """

    kind: str
    order: str
    shape: tuple[int, ...]
    datatype: int
    pixdim: tuple[float, ...]
    unit: str
    offset: int
    scale: tuple[float, float]
    intent: int
    is_pair: bool

    @classmethod
    def read(cls, head: bytes) -> Self | None:
        """Read the first `HEAD_BYTES` of a file, fewer if it is shorter; None if it is another."""
        for order in "<>":
            size = struct.unpack_from(order + "i", head)[0] if len(head) >= 4 else 0
            if size == 348 and len(head) >= 348:
                return cls._first(head, order)
            if size == 540 and len(head) >= 540 and head[4:7] in {b"n+2", b"ni2"}:
                return cls._second(head, order)
        return None

    @classmethod
    def _first(cls, head: bytes, order: str) -> Self | None:
        magic = head[344:348]
        is_nifti = magic in {b"n+1\0", b"ni1\0"}
        dims = struct.unpack_from(order + "8h", head, 40)
        intent, datatype = struct.unpack_from(order + "2h", head, 68)
        pixdim = struct.unpack_from(order + "8f", head, 76)
        offset, slope, intercept = struct.unpack_from(order + "3f", head, 108)
        unit = UNITS.get(head[123] & 7, "") if is_nifti else "millimeter"
        return cls(
            "NIfTI-1" if is_nifti else "Analyze",
            order, _shape(dims), datatype, pixdim[1:4], unit,
            _whole(offset, 352 if magic == b"n+1\0" else 0),
            _scale(slope, intercept) if is_nifti else (1.0, 0.0),
            intent if is_nifti else 0,
            magic != b"n+1\0",
        )  # fmt: skip

    @classmethod
    def _second(cls, head: bytes, order: str) -> Self:
        datatype = struct.unpack_from(order + "h", head, 12)[0]
        dims = struct.unpack_from(order + "8q", head, 16)
        pixdim = struct.unpack_from(order + "8d", head, 104)
        offset, slope, intercept = struct.unpack_from(order + "q2d", head, 168)
        units, intent = struct.unpack_from(order + "2i", head, 500)
        is_pair = head[4:7] == b"ni2"
        return cls(
            "NIfTI-2",
            order, _shape(dims), datatype, pixdim[1:4], UNITS.get(units & 7, ""),
            _whole(offset, 0 if is_pair else 544),
            _scale(slope, intercept),
            intent,
            is_pair,
        )  # fmt: skip


def _shape(dims: tuple[int, ...]) -> tuple[int, ...]:
    """Give the extents; those behind the last axis that counts are often left at 0.

    >>> _shape((2, 64, 32, 0, 0, 0, 0, 0))
    (64, 32, 1)
    """
    count = dims[0]
    if not 1 <= count <= 7:
        return ()
    return (*dims[1 : count + 1], *(1,) * (3 - count))


def _whole(offset: float, least: int) -> int:
    """Give a place in the file: NIfTI-1 has it as a float; -1 if it is none."""
    is_place = offset == offset // 1 and 0 <= offset < 2**62
    return max(int(offset), least) if is_place else -1


def _scale(slope: float, intercept: float) -> tuple[float, float]:
    """Give slope and intercept; a slope of 0 says that there are none."""
    is_stated = slope == slope and slope != 0 and intercept == intercept  # noqa: PLR0124 -- NaN
    return (slope, intercept) if is_stated else (1.0, 0.0)
