"""Real PNG, JPEG and BMP files: the expected voxels, or a stated refusal."""

from typing import Any

import numpy as np
import PIL.Image
import pytest
from wkflow.errors import SourceError
from wkflow.readers import probe

from tests.readers.contract import read_all
from tests.readers.real import NEEDS_TESTDATA, TESTDATA, digest, expected

pytestmark = [*NEEDS_TESTDATA, pytest.mark.long]

FOLDERS = ("png/", "jpeg/", "bmp/")

REFUSED = {
    "bad_crc.png": "is damaged",
    "html_named.jpg": "holds HTML",
    "tiff_named.png": "holds TIFF",
    "truncated.bmp": "is cut short or damaged",
    "truncated.jpg": "is damaged",
    "truncated.png": "is damaged",
}
"""Which broken file is refused, and a part of the reason."""

CONVERTED = {"jpeg/pil_sample_cmyk.jpg": "CMYK becomes RGB"}
"""Files whose voxels cannot be those of the table, and why."""


IMAGES = {
    name: entry["images"]
    for name, entry in expected().items()
    if name.startswith(FOLDERS) and name not in CONVERTED
}


@pytest.mark.parametrize(("name", "images"), IMAGES.items())
def test_a_real_file_is_read(name: str, images: list[dict[str, Any]]) -> None:
    """Each file gives exactly the voxels that another reader gave, but for alpha."""
    path, (image,) = TESTDATA / name, images
    sizes = dict(zip(image["axes"], image["shape"], strict=True))
    voxels = read_all(str(path))[0, 0, 0]
    assert (*voxels.shape[:2], voxels.dtype.name) == (sizes["Y"], sizes["X"], image["dtype"])
    if voxels.shape[2] == sizes.get("S", 1):
        assert digest(voxels) == image["sha256"]
        return
    with PIL.Image.open(path) as with_alpha:
        all_samples = np.asarray(with_alpha.convert("RGBA"))
    assert digest(all_samples) == image["sha256"]
    np.testing.assert_array_equal(voxels, all_samples[:, :, : voxels.shape[2]])


def test_cmyk_is_converted() -> None:
    """As Pillow does it, and it is said."""
    path = TESTDATA / "jpeg" / "pil_sample_cmyk.jpg"
    assert probe(str(path))[0].about.notes == ("CMYK is converted to RGB",)
    with PIL.Image.open(path) as image:
        np.testing.assert_array_equal(
            read_all(str(path))[0, 0, 0], np.asarray(image.convert("RGB"))
        )


@pytest.mark.parametrize(("name", "reason"), REFUSED.items())
def test_a_broken_file_is_refused(name: str, reason: str) -> None:
    """With a reason that is true."""
    path = str(TESTDATA / "broken" / name)
    with pytest.raises(SourceError, match=reason) as failure:
        read_all(path)
    assert failure.value.where == path
    assert len(str(failure.value).splitlines()) <= 5
