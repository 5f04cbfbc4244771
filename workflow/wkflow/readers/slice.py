"""A file of one plane, decoded from its bytes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.readers.fault import translated
from wkflow.source import Header


@dataclass(frozen=True, slots=True)
class Slice:
    """An open PNG, JPEG or BMP: a reader's `Image`.

    `decode(content, out, path)` fills `out`; it is called anew for each read, so threads
    share nothing.
    """

    path: str
    header: Header
    content: bytes = field(repr=False)
    decode: Callable[[bytes, NDArray[Any], str], None] = field(repr=False)

    def read(self, page: int, out: NDArray[Any]) -> None:
        """Decode the only page into `out`."""
        if page != 0:
            raise SourceError(
                f"has one page, page {page + 1} was asked for",
                self.path,
                "Convert the folder again: a file was replaced.",
            )
        with translated(self.path):
            self.decode(self.content, out, self.path)

    def raw(self, page: int) -> None:  # noqa: ARG002 -- whichever page: it is compressed
        """Find nothing: the page has to be decoded as a whole."""
        return
