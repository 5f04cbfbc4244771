"""What images have in common whose reader decodes whole planes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.model.box import Box
from wkflow.model.source import Header


def require_inside(path: str, header: Header, box: Box, channel: int, frame: int) -> None:
    """Refuse what is not in the image: the file was replaced since it was planned."""
    is_inside = all(
        0 <= begin <= end <= size
        for begin, end, size in zip(box.begin, box.end, header.size, strict=True)
    )
    if is_inside and 0 <= channel < header.channels and 0 <= frame < header.frames:
        return
    raise SourceError(
        f"is {header} in {header.planes} planes; voxels {box.begin} to {box.end} of channel "
        f"{channel}, frame {frame} were asked for",
        path,
        "Convert it again: the file was replaced.",
    )


def spans_plane(header: Header, box: Box) -> bool:
    """Tell whether a box holds whole planes."""
    return (*box.begin[:2], *box.end[:2]) == (0, 0, header.width, header.height)


def plane_for(header: Header, box: Box, out: NDArray[Any]) -> NDArray[Any]:
    """Give the array (y, x, samples) into which a whole plane is decoded for `out` (y, x, samples).

    It is `out` itself where the box holds whole planes; else `cut` copies from it.
    """
    if spans_plane(header, box):
        return out
    return np.empty((header.height, header.width, header.samples), header.dtype)


def cut(plane: NDArray[Any], box: Box, out: NDArray[Any]) -> None:
    """Copy a box out of a whole plane (y, x, samples), unless the plane is `out` itself."""
    if plane is not out:
        out[...] = plane[box.begin[1] : box.end[1], box.begin[0] : box.end[0]]
