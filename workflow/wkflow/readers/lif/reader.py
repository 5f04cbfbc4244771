"""LIF, LOF and XLIF of Leica, through liffile; the voxels by a map of the file.

XLIF is a description of one image whose voxels lie in other files beside it.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from liffile import LifFile, LifImageABC
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.model.box import Box
from wkflow.model.source import ImageInfo, References
from wkflow.readers.base.file_type import open_as
from wkflow.readers.base.memory_map import Content, mapped
from wkflow.readers.base.optional_metadata import besides
from wkflow.readers.base.references import Referring
from wkflow.readers.base.whole_plane import require_inside
from wkflow.readers.lif.frames import Frames, FramesImage
from wkflow.readers.lif.layout import Layout, about_of, layout_of
from wkflow.source_errors import REMEDY, translated


class LifReader(Referring):
    """Every image of a file, named by its path in the file."""

    def probe(self, path: str) -> tuple[ImageInfo, ...]:
        """Read the description, and where the voxels of each image begin."""
        with self.open(path) as images:
            return tuple(image.probe for image in images)

    @contextmanager
    def open(self, path: str) -> Iterator[Sequence["LifImage | FramesImage"]]:
        """Map the file; refuse it if an image, be it the last, reaches past its end."""
        with ExitStack() as stack:
            with translated(path):
                images = _images(path, stack, self.references)
            yield images


@dataclass(frozen=True, slots=True)
class LifImage:
    """An image of an open file, its voxels uncompressed from byte `offset` on."""

    path: str
    probe: ImageInfo
    layout: Layout
    offset: int
    content: Content = field(repr=False)

    def read(self, box: Box, out: NDArray[Any], *, channel: int = 0, frame: int = 0) -> None:
        """Copy the box sample by sample out of the map."""
        require_inside(self.path, self.probe.header, box, channel, frame)
        strides = [self.layout.strides.get(axis, 0) for axis in "zyx"]
        begin = sum(map(int.__mul__, box.begin[::-1], strides))
        with translated(self.path):
            first = self.offset + self.layout.offset(frame, 0) + begin
            for sample, start in enumerate(self.layout.starts[channel]):
                out[..., sample] = np.ndarray(
                    box.size[::-1], self.layout.dtype, self.content, first + start, strides
                )


def _images(
    path: str, stack: ExitStack, references: References
) -> Sequence[LifImage | FramesImage]:
    if path.lower().endswith(".xlif"):
        os.stat(path)  # noqa: PTH116 -- is it there?
    else:
        open_as("LIF", path).close()
    lif = stack.enter_context(LifFile(path, squeeze=False))
    # histograms of photon counts (FLIM) are no voxels
    images = [image for image in lif.images if not image.is_flim]
    if not images:
        raise SourceError("holds no image", path, REMEDY)
    if path.lower().endswith(".xlif"):
        return [_external(path, image, stack, references) for image in images]
    content = stack.enter_context(mapped(path))
    return [_image(path, image, content, len(images) > 1) for image in images]


def _image(path: str, image: LifImageABC, content: Content, is_named: bool) -> LifImage:  # noqa: FBT001
    layout = layout_of(image.xml_element, path)
    try:
        block = image.memory_block
    except (KeyError, IndexError, ValueError) as lack:
        # liffile stops at the first block that is cut, and says nothing
        raise SourceError(
            f"is cut short: the voxels of its image {image.name} are not there", path, REMEDY
        ) from lack
    end = block.offset + layout.end
    if block.offset < 0 or layout.end > block.size or end > len(content):
        raise SourceError(f"is cut short: it ends within its image {image.name}", path, REMEDY)
    named = image.path if is_named else ""
    about = besides(lambda: about_of(image.xml_element, layout, named), named)
    return LifImage(path, ImageInfo(layout.header, (1, 1, 1), about), layout, block.offset, content)


def _external(
    path: str, image: LifImageABC, stack: ExitStack, references: References
) -> LifImage | FramesImage:
    layout = layout_of(image.xml_element, path)
    about = besides(lambda: about_of(image.xml_element, layout, ""))
    frames = Frames.of(image.memory_block, layout, path, references)
    files = (os.path.abspath(path), *frames.files)  # noqa: PTH100
    if (lof := frames.lof) is None:
        grain = (layout.header.width, layout.header.height, 1)
        return FramesImage(path, ImageInfo(layout.header, grain, about, files), layout, frames)
    open_as("LIF", lof).close()
    block = stack.enter_context(LifFile(lof)).images[0].memory_block
    content = stack.enter_context(mapped(lof))
    if block.offset + layout.end > len(content):
        raise SourceError("is cut short", lof, REMEDY)
    probe = ImageInfo(layout.header, (1, 1, 1), about, files)
    return LifImage(path, probe, layout, block.offset, content)
