"""Real files, read by Bio-Formats though others read them here."""

from typing import Any

import numpy as np
import pytest
from wkflow.errors import SourceError
from wkflow.readers import Reader

from tests.readers.bioformats.here import NEEDS_BIOFORMATS
from tests.readers.contract import read_all
from tests.readers.real import NEEDS_TESTDATA, TESTDATA, digest, expected

pytestmark = [*NEEDS_TESTDATA, NEEDS_BIOFORMATS, pytest.mark.long]

FOLDERS = ("nd2", "czi", "nifti", "svs", "lif")

OTHERWISE = {
    "czi/S3_1Pos_2Mosaic_T1_Z1_CH1.czi": "shows one tile of a mosaic",
    "nifti/5D_small.nii": "takes another order of axes",
    "nifti/example_nifti2.nii.gz": "does not know NIfTI-2",
}
"""What Bio-Formats makes something else of."""

AGREEING = {"svs/CMU-1-Small-Region.svs": 1, "lif/LeicaLASX_wavelength-sweep_example.lif": 2}
"""Of how many images it is the same opinion, where that is not all: it orders wavelengths
differently, and takes a slide's label and overview for copies of one another."""

CUT = ("nd2", "lif", "czi", "dm3", "dm4", "mrc", "nii", "dcm", "ims")


IMAGES = {
    name: entry["images"]
    for name, entry in expected().items()
    if name.startswith(FOLDERS) and name not in OTHERWISE
}


def reader() -> Reader:
    from wkflow.readers.bioformats.reader import BioformatsReader  # noqa: PLC0415 -- needs an extra

    return BioformatsReader()


@pytest.mark.parametrize(("name", "images"), IMAGES.items())
def test_a_real_file_is_read(name: str, images: list[dict[str, Any]]) -> None:
    """Each image gives exactly the voxels that another reader gave."""
    for number, image in enumerate(images[: AGREEING.get(name)]):
        voxels = read_all(str(TESTDATA / name), number, reader())
        assert voxels.dtype == image["dtype"]
        assert digest(voxels) == image["sha256"]
        assert [size for size in voxels.shape if size > 1] == [n for n in image["shape"] if n > 1]


@pytest.mark.parametrize("suffix", CUT)
def test_a_real_file_that_was_cut_is_refused(suffix: str) -> None:
    """Where Bio-Formats would say nothing and leave zeros, too."""
    path = str(TESTDATA / "broken" / f"truncated.{suffix}")
    with pytest.raises(SourceError) as failure:
        np.sum([read_all(path, number, reader()).sum() for number in range(3)])
    assert failure.value.where == path
    assert len(str(failure.value).splitlines()) <= 5
