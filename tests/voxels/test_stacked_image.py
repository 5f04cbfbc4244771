"""Slices as planes of one image: each opened only when some of it is read."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.testing import assert_array_equal
from wkflow.model.box import Box
from wkflow.model.selection import Selection
from wkflow.model.source import BLANK, BLANK_MARK, Header, ImageInfo, Source
from wkflow.readers import Image
from wkflow.voxels.stacked_image import StackedImage

from tests.runs import noise

VOLUME = noise(6, 5, 4)


class Plane:
    """One slice in memory."""

    def __init__(self, voxels: np.ndarray) -> None:
        self._voxels = voxels[np.newaxis, ..., np.newaxis]
        height, width = voxels.shape
        self.probe = ImageInfo(Header(width, height, 1, 1, "uint8"), (1, 1, 1))

    def read(self, box: Box, out: np.ndarray, *, channel: int = 0, frame: int = 0) -> None:
        """Copy a box."""
        assert (channel, frame) == (0, 0)
        (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
        out[...] = self._voxels[z0:z1, y0:y1, x0:x1]


def stacked(files: tuple[str, ...], opened: list[str], times: int = 0) -> StackedImage:
    depth = len(files) // (times or 1)
    source = Source(
        files, tuple(BLANK_MARK for _ in files), Header(4, 5, depth, 1, "uint8"), (4, 5, 1),
        selection=Selection((4, 5, depth), (0, 0, 0)), times=times, is_across=True,
    )  # fmt: skip

    @contextmanager
    def open_one(file: str) -> Iterator[Image]:
        opened.append(file)
        plane = VOLUME[int(file[0])]
        yield Plane(plane[:3, :2] if file.endswith("small") else plane)

    return StackedImage(source, open_one, 7)


def read(image: StackedImage, box: Box, frame: int = 0) -> np.ndarray:
    x, y, z = box.size
    out = np.zeros((z, y, x, 1), np.uint8)
    image.read(box, out, frame=frame)
    return out[..., 0]


def test_only_what_is_wanted_is_opened() -> None:
    """Planes are files, in their order."""
    opened: list[str] = []
    image = stacked(tuple("012345"), opened)
    assert image.probe.header.size == (4, 5, 6)
    assert image.probe.grain == (4, 5, 1)
    assert_array_equal(read(image, Box((1, 2, 3), (4, 4, 5))), VOLUME[3:5, 2:4, 1:4])
    assert opened == ["3", "4"]


def test_what_lacks_is_blank() -> None:
    """A whole slice, which is not opened, or what a smaller one has not."""
    opened: list[str] = []
    found = read(stacked(("0", BLANK, "2small"), opened), Box((0, 0, 0), (4, 5, 3)))
    expected = VOLUME[:3].copy()
    expected[1] = expected[2, 3:] = expected[2, :, 2:] = 7
    assert_array_equal(found, expected)
    beyond = read(stacked(("2small",), opened), Box((2, 0, 0), (4, 5, 1)))
    assert (beyond == 7).all()
    assert BLANK not in opened


def test_times_are_frames() -> None:
    """All slices of the first, then those of the next."""
    image = stacked(tuple("012345"), [], times=2)
    assert image.probe.header.planes == 3
    assert_array_equal(read(image, Box((0, 0, 1), (4, 5, 2)), frame=1), VOLUME[4:5])
