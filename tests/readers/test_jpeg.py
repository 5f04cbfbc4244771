"""JPEG files by Pillow."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import PIL.Image
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.readers import probe

from tests.formats.test_jpeg_stream import cut
from tests.readers.contract import ReaderContract, read_all, voxels_of


class TestJpeg(ReaderContract):
    suffix = ".jpg"
    lossless: ClassVar = False

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        PIL.Image.fromarray(voxels.squeeze()).save(path, quality=98, subsampling=0)


def ramp(channels: int) -> NDArray[np.uint8]:
    steps = np.add.outer(np.arange(40), np.arange(48))[:, :, None]
    return (steps + np.arange(channels) * 30).astype(np.uint8)


def test_a_progressive_file_with_long_metadata_is_read(tmp_path: Path) -> None:
    """The frame header may stand behind any number of other segments."""
    path = tmp_path / "photo.jpeg"
    image = PIL.Image.fromarray(ramp(3))
    image.save(path, quality=98, progressive=True, icc_profile=b"x" * 200_000, comment=b"\xff\xc0")
    assert probe(str(path))[0].header.size == (48, 40, 1)
    assert np.abs(read_all(str(path))[0, 0, 0].astype(int) - ramp(3)).mean() < 3


def test_cmyk_becomes_rgb(tmp_path: Path) -> None:
    """As Pillow converts it, and it is said."""
    path = tmp_path / "print.jpe"
    PIL.Image.fromarray(ramp(3)).convert("CMYK").save(path, quality=98)
    (found,) = probe(str(path))
    assert found.header.samples == 3
    assert found.about.notes == ("CMYK is converted to RGB",)
    with PIL.Image.open(path) as image:
        assert_array_equal(read_all(str(path))[0, 0, 0], np.asarray(image.convert("RGB")))


def test_twelve_bits_are_refused(tmp_path: Path) -> None:
    """The message says how many bits, the remedy names formats that keep them."""
    path = tmp_path / "deep.jpg"
    PIL.Image.fromarray(ramp(1)[:, :, 0]).save(path)
    content = bytearray(path.read_bytes())
    content[content.index(b"\xff\xc0") + 4] = 12
    path.write_bytes(content)
    with pytest.raises(SourceError, match="12 bits per sample") as failure:
        probe(str(path))
    assert "TIFF" in failure.value.remedy


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("how", [{}, {"progressive": True}])
def test_a_file_that_is_cut_before_its_end_marker_is_refused(
    tmp_path: Path, mode: str, how: dict[str, Any]
) -> None:
    """Whatever its colours are: Pillow, which converts CMYK, would say nothing."""
    path = tmp_path / "photo.jpg"
    voxels = voxels_of("uint8", 40, 48, 3)
    PIL.Image.fromarray(voxels).convert(mode).save(path, quality=98, **how)
    path.write_bytes(cut(path.read_bytes(), 0.6))
    with pytest.raises(SourceError, match=r"(?i)premature|early"):
        read_all(str(path))
