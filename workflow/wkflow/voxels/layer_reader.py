"""The images of a layer's source, opened and read as voxels of the layer."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wkflow.errors import SourceError
from wkflow.model.box import Box, triple
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.source import BLANK, Header, Source
from wkflow.readers import Image, open_images
from wkflow.readers.base.missing_planes import require_no_gaps
from wkflow.voxels.blank_slice import BlankSlice
from wkflow.voxels.map_values import blank_value
from wkflow.voxels.selected_image import SelectedImage, stored_header
from wkflow.voxels.stacked_image import StackedImage

Voxels = NDArray[np.generic]

REMEDY = "Make all slices alike, or give --on-mismatch pad if only their sizes differ."

OPEN_FILES_MAX = 64
"""Slices held open at once: well below the least limit that systems have."""

PIECE_BYTES = 2**22
"""What is worth a task of its own."""


class LayerReader:
    """One frame of a layer's source; a file of many planes stays open meanwhile.

    All arrays have the shape (z, y, x, c) and the dtype of the source.
    """

    def __init__(self, plan: LayerPlan, frame: int, stack: ExitStack) -> None:
        self.source, self._pad = plan.source, plan.pad
        in_names = self.source.times > 0 and self.source.is_stack
        self._first, self._frame = (frame * self.source.depth, 0) if in_names else (0, frame)
        self._voxel_bytes = np.dtype(self.source.header.dtype).itemsize * len(self.source.picks)
        self._blank = blank_value(plan.values, self.source.header.dtype)
        self._image: Image | None = None
        self._held: dict[int, Image] = {}
        if self.source.is_across and self.source.selection:
            stacked = StackedImage(self.source, self._opened, self._blank)
            self._image = SelectedImage(stacked, self.source.selection, self.source.header)
        elif not self.source.is_stack:
            self._image = stack.enter_context(open_image(self.source, self.source.files[0]))
            self._require(self._image, self.source.files[0])

    @property
    def is_stack(self) -> bool:
        """Whether each slice is a file, so that each may be bad for itself."""
        return self.source.is_stack

    def empty(self, box: Box) -> Voxels:
        """Give an array for the voxels of a box."""
        x, y, z = box.size
        return np.empty((z, y, x, len(self.source.picks)), self.source.header.dtype)

    def pieces(self, box: Box) -> list[Box]:
        """Cut a box into parts that are read by themselves, in order, without decoding twice."""
        if self.source.is_stream:
            return [box]
        if self.source.is_across:
            return self._by_files(box)
        _, high, deep = (1, 1, 1) if self.is_stack else self.source.grain
        (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
        row_bytes = (x1 - x0) * deep * self._voxel_bytes
        rows = high * max(1, PIECE_BYTES // (row_bytes * high)) if not self.is_stack else y1 - y0
        if part := self.source.selection:
            return [
                Box((x0, *begin), (x1, *end))
                for z in part.cuts(2, z0, z1, deep)
                for y in ([(y0, y1)] if self.is_stack else part.cuts(1, y0, y1, rows))
                for begin, end in [zip(y, z, strict=True)]
            ]
        return [
            Box((x0, max(y, y0), max(z, z0)), (x1, min(y + rows, y1), min(z + deep, z1)))
            for z in range(z0 // deep * deep, z1, deep)
            for y in range(y0 // rows * rows if not self.is_stack else y0, y1, rows)
        ]

    def _by_files(self, box: Box) -> list[Box]:
        """Cut a box where other files begin, so that each is opened once for it."""
        part = self.source.selection
        axis = part.axes.index(2) if part else 2
        begin, end = box.begin[axis], box.end[axis]
        step = max(1, PIECE_BYTES * (end - begin) // (box.voxels * self._voxel_bytes))
        return [
            Box(
                triple(first if a == axis else at for a, at in enumerate(box.begin)),
                triple(min(first + step, end) if a == axis else at for a, at in enumerate(box.end)),
            )
            for first in range(begin, end, step)
        ]

    def fault(self, box: Box, out: Voxels) -> SourceError | None:
        """Read a box, in voxels of the layer, into `out`; give back what is wrong with it."""
        try:
            self.read(box, out)
        except SourceError as fault:
            return fault
        return None

    def read(self, box: Box, out: Voxels) -> None:
        """Read a box, in voxels of the layer, into `out`; called from several threads."""
        if self._image:
            self._fill(self._image, box, out)
            return
        for z in range(box.begin[2], box.end[2]):
            held = self._held.get(z)
            with nullcontext(held) if held else self.slice(z) as image:
                self.fill_slice(image, box, out[z - box.begin[2]])

    @contextmanager
    def holding(self, box: Box) -> Iterator[None]:
        """Keep the slices of a box open, to read several bands of each; faults are told later."""
        some = range(box.begin[2], min(box.end[2], box.begin[2] + OPEN_FILES_MAX))
        with ExitStack() as stack:
            stack.callback(self._held.clear)
            for z in some if self.is_stack else ():
                with suppress(SourceError):
                    self._held[z] = stack.enter_context(self.slice(z))
            yield

    @contextmanager
    def slice(self, z: int) -> Iterator[Image]:
        """Open slice `z` of a stack, if it is like the others; one that is missing is blank."""
        file = self.source.files[self._first + z]
        if file == BLANK:
            yield BlankSlice(self.source.header, self._blank)
            return
        with self._opened(file) as image:
            yield image

    @contextmanager
    def _opened(self, file: str) -> Iterator[Image]:
        """Open the file of a slice, if it is like the others."""
        with open_image(self.source, file) as image:
            self._require(image, file)
            yield image

    def fill_slice(self, image: Image, box: Box, plane: Voxels) -> None:
        """Read the rows and columns of a box from an open slice into `plane` (y, x, c)."""
        (x0, y0, _), (x1, y1, _) = box.begin, box.end
        self._fill(image, Box((x0, y0, 0), (x1, y1, 1)), plane[np.newaxis])

    def _require(self, image: Image, file: str) -> None:
        if not self._pad:
            require_no_gaps(image.probe, file)
        stored = self.source.stored
        like = replace(stored, planes=1) if self.source.is_across else stored
        if fault := misfit(stored_header(image), like, file, pad=self._pad):
            raise fault

    def _fill(self, image: Image, box: Box, out: Voxels) -> None:
        """Read what an image has of a box; what a smaller one has not is blank in the layer."""
        size = image.probe.header.size
        if all(end <= extent for end, extent in zip(box.end, size, strict=True)):
            self._pick(image, box, out)
            return
        out[...] = self._blank
        part = box.overlap(Box((0, 0, 0), size))
        x, y, z = part.size
        if min(x, y, z) > 0:
            self._pick(image, part, out[:z, :y, :x])

    def _pick(self, image: Image, box: Box, out: Voxels) -> None:
        """Read the samples that the layer is made of."""
        picks, samples = self.source.picks, image.probe.header.samples
        for channel in sorted({pick // samples for pick in picks}):
            wanted = [(i, p % samples) for i, p in enumerate(picks) if p // samples == channel]
            if [sample for _, sample in wanted] == list(range(samples)):
                first = wanted[0][0]
                target = out[..., first : first + samples]
                image.read(box, target, channel=channel, frame=self._frame)
                continue
            whole = np.empty((*out.shape[:3], samples), out.dtype)
            image.read(box, whole, channel=channel, frame=self._frame)
            for i, sample in wanted:
                out[..., i] = whole[..., sample]


@contextmanager
def open_image(source: Source, file: str) -> Iterator[Image]:
    """Open the image of a file that a layer is made of."""
    with open_images(file, source.raw, source.references) as images:
        if source.image >= len(images):
            raise SourceError(
                f"holds {len(images)} images, number {source.image + 1} was asked for", file,
                "Convert it again: the file was replaced.",
            )  # fmt: skip
        image = images[source.image]
        part = None if source.is_across else source.selection
        yield SelectedImage(image, part, source.header) if part else image


def misfit(found: Header, expected: Header, file: str, *, pad: bool) -> SourceError | None:
    """Say how a slice is unlike the others; None if it is not, or may be padded."""
    if found == expected or (pad and _fits_into(found, expected)):
        return None
    pages = ("", "")
    if found.planes != expected.planes:
        pages = (f" in {found.planes} pages", f" in {expected.planes} page")
    return SourceError(f"is {found}{pages[0]}, expected {expected}{pages[1]}", file, REMEDY)


def _fits_into(found: Header, expected: Header) -> bool:
    """Tell whether only the size differs, and is not larger."""
    is_smaller = found.width <= expected.width and found.height <= expected.height
    return is_smaller and replace(found, width=expected.width, height=expected.height) == expected
