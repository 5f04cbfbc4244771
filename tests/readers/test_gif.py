"""GIF files by Pillow, cut and coloured."""

import io
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from numpy.testing import assert_array_equal
from wkflow.errors import SourceError
from wkflow.readers import probe
from wkflow.readers.gif import Survey, survey

from tests.readers.contract import read_all, voxels_of


def film(frames: list[PIL.Image.Image]) -> bytes:
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=100)
    return file.getvalue()


def greys(frames: int) -> list[PIL.Image.Image]:
    return list(map(PIL.Image.fromarray, voxels_of("uint8", frames, 37, 53, 1)[..., 0]))


def test_frames_are_counted() -> None:
    """Without decoding them."""
    assert survey(io.BytesIO(film(greys(3))), "") == Survey(3, is_grey=True)


def coloured(red: int) -> PIL.Image.Image:
    return PIL.Image.new("RGB", (53, 37), (red, 10, 10)).quantize(4)


def test_each_frame_has_its_own_colours(tmp_path: Path) -> None:
    """Frames with palettes of their own are RGB as their first is, grey ones as well."""
    path = tmp_path / "film.gif"
    path.write_bytes(film([coloured(200), coloured(100), *greys(1)]))
    voxels = read_all(str(path))[:, 0, 0]
    assert voxels[:2, 5, 5].tolist() == [[200, 10, 10], [100, 10, 10]]
    assert_array_equal(voxels[2], np.asarray(greys(1)[0].convert("RGB")), strict=True)


def test_colours_that_come_late_are_refused(tmp_path: Path) -> None:
    """Pillow would show others."""
    content = film([*greys(2), coloured(200)])
    assert survey(io.BytesIO(content), "") == Survey(3, is_grey=False)
    path = tmp_path / "film.gif"
    path.write_bytes(content)
    with pytest.raises(SourceError, match="has colours later"):
        probe(str(path))


@pytest.mark.parametrize("mark", [b"\x21\xf9", b"\x3b"])
def test_a_film_that_lost_its_end_is_refused(tmp_path: Path, mark: bytes) -> None:
    """Pillow would show the frames that are left as if they were all."""
    path, whole = tmp_path / "film.gif", film(greys(3))
    path.write_bytes(whole[: whole.rindex(mark)])
    with pytest.raises(SourceError, match="is cut short"):
        probe(str(path))
