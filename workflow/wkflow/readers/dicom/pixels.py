"""What the attributes of a DICOM file say of its voxels.

PS3.3, section C.7.6.3, https://dicom.nema.org/medical/dicom/current/output/chtml/part03/sect_C.7.6.3.html
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.readers.dicom.file import DicomFile
from wkflow.source_errors import REMEDY

GREYS = frozenset({"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"})
COLOURS = frozenset({"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT"})
"""Those that become RGB. XYB and the YBR_PARTIAL of films do not."""

ALLOCATED = frozenset({1, 8, 16, 32, 64})
"""Bits of a voxel. 12 packed bits are older than DICOM 3."""

FLOATS = {0x7FE00008: "float32", 0x7FE00009: "float64"}
"""Elements that hold floats."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """How voxels are stored: `frames` times `rows` times `columns` times `samples`.

    `allocated` bits hold one sample; `stored` of them, up to bit number `high`, are its value.
    `planar` tells that the samples of a frame lie one after the other. `dtype` is numpy's name of
    the type they are read as.
    """

    rows: int
    columns: int
    frames: int
    samples: int
    allocated: int
    stored: int
    high: int
    is_signed: bool
    is_planar: bool
    photometric: str
    dtype: str

    @property
    def is_float(self) -> bool:
        """Whether all bits are those of a float."""
        return self.dtype.startswith("float")

    @property
    def is_subsampled(self) -> bool:
        """Whether two neighbours share their colour in uncompressed data."""
        return self.photometric == "YBR_FULL_422"

    @property
    def frame_bits(self) -> int:
        """Bits of one uncompressed frame; frames of 1-bit voxels do not begin at a byte."""
        samples = 2 if self.is_subsampled else self.samples
        return self.rows * self.columns * samples * self.allocated


def pixels_of(dicom: DicomFile) -> Pixels:
    """Read and check the attributes that voxels depend on."""
    get, path = dicom.dataset.get, dicom.path
    rows, columns = int(get("Rows") or 0), int(get("Columns") or 0)
    frames, samples = int(get("NumberOfFrames") or 1), int(get("SamplesPerPixel") or 1)
    allocated = int(get("BitsAllocated") or 0)
    stored = int(get("BitsStored") or allocated)
    high = int(get("HighBit") or stored - 1)
    photometric = str(get("PhotometricInterpretation") or "MONOCHROME2").strip()
    makes_sense = (
        min(rows, columns, frames) > 0
        and allocated in ALLOCATED
        and 0 < stored <= allocated
        and stored - 1 <= high < allocated
    )
    if not makes_sense:
        raise SourceError(
            f"is damaged or of an unknown kind: {columns} x {rows} voxels in {frames} frames, "
            f"{stored} of {allocated} bits up to bit {high}",
            path,
            REMEDY,
        )
    _require_colours(photometric, samples, path)
    is_signed = bool(get("PixelRepresentation") or 0)
    is_planar = samples > 1 and bool(get("PlanarConfiguration") or 0)
    integer = f"{'' if is_signed else 'u'}int{max(8, allocated)}"
    dtype = FLOATS.get(dicom.tag, integer)
    if dtype != integer and (dtype != f"float{allocated}" or samples > 1):
        raise SourceError(f"is damaged: {allocated} bits are no {dtype}", path, REMEDY)
    return Pixels(
        rows, columns, frames, samples, allocated, stored, high, is_signed, is_planar,
        photometric, "uint8" if allocated == 1 else dtype,
    )  # fmt: skip


def _require_colours(photometric: str, samples: int, path: str) -> None:
    if (samples == 1 and photometric in GREYS) or (samples == 3 and photometric in COLOURS):
        return
    raise SourceError(
        f"has {samples} samples per voxel as {photometric}, which cannot be read",
        path,
        "Export it as MONOCHROME2 or RGB.",
    )


def trim(voxels: NDArray[Any], stored: int, high: int, *, is_signed: bool) -> None:
    """Keep the bits of each value, in place: others may hold what is left of an overlay.

    Parameters
    ----------
    voxels : array of integers, any shape
        Overwritten by bits `high` - `stored` + 1 to `high` of each, extended by the sign or by 0.
    stored, high : int
        How many bits count, and the number of the highest.
    is_signed : bool
        Whether bit `high` is the sign.

    Examples
    --------
    >>> voxels = np.array([0x0FFF, 0xF001], "uint16").view("int16")
    >>> trim(voxels, 12, 11, is_signed=True)
    >>> voxels
    array([-1,  1], dtype=int16)
    """
    bits = voxels.dtype.itemsize * 8
    if stored == bits:
        return
    whole = voxels.view(f"{'i' if is_signed else 'u'}{voxels.dtype.itemsize}")
    np.left_shift(whole, bits - 1 - high, out=whole)
    np.right_shift(whole, bits - stored, out=whole)


def to_rgb(voxels: NDArray[Any], allocated: int) -> None:
    """Turn YBR_FULL into RGB, in place: PS3.3, C.7.6.3.1.2.

    Parameters
    ----------
    voxels : array, shape (..., 3), unsigned integers of `allocated` bits
        Y, CB, CR; overwritten by R, G, B, rounded to the nearest and clipped.
    """
    top = 2**allocated - 1
    luma, blue, red = (voxels[..., sample].astype(np.float32) for sample in range(3))
    blue -= (top + 1) / 2
    red -= (top + 1) / 2
    colours = (luma + 1.402 * red, luma - 0.344136 * blue - 0.714136 * red, luma + 1.772 * blue)
    for sample, colour in enumerate(colours):
        voxels[..., sample] = np.clip(np.rint(colour), 0, top)
