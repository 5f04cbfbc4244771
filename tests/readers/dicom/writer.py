"""DICOM files by pydicom, for the tests."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence as Items
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    SecondaryCaptureImageStorage,
)

SERIES = "1.2.826.0.1.3680043.8.498.1"


def dataset_of(voxels: NDArray[Any], **attributes: Any) -> Dataset:  # noqa: ANN401
    """Describe (frame, y, x, sample), without pixel data; attributes are added by their names."""
    frames, rows, columns, samples = voxels.shape
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = SecondaryCaptureImageStorage, UID(SERIES + ".7")
    dataset.SeriesInstanceUID = SERIES
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = rows, columns, samples
    dataset.BitsAllocated = voxels.dtype.itemsize * 8
    if voxels.dtype.kind != "f":
        dataset.BitsStored, dataset.HighBit = dataset.BitsAllocated, dataset.BitsAllocated - 1
        dataset.PixelRepresentation = int(voxels.dtype.kind == "i")
    dataset.PhotometricInterpretation = "MONOCHROME2" if samples == 1 else "RGB"
    if samples > 1:
        dataset.PlanarConfiguration = 0
    if frames > 1:
        dataset.NumberOfFrames = frames
    for name, value in attributes.items():
        setattr(dataset, name, value)
    return dataset


def save(
    path: Path,
    dataset: Dataset,
    pixels: bytes | Sequence[bytes] = b"",
    syntax: UID = ExplicitVRLittleEndian,
    name: str = "PixelData",
) -> str:
    """Write a dataset with `pixels`: as they are, or encapsulated if they are frames."""
    if not isinstance(pixels, bytes):
        dataset.PixelData = encapsulate(list(pixels))
        dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
    elif pixels:
        setattr(dataset, name, pixels + b"\0" * (len(pixels) % 2))
    if name == "PixelData" and "PixelData" in dataset and isinstance(pixels, bytes):
        is_byte = dataset.BitsAllocated <= 8 and syntax != ImplicitVRLittleEndian
        dataset["PixelData"].VR = "OB" if is_byte else "OW"
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = (
        dataset.SOPClassUID,
        dataset.SOPInstanceUID,
    )
    meta.TransferSyntaxUID = syntax
    dataset.file_meta = meta
    dataset.save_as(path, enforce_file_format=True)
    return str(path)


def write_plain(
    path: Path,
    voxels: NDArray[Any],
    syntax: UID = ExplicitVRLittleEndian,
    **attributes: Any,  # noqa: ANN401
) -> str:
    """Write (frame, y, x, sample) uncompressed; floats go where floats belong."""
    names = {"float32": "FloatPixelData", "float64": "DoubleFloatPixelData"}
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    pixels = voxels.astype(voxels.dtype.newbyteorder(order)).tobytes()
    dataset = dataset_of(voxels, **attributes)
    return save(path, dataset, pixels, syntax, names.get(voxels.dtype.name, "PixelData"))


def items(*datasets: dict[str, Any]) -> Items:
    """Make a sequence of datasets from their attributes."""
    found = []
    for attributes in datasets:
        dataset = Dataset()
        for name, value in attributes.items():
            setattr(dataset, name, value)
        found.append(dataset)
    return Items(found)


def noise(dtype: str, *shape: int) -> NDArray[Any]:
    """Draw values over the whole range of a type."""
    values = np.random.default_rng(5)
    if np.dtype(dtype).kind == "f":
        return values.normal(size=shape).astype(dtype)
    limits = np.iinfo(dtype)
    return values.integers(limits.min, limits.max, shape, dtype, endpoint=True)
