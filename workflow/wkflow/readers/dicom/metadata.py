"""What a DICOM file says besides its voxels: their size, and what is done to show them.

PS3.3, C.7.6.2.1.1 (pixel spacing, in mm: first the distance of rows, then that of columns),
https://dicom.nema.org/medical/dicom/current/output/chtml/part03/sect_C.7.6.2.html
"""

from collections.abc import Iterator
from itertools import pairwise
from math import isclose
from typing import Any

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from wkflow.model.source import ImageMetadata, Place
from wkflow.model.units import to_nm
from wkflow.readers.base.optional_metadata import in_part
from wkflow.readers.dicom.pixels import Pixels
from wkflow.readers.dicom.place import place_dicom

ROWS_AND_COLUMNS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")
"""Attributes that give both, the best first: in the patient, on the detector, on the film."""

EVEN = 0.01
"""Distances that differ by less are the same: positions are written with few digits."""


def about_dicom(dataset: Dataset, pixels: Pixels, step_mm: float | None = None) -> ImageMetadata:
    """Gather what is known of an image; `step_mm` is the distance of its planes, if known."""
    groups = list(_functional_groups(dataset))
    measures = [item for group in groups for item in _items(group, "PixelMeasuresSequence")]
    places = [*measures, dataset]
    y, x = _rows_and_columns(places)
    z = step_mm or _first(places, "SpacingBetweenSlices") or _offset(dataset)
    z = z or _first(places, "SliceThickness")
    voxel_nm = (to_nm(x, "mm"), to_nm(y, "mm"), to_nm(z, "mm"))
    notes = (*_colour_notes(pixels), *_rescale_notes(dataset, groups))
    place, more = in_part(lambda: place_dicom(dataset, groups, (x, y, z)), Place(), "its positions")
    return ImageMetadata(
        "", voxel_nm, notes=(*notes, *more), category=category_of(dataset), place=place
    )


def category_of(dataset: Dataset) -> str:
    """Say what a file states of its kind: a segmentation, or the likelihoods of one.

    PS3.3, C.8.20.2: the values of a fractional segmentation are no ids.
    """
    if str(dataset.get("Modality") or "") != "SEG" and not dataset.get("SegmentSequence"):
        return ""
    return "color" if str(dataset.get("SegmentationType")) == "FRACTIONAL" else "segmentation"


def even_step(places: list[float]) -> float | None:
    """Give the distance of neighbours if all are alike, within a hundredth.

    >>> even_step([0.0, 2.5, 5.001]), even_step([0.0, 2.5, 7.5]), even_step([1.0])
    (2.5005, None, None)
    """
    if len(places) < 2:
        return None
    steps = [after - before for before, after in pairwise(places)]
    mean = (places[-1] - places[0]) / len(steps)
    return mean if mean and all(isclose(step, mean, rel_tol=EVEN) for step in steps) else None


def fact_of(value: Any) -> str:  # noqa: ANN401 -- whatever a file may hold
    """Spell an attribute's value, several with a backslash between them as the file does."""
    return "\\".join(map(str, value)) if isinstance(value, MultiValue) else str(value)


def functional_items(group: Dataset) -> Iterator[Dataset]:
    """Give what a functional group says: the item of each of its sequences.

    Of diffusion also the direction, which lies one level deeper.
    """
    for element in group:
        if element.VR == "SQ" and element.value:
            item = element.value[0]
            yield item
            yield from _items(item, "DiffusionGradientDirectionSequence")[:1]


def stated_step(dataset: Dataset) -> float | None:
    """Give the distance of planes in mm that holds for all frames, if it is stated."""
    shared = _items(dataset, "SharedFunctionalGroupsSequence")[:1]
    return _first([item for group in shared for item in functional_items(group)],
                  "SpacingBetweenSlices")  # fmt: skip


def _functional_groups(dataset: Dataset) -> Iterator[Dataset]:
    """Give what holds for all frames, and what holds for the first."""
    yield from _items(dataset, "SharedFunctionalGroupsSequence")[:1]
    yield from _items(dataset, "PerFrameFunctionalGroupsSequence")[:1]


def _items(dataset: Dataset, name: str) -> list[Dataset]:
    return list(dataset.get(name) or [])


def _rows_and_columns(places: list[Dataset]) -> tuple[float | None, float | None]:
    for place in places:
        for name in ROWS_AND_COLUMNS:
            value = place.get(name)
            if isinstance(value, MultiValue) and len(value) == 2:
                return _number(value[0]), _number(value[1])
    return None, None


def _first(places: list[Dataset], name: str) -> float | None:
    """Give the first of a number's values that is a length; a sign tells a direction."""
    for place in places:
        value = _number(place.get(name))
        if value:
            return abs(value)
    return None


def _number(value: Any) -> float | None:  # noqa: ANN401 -- whatever a file may hold
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _offset(dataset: Dataset) -> float | None:
    """Give the distance of the planes of a dose, which states where each plane is."""
    offsets = dataset.get("GridFrameOffsetVector")
    if not isinstance(offsets, MultiValue):
        return None
    step = even_step([float(offset) for offset in offsets])
    return abs(step) if step else None


def _colour_notes(pixels: Pixels) -> Iterator[str]:
    if pixels.photometric == "PALETTE COLOR":
        yield "voxels are numbers of colours; the palette is left out"
    elif pixels.photometric == "MONOCHROME1":
        yield "small values are meant to be shown bright (MONOCHROME1)"
    elif pixels.photometric in {"YBR_FULL", "YBR_FULL_422"}:
        yield f"{pixels.photometric} is converted to RGB"


def _rescale_notes(dataset: Dataset, groups: list[Dataset]) -> Iterator[str]:
    transformed = [
        item for group in groups for item in _items(group, "PixelValueTransformationSequence")
    ]
    places = [*transformed, dataset]
    slope = next((n for p in places if (n := _number(p.get("RescaleSlope"))) is not None), 1.0)
    shift = next((n for p in places if (n := _number(p.get("RescaleIntercept"))) is not None), 0.0)
    if (slope, shift) != (1, 0):
        yield f"values are as stored: the rescaling by {slope:g}, {shift:+g} is not applied"
