"""A file of one plane, decoded from its bytes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from wkflow.model.box import Box
from wkflow.model.source import Header, ImageInfo, ImageMetadata
from wkflow.readers.base.whole_plane import cut, plane_for, require_inside
from wkflow.source_errors import translated

WITHOUT_ALPHA = ImageMetadata(notes=("alpha is left out",))
"""What is said of an image that has more samples than are kept."""


@dataclass(frozen=True, slots=True)
class Slice:
    """An open PNG or JPEG: a reader's `Image`.

    `decode(content, out, path)` fills `out` (y, x, samples) with the whole plane; it is called
    anew for each read, so threads share nothing.
    """

    path: str
    probe: ImageInfo
    content: bytes = field(repr=False)
    decode: Callable[[bytes, NDArray[Any], str], None] = field(repr=False)

    def read(self, box: Box, out: NDArray[Any], *, channel: int = 0, frame: int = 0) -> None:
        """Decode the plane: into `out` itself if the box is all of it."""
        require_inside(self.path, self.probe.header, box, channel, frame)
        for only in out:
            plane = plane_for(self.probe.header, box, only)
            with translated(self.path):
                self.decode(self.content, plane, self.path)
            cut(plane, box, only)


def probe_of(header: Header, about: ImageMetadata | None = None) -> ImageInfo:
    """Give the probe of a plane that is decoded as a whole."""
    return ImageInfo(header, (header.width, header.height, 1), about or ImageMetadata())
