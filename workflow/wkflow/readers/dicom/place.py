"""Where the first voxel of a DICOM image is, among those of the same frame of reference.

PS3.3, C.7.6.2.1.1 (position of the middle of the first voxel, in mm, and the directions of rows
and columns), C.7.4.1.1.1 (frame of reference),
https://dicom.nema.org/medical/dicom/current/output/chtml/part03/sect_C.7.6.2.html
"""

from collections.abc import Sequence

import numpy as np
from pydicom.dataset import Dataset

from wkflow.model.source import Place

DIGITS = 3
"""Of cosines: they are written with few."""


def place_dicom(
    dataset: Dataset, groups: Sequence[Dataset], spacing_mm: Sequence[float | None]
) -> Place:
    """Give the place in voxels along rows, columns and their normal; none where one is missing.

    Along an axis without a spacing it is in mm.
    """
    held = [
        item
        for group in groups
        for name in ("PlanePositionSequence", "PlaneOrientationSequence")
        for item in group.get(name) or ()
    ]
    position = _vector([*held, dataset], "ImagePositionPatient", 3)
    axes = _vector([*held, dataset], "ImageOrientationPatient", 6)
    frame = dataset.get("FrameOfReferenceUID")
    if not frame or position is None or axes is None:
        return Place()
    directions = (axes[:3], axes[3:], np.cross(axes[:3], axes[3:]))
    x, y, z = (
        float(direction @ position) / (step or 1.0)
        for direction, step in zip(directions, spacing_mm, strict=True)
    )
    turn = ",".join(f"{cosine:.{DIGITS}f}" for cosine in axes)
    return Place((x, y, z), frame=f"{frame} {turn}", is_centred=True)


def _vector(places: Sequence[Dataset], name: str, count: int) -> np.ndarray | None:
    for place in places:
        value = place.get(name)
        if value is not None and len(value) == count:
            return np.array([float(one) for one in value])
    return None
