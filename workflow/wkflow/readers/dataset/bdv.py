"""The project file of BigDataViewer and BigStitcher beside a container: it has the voxel size.

https://imagej.net/plugins/bdv/#the-bigdataviewer-data-format: `ViewSetup` number S describes the
arrays below `setupS`; its `voxelSize` has a unit, which the arrays' `resolution` has not.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

from wkflow.model.units import to_nm
from wkflow.source_errors import FOREIGN

VoxelSize = tuple[float | None, float | None, float | None]

UNKNOWN: VoxelSize = (None, None, None)

SETUP = re.compile(r"setup(\d+)|s(\d+)-t\d+(?:\.zarr)?")
"""The folder of a setup in N5, and in OME-Zarr."""

PROJECT_MAX_BYTES = 2**26
"""A project of a million views is smaller."""


def setup_voxel_nm(group: Path) -> VoxelSize:
    """Give the voxel size of the setup that a group belongs to; unknown if no project lists it."""
    folders = [group.absolute(), *group.absolute().parents]
    for below, container in pairwise(folders):
        if setup := SETUP.fullmatch(below.name):
            number = int(setup[1] or setup[2])
            found = (_size_in(file, container, number) for file in _projects(container))
            return next((size for size in found if size != UNKNOWN), UNKNOWN)
    return UNKNOWN


def registration_notes(group: Path) -> tuple[str, ...]:
    """Say that the project moves, turns or scales the views of the setup that a group belongs to.

    BigStitcher's calibration counts in the smallest edge of a voxel, without a unit: it is no size.
    """
    folders = [group.absolute(), *group.absolute().parents]
    for below, container in pairwise(folders):
        if setup := SETUP.fullmatch(below.name):
            number = int(setup[1] or setup[2])
            return tuple(
                f"{file.name} moves, turns or scales setup {number}: that is not applied"
                for file in _projects(container)
                if _is_registered(file, container, number)
            )
    return ()


def _is_registered(file: Path, container: Path, setup: int) -> bool:
    """Whether a project does more with a setup than to scale it by the size of its voxels."""
    try:
        root = ET.fromstring(file.read_bytes())  # noqa: S314 -- as below
        if not any(_names(element, container) for element in root.iter()):
            return False
        views = [v for v in root.iter("ViewRegistration") if v.get("setup") == str(setup)]
        affines = [one.text or "" for view in views for one in view.iter("affine")]
        matrices = [[float(word) for word in text.split()] for text in affines]
    except FOREIGN:
        return False
    is_sized = _size_in(file, container, setup) != UNKNOWN
    return any(_does_more(matrix, is_sized=is_sized) for matrix in matrices)


def _does_more(matrix: list[float], *, is_sized: bool) -> bool:
    """Whether an affine (three rows of four) is more than a scale that is known otherwise."""
    diagonal = matrix[::5]
    others = [value for place, value in enumerate(matrix) if place % 5]
    return any(others) or (not is_sized and any(value != 1 for value in diagonal))


def _projects(container: Path) -> Iterator[Path]:
    files = sorted(container.parent.glob("*.xml"))
    yield from (file for file in files if file.stat().st_size <= PROJECT_MAX_BYTES)


def _size_in(file: Path, container: Path, setup: int) -> VoxelSize:
    try:
        root = ET.fromstring(file.read_bytes())  # noqa: S314 -- expat resolves no external entities
        if not any(_names(element, container) for element in root.iter()):
            return UNKNOWN
        for one in root.iter("ViewSetup"):
            if int(one.findtext("id", "-1")) == setup:
                sizes = [float(word) for word in one.findtext("voxelSize/size", "").split()]
                x, y, z = (to_nm(size, one.findtext("voxelSize/unit", "")) for size in sizes)
                return x, y, z
    except FOREIGN:  # no project, or a damaged one: no voxel depends on it
        return UNKNOWN
    return UNKNOWN


def _names(element: ET.Element, container: Path) -> bool:
    """Tell whether an element (`<n5 type="relative">bdv.n5</n5>`) is the name of the container."""
    return Path((element.text or "").strip()).name == container.name
