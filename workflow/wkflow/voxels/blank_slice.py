"""A slice that is missing: its place in the stack is blank, and no file is opened for it."""

from typing import Any

from numpy.typing import NDArray

from wkflow.model.box import Box
from wkflow.model.source import Header, ImageInfo


class BlankSlice:
    """An image, as `readers.base.contract.Image` says, of one `value` alone."""

    def __init__(self, header: Header, value: Any = 0) -> None:  # noqa: ANN401 -- a scalar of any dtype
        self.probe, self._value = ImageInfo(header, (1, 1, 1)), value

    def read(self, box: Box, out: NDArray[Any], *, channel: int = 0, frame: int = 0) -> None:  # noqa: ARG002 -- it is everywhere
        """Fill `out`, of shape (z, y, x, samples) and any dtype, with the value."""
        out[...] = self._value
