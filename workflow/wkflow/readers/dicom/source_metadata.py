"""What a DICOM file says of image and machine: numbers and codes, nothing that names a person.

Kept are the groups of acquisition, place and image (PS3.6: 0018, 0020, 0028, 0048, 5200) as far as
their values are numbers or codes, and who made the machine. Free text, names, dates, identifiers
and private elements are left out, also in sequences: what PS3.15, annex E, removes is among them.
"""

from typing import Any

from pydicom.dataset import Dataset

from wkflow.readers.base.source_metadata import SourceMetadata
from wkflow.readers.dicom.file import open_dicom, understood

GROUPS = frozenset({0x0018, 0x0020, 0x0022, 0x0028, 0x0048, 0x5200})
"""Acquisition, relationship, ophthalmology, image, slide microscopy, functional groups."""

OF_THE_MACHINE = frozenset({"Modality", "Manufacturer", "ManufacturerModelName", "ImageType"})

NUMBERS_AND_CODES = frozenset({
    *("AT", "CS", "DS", "FD", "FL", "IS", "SL", "SS", "SV", "UL", "US", "UV"),
})  # fmt: skip

SEQUENCE = "SQ"


def read_metadata(path: str) -> SourceMetadata | None:
    """Read the attributes before the pixel data."""
    with open_dicom(path) as dicom, understood(path):
        return SourceMetadata.of_values("dicom.json", _values(dicom.dataset))


def _values(dataset: Dataset) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for element in dataset:
        name = element.keyword
        is_wanted = name in OF_THE_MACHINE or element.tag.group in GROUPS
        if not (name and is_wanted) or element.tag.is_private:
            continue
        if element.VR == SEQUENCE:
            found[name] = [_values(item) for item in element.value]
        elif name in OF_THE_MACHINE or element.VR in NUMBERS_AND_CODES:
            found[name] = _value(element.value)
    return found


def _value(value: Any) -> Any:  # noqa: ANN401 -- pydicom's
    if isinstance(value, str | int | float) or value is None:
        return _number(value)
    return [_number(one) for one in value]


def _number(value: Any) -> Any:  # noqa: ANN401 -- DS and IS are numbers that remember their text
    if isinstance(value, float):
        return float(value)
    return int(value) if isinstance(value, int) else value
