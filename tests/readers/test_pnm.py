"""PBM, PGM and PPM files by hand."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.readers import Reader
from wkflow.readers.pnm import PnmReader

from tests.readers.contract import ReaderContract, read_all


class TestPnm(ReaderContract):
    suffix = ".pnm"
    kinds: ClassVar = (("uint8", 1), ("uint8", 3), ("uint16", 1), ("uint16", 3))
    damaged_bytes = range(2, 20)

    def reader(self, path: str) -> Reader:
        del path
        return PnmReader()

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        *_, height, width, samples = voxels.shape
        white = np.iinfo(voxels.dtype).max
        header = f"P{6 if samples == 3 else 5}\n# by hand\n{width} {height}\n{white}\n"
        path.write_bytes(header.encode() + voxels.astype(voxels.dtype.newbyteorder(">")).tobytes())


class TestPnmOfText(TestPnm):
    damaged_bytes = range(2, 3000)

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        *_, height, width, samples = voxels.shape
        lines = "\n".join(" ".join(map(str, row)) for row in voxels.reshape(height, -1))
        header = (
            f"P{3 if samples == 3 else 2} {width}\n{height} {np.iinfo(voxels.dtype).max} # top\n"
        )
        path.write_text(f"{header}{lines}\n")


@pytest.mark.parametrize("content", [b"P1 3 2 10 1\n# mid\n01 1", b"P4 3 2\n\xa0\x60"])
def test_bits_become_black_and_white(tmp_path: Path, content: bytes) -> None:
    """In a bitmap 1 is black."""
    path = tmp_path / "bits.pnm"
    path.write_bytes(content)
    found = read_all(str(path), reader=PnmReader())[0, 0, 0, :, :, 0]
    assert_array_equal(found, [[0, 255, 0], [255, 0, 0]])


def test_values_are_not_spread(tmp_path: Path) -> None:
    """A white of 1000 is said, and the values stay what they are."""
    path = tmp_path / "grey.pgm"
    path.write_bytes(b"P5 2 1 1000\n" + bytes([3, 232, 0, 1]))
    (probe,) = PnmReader().probe(str(path))
    assert (probe.header.dtype, probe.about.notes) == ("uint16", ("its white is 1000",))
    assert_array_equal(read_all(str(path), reader=PnmReader()).ravel(), [1000, 1])


@pytest.mark.parametrize(
    "content", [b"P5", b"P5 2 0 255\n", b"P5 2 1 70000\n1234", b"P5 2 1 x\n12"]
)
def test_a_header_without_sense_is_refused(tmp_path: Path, content: bytes) -> None:
    """Nothing is guessed."""
    path = tmp_path / "odd.pgm"
    path.write_bytes(content)
    with pytest.raises(SourceError, match="header makes no sense"):
        PnmReader().probe(str(path))
