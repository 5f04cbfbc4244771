"""What every reader promises; tests/readers/contract.py holds each of them to it.

A file holds one image or several (TIFF series, CZI scenes, LIF images). Every failure is a
`SourceError` that names the file.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from numpy.typing import NDArray

from wkflow.model.box import Box
from wkflow.model.source import ImageInfo


class Image(Protocol):
    """One image of an open file. Any thread may read any part of it at any time."""

    @property
    def probe(self) -> ImageInfo:
        """What the file says of this image."""
        ...

    def read(self, box: Box, out: NDArray[Any], *, channel: int = 0, frame: int = 0) -> None:
        """Decode a box of voxels into `out`.

        Parameters
        ----------
        box : Box
            In voxels of the image, (x, y, z), half-open, anywhere within `header.size`. Boxes of
            whole grains cost least.
        out : array, shape (z, y, x, samples) of the box, dtype `header.dtype`
            Overwritten. Need not be contiguous; if it is, little is copied on the way.
        channel : int
            From 0 to `header.channels` - 1.
        frame : int
            Which volume along the further axes, from 0 to `header.frames` - 1.

        Raises
        ------
        SourceError
            If the voxels are damaged, or box, channel or frame lie outside the image.
        """
        ...


class Reader(Protocol):
    """One family of formats."""

    def probe(self, path: str) -> tuple[ImageInfo, ...]:
        """Read the headers of `path` and no voxel: one entry for each image, in order."""
        ...

    def open(self, path: str) -> AbstractContextManager[Sequence[Image]]:
        """Open the images of `path` until the end of the `with` block."""
        ...
