"""The slices of one depth of a stack, open to read rows of them."""

from concurrent.futures import Executor, Future, wait
from contextlib import ExitStack

import numpy as np

from wkflow.errors import SourceError
from wkflow.formats.contract import Voxels
from wkflow.model.box import Box
from wkflow.readers import Image
from wkflow.voxels.layer_reader import LayerReader

FEW_ROWS = 16
"""Slices in parts of this share of their height are read in rows, some parts several times."""


class OpenSlices:
    """The slices of one depth, open to read rows of them.

    One that has to be decoded as a whole is decoded at once. They are closed with `stack` at last.
    """

    def __init__(self, reading: LayerReader, box: Box, stack: ExitStack) -> None:
        self._reading, self._box = reading, box
        self._slices: list[Image | Voxels | SourceError] = []
        self._opened: Future[None] | None = None
        self._stack = stack.enter_context(ExitStack())

    def begin(self, pool: Executor) -> None:
        """Begin to open them, beside other work."""
        self._opened = pool.submit(self._open)
        self._stack.callback(wait, [self._opened])

    def _open(self) -> None:
        for z in range(self._box.begin[2], self._box.end[2]):
            try:
                self._slices.append(self._stack.enter_context(self._reading.slice(z)))
            except SourceError as fault:
                self._slices.append(fault)

    def ready(self) -> list[SourceError]:
        """Return when all are open; give what is wrong with some."""
        if self._opened:
            self._opened.result()
        else:
            self._open()
        for number, z in enumerate(range(self._box.begin[2], self._box.end[2])):
            one = self._slices[number]
            if not isinstance(one, (SourceError, np.ndarray)) and _is_decoded_whole(one):
                self._slices[number] = self._decoded(one, z)
        return [one for one in self._slices if isinstance(one, SourceError)]

    def _decoded(self, image: Image, z: int) -> Voxels | SourceError:
        plane: Voxels = self._reading.empty(self._box.plane(z))[0]
        try:
            self._reading.fill_slice(image, self._box, plane)
        except SourceError as fault:
            return fault
        return plane

    def read(self, box: Box) -> Voxels:
        """Read a box of them, in voxels of the image; by any thread."""
        out = self._reading.empty(box)
        for number, z in enumerate(range(box.begin[2], box.end[2])):
            plane = self._slices[z - self._box.begin[2]]
            if isinstance(plane, np.ndarray):
                out[number] = plane[box.begin[1] : box.end[1], box.begin[0] : box.end[0]]
            elif not isinstance(plane, SourceError):
                self._reading.fill_slice(plane, box, out[number])
        return out.T

    def close(self) -> None:
        """Close all files, and forget what was decoded."""
        self._stack.close()
        self._slices.clear()


def _is_decoded_whole(image: Image) -> bool:
    return image.probe.grain[1] * FEW_ROWS > image.probe.header.height
