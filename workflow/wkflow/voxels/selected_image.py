"""A part of an image, read as an image of its own: nothing outside of it is asked for."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wkflow.model.box import Box
from wkflow.model.selection import Selection
from wkflow.model.source import Header, ImageInfo
from wkflow.readers import Image


class SelectedImage:
    """An image, as `readers.base.contract.Image` says: the voxels of `image` that are selected.

    Zeros stand for what an image has not that is smaller than the selection's `whole`.
    """

    def __init__(self, image: Image, selection: Selection, header: Header) -> None:
        self.image, self._selection = image, selection
        stored = image.probe
        own = replace(stored.header, width=header.width, height=header.height, planes=header.planes)
        grain = selection.arranged(stored.grain)
        self._probe = replace(stored, header=own, grain=grain)

    @property
    def probe(self) -> ImageInfo:
        """What the file says, with the extents and the grain of the part."""
        return self._probe

    def read(self, box: Box, out: NDArray[Any], *, channel: int = 0, frame: int = 0) -> None:
        """Read a box of the part into `out`, shape (z, y, x, samples)."""
        spans: tuple[range, ...] = self._selection.spans(box)
        size = self.image.probe.header.size
        there = [_inside(span, extent) for span, extent in zip(spans, size, strict=True)]
        view = out.transpose(*(2 - self._selection.axes.index(axis) for axis in (2, 1, 0)), 3)
        if any(span[places] != span for span, places in zip(spans, there, strict=True)):
            out[...] = 0
            view = view[there[2], there[1], there[0]]
            spans = tuple(span[places] for span, places in zip(spans, there, strict=True))
        if view.size == 0:
            return
        view = view[tuple(slice(None, None, -1 if span.step < 0 else 1) for span in spans[::-1])]
        x, y, z = (span if span.step > 0 else span[::-1] for span in spans)
        done = 0
        for planes in self._pieces(z):
            part = view[done : done + len(planes)]
            done += len(planes)
            whole = Box((x[0], y[0], planes[0]), (x[-1] + 1, y[-1] + 1, planes[-1] + 1))
            is_direct = not self._selection.is_turned and len(planes) in {1, whole.size[2]}
            if is_direct:
                self.image.read(whole, part, channel=channel, frame=frame)
                continue
            read = np.empty((whole.size[2], *part.shape[1:]), part.dtype)
            self.image.read(whole, read, channel=channel, frame=frame)
            part[...] = read[:: planes.step]

    def _pieces(self, z: range) -> Iterator[range]:
        """Group ascending planes of the image that are read at once.

        Neighbours are; where planes are left out, those of one grain are, which is decoded once. In
        a stream each is read by itself: all planes of a box would be in memory in their whole size.
        """
        probe = self.image.probe
        if z.step == 1 and not probe.is_stream:
            yield z
            return
        deep = 1 if probe.is_stream else probe.grain[2]
        first = 0
        for _, some in groupby(z, lambda at: at // deep):
            last = first + len(list(some))
            yield z[first:last]
            first = last


def _inside(span: range, extent: int) -> slice:
    """Give the places of a span that an image of this extent has."""
    if span.step > 0:
        return slice(0, len(range(span.start, min(span.stop, extent), span.step)))
    return slice(len(range(span.start, max(span.stop, extent - 1), span.step)), len(span))


def stored_header(image: Image) -> Header:
    """Give the header of the image in the file, of which `image` may be a part."""
    return image.image.probe.header if isinstance(image, SelectedImage) else image.probe.header
