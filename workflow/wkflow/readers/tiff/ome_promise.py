"""How many planes OME-XML promises, compared with how many directories its files can hold.

tifffile makes a list of all of them before it looks for one.
"""

import os
from math import prod
from xml.etree import ElementTree as ET

from wkflow.formats.size_limits import require_held

DIRECTORY_BYTES = 64
"""A page has a directory of its own, of eight entries of 12 bytes at least."""


def require_planes(root: ET.Element, path: str) -> None:
    """Refuse numbers of planes for which the files of the image are too small.

    Raises
    ------
    SourceError
        Naming what is promised.
    """
    held = _file_bytes(root, path)
    for element in root.iter():
        kind = element.tag.rpartition("}")[2]
        if kind == "Pixels":
            sizes = {axis: _number(element, f"Size{axis}") for axis in "ZCT"}
            what = " x ".join(f"Size{axis} {size}" for axis, size in sizes.items())
            require_held(
                path, what, DIRECTORY_BYTES * prod(max(1, size) for size in sizes.values()), held
            )
        elif kind == "TiffData":
            for name in ("PlaneCount", "NumPlanes", "IFD"):
                count = _number(element, name)
                require_held(path, f"{name} {count}", DIRECTORY_BYTES * count, held)
        elif kind.startswith("Along"):
            span = _fraction(element, "End", 0) - _fraction(element, "Start", 0)
            count = int(min(abs(span / (_fraction(element, "Step", 1) or 1)), 1e18))
            require_held(path, f"{count} steps of {kind}", DIRECTORY_BYTES * count, held)


def _file_bytes(root: ET.Element, path: str) -> int:
    """Add up the sizes of the files that are there."""
    folder = os.path.dirname(path)  # noqa: PTH120
    named = {element.get("FileName", "") for element in root.iter()} - {""}
    files = {os.path.realpath(path)}
    files |= {os.path.realpath(os.path.join(folder, name)) for name in named}  # noqa: PTH118
    return sum(os.stat(file).st_size for file in files if os.path.isfile(file))  # noqa: PTH113, PTH116


def _number(element: ET.Element, name: str) -> int:
    try:
        return int(element.get(name, "0"))
    except ValueError:  # others see to it
        return 0


def _fraction(element: ET.Element, name: str, missing: float) -> float:
    try:
        return float(element.get(name, missing))
    except ValueError:
        return missing
