"""A slice that is missing: its place in the stack is zeros, and no file is opened for it."""

from typing import Any

from numpy.typing import NDArray

from wkflow.model.box import Box
from wkflow.model.source import Header, ImageInfo


class BlankSlice:
    """An image, as `readers.base.contract.Image` says, of nothing but zeros."""

    def __init__(self, header: Header) -> None:
        self.probe = ImageInfo(header, (1, 1, 1))

    def read(self, box: Box, out: NDArray[Any], *, channel: int = 0, frame: int = 0) -> None:  # noqa: ARG002 -- zeros are everywhere
        """Fill `out`, of shape (z, y, x, samples) and any dtype, with zeros."""
        out[...] = 0
