"""Real files that nobody in this project wrote: the expected voxels, or a stated refusal."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import tifffile
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.readers import SUFFIXES, open_image, probe

TESTDATA = Path(__file__).parents[2].parent / "shared" / "testdata"
FOLDERS = ("tiff", "ome-tiff", "png", "jpeg", "bmp", "sequences", "broken")

pytestmark = [
    pytest.mark.testdata,
    pytest.mark.skipif(
        not TESTDATA.is_dir(), reason="the folder shared/testdata is not beside the project"
    ),
]

REFUSED = {
    "ome-tiff/2010-06-18x24y5z1t2c8b-text.ome.tiff": "channels and time",
    "ome-tiff/bf_fake_3series.ome.tif": "holds 3 images",
    "ome-tiff/bf_fake_float_XYTZC.ome.tif": "channels and time",
    "ome-tiff/bf_mitosis_t3z5c2_lzw.ome.tiff": "channels and time",
    "ome-tiff/cells-2c.ome.tif": "channels and time",
    "ome-tiff/multifile/nucleus_z0.ome.tiff": "spread over several files",
    "ome-tiff/multifile/nucleus_z1.ome.tiff": "spread over several files",
    "ome-tiff/multifile/nucleus_z2.ome.tiff": "spread over several files",
    "ome-tiff/multifile/nucleus_z3.ome.tiff": "spread over several files",
    "ome-tiff/multifile/nucleus_z4.ome.tiff": "spread over several files",
    "ome-tiff/multifile/nucleus_z5.ome.tiff": "spread over several files",
    "ome-tiff/multifile/nucleus_z6.ome.tiff": "spread over several files",
    "tiff/xyc_16bit__nuclei_tubulin_crop.tif": "channels and time",
    "tiff/xyzc_8bit_spheres.tif": "channels and time",
    "tiff/xyzct-mitosis.tif": "channels and time",
    "broken/bad_crc.png": "is damaged",
    "broken/corrupt_lzw_tiles.tif": "is damaged",
    "broken/empty.tif": "is empty",
    "broken/html_named.jpg": "holds HTML",
    "broken/no_ifd.tif": "is cut short",
    "broken/png_named.tif": "holds PNG",
    "broken/text_named.tif": "is no TIFF file",
    "broken/tiff_named.png": "holds TIFF",
    "broken/truncated.bmp": "is damaged",
    "broken/truncated.jpg": "is damaged",
    "broken/truncated.png": "is damaged",
    "broken/truncated_gray8.tif": "is cut short",
    "broken/truncated_stack_uint16.tif": "is cut short",
    "broken/seq_one_truncated/em_3.tif": "is cut short",
    "broken/seq_with_junk/._em_1.tif": "is no TIFF file",
}
"""Which file is refused, and a part of the reason."""

CONVERTED = {"jpeg/pil_sample_cmyk.jpg": "CMYK becomes RGB"}
"""Files whose voxels cannot be those of the table, and why."""


def files() -> list[str]:
    """List every file of ours, by its path below the folder of test data."""
    return sorted(
        path.relative_to(TESTDATA).as_posix()
        for folder in FOLDERS
        for path in (TESTDATA / folder).rglob("*")
        if path.suffix.lower() in SUFFIXES
    )


def read(path: Path) -> NDArray[Any]:
    """Read all planes, as (z, y, x, channel)."""
    with open_image(str(path)) as image:
        header = image.header
        shape = (header.planes, header.height, header.width, header.channels)
        voxels = np.zeros(shape, header.dtype)
        for page, plane in enumerate(voxels):
            image.read(page, plane)
    assert probe(str(path)) == header
    return voxels


def digest(voxels: NDArray[Any]) -> str:
    little = voxels.astype(voxels.dtype.newbyteorder("<"))
    return hashlib.sha256(np.ascontiguousarray(little).tobytes()).hexdigest()


def with_alpha(path: Path) -> NDArray[Any]:
    """Read one plane and all its samples with another reader than ours."""
    if not path.suffix.startswith(".tif"):
        with PIL.Image.open(path) as image:
            return np.asarray(image.convert("RGBA"))
    with tifffile.TiffFile(path) as tif:
        page = tif.pages.first
        voxels = page.asarray()
        return np.moveaxis(voxels, 0, -1) if page.axes.startswith("S") else voxels


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    table: dict[str, Any] = json.loads((TESTDATA / "expected.json").read_text())
    return table


@pytest.mark.parametrize("name", files() if TESTDATA.is_dir() else [])
def test_a_real_file_is_read_or_refused(name: str, expected: dict[str, Any]) -> None:
    """Each file gives exactly the voxels that another reader gave, or a stated refusal."""
    if name in REFUSED:
        with pytest.raises(SourceError, match=REFUSED[name]) as failure:
            read(TESTDATA / name)
        assert failure.value.where == str(TESTDATA / name)
        assert len(str(failure.value).splitlines()) <= 5
        return
    voxels = read(TESTDATA / name)
    if name not in expected or name in CONVERTED:
        return
    (image,) = expected[name]["images"]
    sizes = dict(zip(image["axes"], image["shape"], strict=True))
    shape = (sizes.get("Z", sizes.get("T", 1)), sizes["Y"], sizes["X"])
    assert (*voxels.shape[:3], voxels.dtype.name) == (*shape, image["dtype"])
    if voxels.shape[3] != sizes.get("S", 1):
        all_samples = with_alpha(TESTDATA / name)
        assert digest(all_samples) == image["sha256"]
        np.testing.assert_array_equal(voxels[0], all_samples[:, :, : voxels.shape[3]])
    else:
        assert digest(voxels) == image["sha256"]
