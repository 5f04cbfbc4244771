"""TIFFs that nobody in this project wrote: the expected voxels, or a stated refusal."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.model.source import ImageInfo
from wkflow.readers import SUFFIXES, open_images, suffix_of

from tests.readers.contract import read_image
from tests.readers.real import NEEDS_TESTDATA, TESTDATA, digest, expected

pytestmark = [*NEEDS_TESTDATA, pytest.mark.long]

REFUSED = {
    "broken/corrupt_lzw_tiles.tif": "is damaged",
    "broken/empty.tif": "is empty",
    "broken/no_ifd.tif": "is cut short",
    "broken/png_named.tif": "holds PNG",
    "broken/text_named.tif": "is no TIFF file",
    "broken/truncated_gray8.tif": "is cut short",
    "broken/truncated_stack_uint16.tif": "is cut short",
    "broken/seq_one_truncated/em_3.tif": "is cut short",
    "broken/seq_with_junk/._em_1.tif": "is no TIFF file",
}
"""Which file is refused, and a part of the reason."""

WITHOUT_UNIT = "sequences/tiff_em/"
"""Files that state the unit "": Bio-Formats takes it for micrometers, we for none."""

TABLE = expected()

NANOMETERS = {"micrometer": 1000.0, "nanometer": 1.0, "angstrom": 0.1, "millimeter": 1e6}


def names() -> list[str]:
    """List every TIFF, by its path below the folder of test data."""
    folders = ("tiff", "ome-tiff", "svs", "sequences", "broken")
    paths = [path for folder in folders for path in (TESTDATA / folder).rglob("*")]
    suffixes = {".tif", ".tiff", ".btf", ".svs"} & SUFFIXES
    chosen = [path for path in paths if suffix_of(str(path)) in suffixes]
    return sorted(path.relative_to(TESTDATA).as_posix() for path in chosen)


def read(path: Path) -> list[tuple[ImageInfo, NDArray[Any]]]:
    """Read all images, each as (frame, channel, z, y, x, sample)."""
    with open_images(str(path)) as images:
        return [(image.probe, read_image(image)) for image in images]


def with_alpha(path: Path) -> NDArray[Any]:
    """Read one plane and all its samples with tifffile."""
    with tifffile.TiffFile(path) as tif:
        page = tif.pages.first
        voxels = page.asarray()
        return np.moveaxis(voxels, 0, -1) if page.axes.startswith("S") else voxels


@pytest.mark.parametrize("name", names() if TESTDATA.is_dir() else [])
def test_a_real_file_is_read_or_refused(name: str) -> None:
    """Each image has exactly the voxels another reader gave, and the size the file states."""
    path = TESTDATA / name
    if name in REFUSED:
        with pytest.raises(SourceError, match=REFUSED[name]) as failure:
            read(path)
        assert failure.value.where == str(path)
        assert len(str(failure.value).splitlines()) <= 5
        return
    found = read(path)
    if name not in TABLE:
        return
    images = TABLE[name]["images"]
    assert len(found) == len(images)
    for (probe, voxels), image in zip(found, images, strict=True):
        axes = "".join(axis.upper() for axis, _ in probe.header.axes)
        sizes = zip((axes or "T") + "CZYXS", voxels.shape, strict=True)
        assert "".join(a for a, n in sizes if n > 1 or a in "YX") in {
            image["axes"], image["axes"].removesuffix("S")
        }  # fmt: skip
        assert voxels.dtype.name == image["dtype"]
        if "alpha is left out" in probe.about.notes:
            assert digest(with_alpha(path)) == image["sha256"]
            assert_array_equal(voxels[0, 0, 0], with_alpha(path)[..., : voxels.shape[-1]])
        else:
            assert digest(voxels) == image["sha256"]
    if TABLE[name].get("voxel") and not name.startswith(WITHOUT_UNIT):
        stated = TABLE[name]["voxel"]
        factor = NANOMETERS[stated["unit"]]
        wanted = [size and pytest.approx(size * factor, rel=1e-5) for size in stated["xyz"]]
        assert list(found[0][0].about.voxel_nm) == wanted
