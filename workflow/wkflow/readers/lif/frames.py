"""Voxels of an XLIF: in LOF, TIFF, JPEG, PNG or BMP files, each with a part of the memory."""

import os
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import unquote

import numpy as np
from liffile import LifMemoryBlock
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.formats.jpeg_stream import decode_checked, frame_of
from wkflow.model.box import Box
from wkflow.model.source import ImageInfo, References
from wkflow.readers import probe
from wkflow.readers.base.references import BELOW, referred
from wkflow.readers.base.whole_plane import require_inside
from wkflow.readers.lif.layout import Layout
from wkflow.source_errors import REMEDY, translated


@dataclass(frozen=True, slots=True)
class Frames:
    """The files of a memory block: `spans` are the bytes of the block that each holds."""

    block: LifMemoryBlock
    files: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]

    @classmethod
    def of(
        cls, block: LifMemoryBlock, layout: Layout, path: str, references: References = BELOW
    ) -> Self:
        """List the files; refuse an image that has fewer than it needs."""
        frames = sorted(block.frames, key=lambda frame: frame.offset)
        files = tuple(referred(path, unquote(frame.file), references) for frame in frames)
        spans = tuple((frame.offset, frame.offset + frame.size) for frame in frames)
        for file in files:
            if not os.path.exists(file):  # noqa: PTH110
                raise SourceError("is not there", file, f"{path} names it: put it back.")
        if not spans or spans[-1][1] < layout.end:
            raise SourceError("names no files for the last of its voxels", path, REMEDY)
        return cls(block, files, spans)

    @property
    def lof(self) -> str | None:
        """The one file that holds all of the memory as it is, if it is one."""
        is_lof = len(self.files) == 1 and self.files[0].lower().endswith(".lof")
        return self.files[0] if is_lof else None

    def memory(self, begin: int, count: int, size: tuple[int, int] | None) -> NDArray[np.uint8]:
        """Decode the file that holds the bytes from `begin` on, and give `count` of them.

        `size` are the width and height that its planes must have, if that is known.
        """
        for frame in self.block.frames:
            first = begin - frame.offset
            if 0 <= first <= frame.size - count:
                folder = self.block.parent.dirname
                file = os.path.join(folder, unquote(frame.file))  # noqa: PTH118
                _require_like(file, size)
                _require_whole(file)
                pixels = frame.imread(folder)
                return np.ascontiguousarray(pixels).reshape(-1).view(np.uint8)[first:][:count]
        raise ValueError("a plane is spread over several files")


def _require_like(file: str, size: tuple[int, int] | None) -> None:
    """Refuse a file whose header has other extents, before it is decoded."""
    for one in probe(file) if size else ():
        if one.header.size[:2] != size:
            what = f"is {one.header}; the planes of its image are {size[0]} x {size[1]}"  # type: ignore[index]
            raise SourceError(what, file, REMEDY)


def _require_whole(file: str) -> None:
    """Refuse a JPEG that is cut: liffile's decoder makes up the rest."""
    if file.lower().endswith((".jpg", ".jpeg")):
        with open(file, "rb") as opened:  # noqa: PTH123
            content = opened.read()
        decode_checked(content, "GRAY" if frame_of(content).components == 1 else "RGB")


@dataclass(frozen=True, slots=True)
class FramesImage:
    """An image whose planes lie in files of their own: each is decoded as a whole."""

    path: str
    probe: ImageInfo
    layout: Layout
    frames: Frames

    def read(self, box: Box, out: NDArray[Any], *, channel: int = 0, frame: int = 0) -> None:
        """Decode the planes that the box touches."""
        require_inside(self.path, self.probe.header, box, channel, frame)
        with translated(self.path):
            for z in range(box.begin[2], box.end[2]):
                self._read_plane(self.layout.offset(frame, z), channel, box, out[z - box.begin[2]])

    def _read_plane(self, offset: int, channel: int, box: Box, out: NDArray[Any]) -> None:
        layout, header = self.layout, self.probe.header
        starts = layout.starts[channel]
        strides = (layout.strides.get("y", 0), layout.strides["x"])
        last = (header.height - 1) * strides[0] + (header.width - 1) * strides[1]
        count = last + max(starts) - min(starts) + layout.dtype.itemsize
        size = (header.width, header.height) if "y" in layout.sizes else None
        memory = self.frames.memory(offset + min(starts), count, size)
        shape = (header.height, header.width)
        (x0, y0, _), (x1, y1, _) = box.begin, box.end
        for sample, start in enumerate(starts):
            plane: NDArray[Any] = np.ndarray(
                shape, layout.dtype, memory.data, start - min(starts), strides
            )
            out[..., sample] = plane[y0:y1, x0:x1]
