"""Planes in gzip files, read once from the first to the last."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.model.box import Box
from wkflow.model.source import Header, ImageInfo
from wkflow.readers.base.gzip_image import StreamedImage, open_streamed
from wkflow.readers.base.inflate import Inflated
from wkflow.readers.base.uncompressed import FileArray

from tests.readers.contract import read_image, voxels_of

HEADER = Header(6, 5, 8, 3, "uint16", axes=(("t", 2),))

VOXELS = voxels_of("uint16", 2, 1, 8, 5, 6, 3)


@contextmanager
def stored(
    folder: Path, header: Header = HEADER, dtype: str = "<u2"
) -> Iterator[tuple[Path, StreamedImage]]:
    """Write VOXELS behind 9 bytes; read them as `header` says."""
    path = folder / "voxels.gz"
    path.write_bytes(gzip.compress(bytes(9) + VOXELS.astype(dtype).tobytes()))
    array = FileArray.packed(header, dtype, 9, samples=3)
    probe = ImageInfo(header, (6, 5, 1), is_stream=True)
    with open_streamed(str(path), [(probe, array)]) as (image,):
        yield path, image


@pytest.fixture
def _one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no position of the file be left backwards."""

    def refuse(self: Inflated) -> None:
        raise AssertionError(self)

    monkeypatch.setattr(Inflated, "_rewind", refuse)


def require(image: StreamedImage, box: Box, frame: int, out: NDArray[Any] | None = None) -> None:
    """Compare a box with what was written."""
    (x0, y0, z0), (x1, y1, z1) = box.begin, box.end
    expected = VOXELS[frame, 0, z0:z1, y0:y1, x0:x1, : image.probe.header.samples]
    out = np.empty_like(expected) if out is None else out
    image.read(box, out, frame=frame)
    assert_array_equal(out, expected)


@pytest.mark.usefixtures("_one_pass")
@pytest.mark.parametrize("depth", [1, 3, 8])
@pytest.mark.parametrize("dtype", ["<u2", ">u2"])
def test_ascending_planes_are_one_pass(tmp_path: Path, depth: int, dtype: str) -> None:
    """Plane by plane, several at once, over all frames, and with planes left out."""
    with stored(tmp_path, dtype=dtype) as (_, image):
        for frame in range(2):
            for z in range(frame, 8, depth):
                require(image, Box((0, 0, z), (6, 5, min(z + depth, 8))), frame)


@pytest.mark.usefixtures("_one_pass")
def test_parts_of_the_same_planes_are_one_pass(tmp_path: Path) -> None:
    """Bands of rows, then those of the next planes, which may share some."""
    with stored(tmp_path) as (_, image):
        for frame in range(2):
            for z in (0, 2, 5):
                for y in (3, 0, 1):
                    require(image, Box((1, y, z), (6, y + 2, z + 3)), frame)


def test_any_order_is_right(tmp_path: Path) -> None:
    """Going back begins anew, and parts and wholes mix."""
    with stored(tmp_path) as (_, image):
        for z in (5, 0, 4, 3, 7, 6):
            require(image, Box((0, 1, z), (6, 2, z + 1)), 1)
            require(image, Box((0, 0, 0), (6, 5, z + 1)), 0)
            require(image, Box((2, 0, 0), (3, 5, z + 1)), 1)


def test_alpha_is_stepped_over(tmp_path: Path) -> None:
    """More samples lie there than are read."""
    with stored(tmp_path, replace(HEADER, samples=2)) as (_, image):
        assert_array_equal(read_image(image), VOXELS[..., :2])


def test_out_may_have_gaps(tmp_path: Path) -> None:
    """Whole planes come through planes of their own."""
    with stored(tmp_path) as (_, image):
        box = Box((0, 0, 1), (6, 5, 4))
        require(image, box, 0, np.empty((3, 5, 9, 3), "uint16")[:, :, :6])


def test_an_empty_box_reads_nothing(tmp_path: Path) -> None:
    """It is no error."""
    with stored(tmp_path) as (_, image):
        image.read(Box((2, 2, 2), (2, 3, 3)), np.empty((1, 1, 0, 3), "uint16"))


def test_the_checksum_is_compared_behind_the_last_plane(tmp_path: Path) -> None:
    """Damage shows that left every block of the file readable."""
    with stored(tmp_path) as (path, _):
        pass
    damaged = bytearray(path.read_bytes())
    damaged[-6] ^= 1
    path.write_bytes(damaged)
    array = FileArray.packed(HEADER, "<u2", 9)
    with open_streamed(str(path), [(ImageInfo(HEADER, (6, 5, 1)), array)]) as (image,):
        for begin in ((0, 0, 0), (0, 1, 0)):
            with pytest.raises(SourceError, match="is damaged"):
                require(image, Box(begin, (6, 5, 8)), 1)
