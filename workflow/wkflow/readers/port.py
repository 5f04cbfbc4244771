"""What every reader promises; tests/readers/contract.py holds each of them to it."""

from contextlib import AbstractContextManager
from typing import Any, Protocol

from numpy.typing import NDArray

from wkflow.source import Header


class Image(Protocol):
    """One open file. Any thread may read any page of it at any time."""

    @property
    def header(self) -> Header:
        """What the file says of itself."""
        ...

    def read(self, page: int, out: NDArray[Any]) -> None:
        """Decode plane `page` into `out`.

        Parameters
        ----------
        page : int
            From 0 to `header.planes` - 1.
        out : array, shape (height, width, channels), dtype `header.dtype`
            Overwritten. Need not be contiguous; if it is, nothing is copied on the way.
        """
        ...

    def raw(self, page: int) -> "RawPlane | None":
        """Find plane `page` where it lies uncompressed in the file; None if it does not."""
        ...


class RawPlane(Protocol):
    """A plane of which some rows can be read without the others, from any thread."""

    def read(self, top: int, out: NDArray[Any]) -> None:
        """Read the rows from `top` on into `out`, shape (rows, width, channels), contiguous."""
        ...


class Reader(Protocol):
    """One family of formats. Every failure is a `SourceError` that names the file."""

    def probe(self, path: str) -> Header:
        """Read the headers of `path` and no voxel."""
        ...

    def open(self, path: str) -> AbstractContextManager[Image]:
        """Open `path` until the end of the `with` block."""
        ...
