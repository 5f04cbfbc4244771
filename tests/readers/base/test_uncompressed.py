"""Arrays in files, laid out by numpy in every order."""

import itertools
import random
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
from wkflow.readers.base import uncompressed
from wkflow.readers.base.uncompressed import FileArray, open_arrays, require_bytes

from tests.readers.contract import part_of, random_box, read_image, voxels_of

HEADER = Header(7, 5, 4, 3, "uint16", channels=2, axes=(("t", 3),))

AXES = "tczyxs"

VOXELS = voxels_of("uint16", 3, 2, 4, 5, 7, 3)
"""(frame, channel, z, y, x, sample)."""


def store(path: Path, order: str, dtype: str, offset: int = 0) -> FileArray:
    """Write VOXELS with the axes of `order`, fastest first, behind `offset` bytes."""
    laid = VOXELS.transpose([AXES.index(axis) for axis in reversed(order)])
    path.write_bytes(b"\xee" * offset + np.ascontiguousarray(laid.astype(dtype)).tobytes())
    return FileArray.packed(HEADER, dtype, offset, order)


@pytest.fixture(params=[(2**22, 2**14), (64, 2**14), (64, 6), (2**22, 0)])
def small_steps(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read as large files are read: in blocks, and over gaps or not."""
    block, gap = request.param
    monkeypatch.setattr(uncompressed, "BLOCK_BYTES", block)
    monkeypatch.setattr(uncompressed, "GAP_BYTES", gap)


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("dtype", ["<u2", ">u2"])
def test_any_box_of_any_layout_is_read(tmp_path: Path, dtype: str) -> None:
    """Into arrays with gaps and without; whichever axis is fastest."""
    dice = random.Random(3)  # noqa: S311 -- not for secrets
    path = tmp_path / "voxels"
    orders = ["".join(order) for order in itertools.permutations(AXES)]
    for order in dice.sample(orders, 40):
        array = store(path, order, dtype, offset=dice.choice([0, 11]))
        assert array.end(HEADER) == path.stat().st_size
        with open_arrays(str(path), [(ImageInfo(HEADER, (1, 1, 1)), array)]) as (image,):
            for _ in range(4):
                box = random_box(dice, HEADER)
                frame, channel = dice.randrange(3), dice.randrange(2)
                expected = part_of(VOXELS[frame, channel], box)
                for out in (np.empty_like(expected), spread(expected.shape)):
                    image.read(box, out, channel=channel, frame=frame)
                    assert_array_equal(out, expected, strict=True)


def spread(shape: tuple[int, ...]) -> NDArray[Any]:
    """Give an array with gaps between its elements, and axes in another order."""
    return np.empty([n + 2 for n in reversed(shape)], "uint16")[
        tuple(slice(n) for n in shape[::-1])
    ].T


@pytest.mark.usefixtures("small_steps")
def test_samples_may_run_backwards(tmp_path: Path) -> None:
    """Blue comes first in many files."""
    path = tmp_path / "bgr"
    array = store(path, "sxyzct", "<u2")
    swapped = replace(array, offset=array.offset + 4, steps=(*array.steps[:5], -2))
    with open_arrays(str(path), [(ImageInfo(HEADER, (1, 1, 1)), swapped)]) as (image,):
        assert_array_equal(read_image(image), VOXELS[..., ::-1], strict=True)


def test_more_samples_may_lie_there_than_are_read(tmp_path: Path) -> None:
    """Alpha is stepped over."""
    path = tmp_path / "rgba"
    store(path, "sxyzct", "<u2")
    header = replace(HEADER, samples=2)
    array = FileArray.packed(header, "<u2", 0, samples=3)
    with open_arrays(str(path), [(ImageInfo(header, (1, 1, 1)), array)]) as (image,):
        assert_array_equal(read_image(image), VOXELS[..., :2], strict=True)


def test_an_empty_box_reads_nothing(tmp_path: Path) -> None:
    """It is no error."""
    path = tmp_path / "voxels"
    array = store(path, "sxyzct", "<u2")
    with open_arrays(str(path), [(ImageInfo(HEADER, (1, 1, 1)), array)]) as (image,):
        image.read(Box((2, 2, 2), (2, 3, 3)), np.empty((1, 1, 0, 3), "uint16"))


def test_a_file_that_shrinks_meanwhile_is_refused(tmp_path: Path) -> None:
    """The process lives on, and both sizes are named."""
    path = tmp_path / "voxels"
    array = store(path, "sxyzct", "<u2")
    with open_arrays(str(path), [(ImageInfo(HEADER, (1, 1, 1)), array)]) as (image,):
        path.write_bytes(path.read_bytes()[:999])
        with pytest.raises(SourceError, match="the file has 999") as failure:
            read_image(image)
    assert failure.value.where == str(path)


def test_the_last_voxel_must_be_there() -> None:
    """A byte more does not matter, a byte less does."""
    require_bytes("a.raw", 100, 100)
    require_bytes("a.raw", 101, 100)
    with pytest.raises(SourceError, match="need 100 bytes, the file has 99"):
        require_bytes("a.raw", 99, 100)


def test_errors_name_the_file_that_was_opened(tmp_path: Path) -> None:
    """The header, where voxels lie in a file of their own."""
    path = tmp_path / "voxels"
    array = store(path, "sxyzct", "<u2")
    probe = ImageInfo(HEADER, (1, 1, 1), files=("a.hdr", str(path)))
    out = np.empty((1, 1, 1, 3), "uint16")
    with (
        open_arrays(str(path), [(probe, array)]) as (image,),
        pytest.raises(SourceError, match="asked for") as failure,
    ):
        image.read(Box((0, 0, 9), (1, 1, 10)), out)
    assert failure.value.where == "a.hdr"
