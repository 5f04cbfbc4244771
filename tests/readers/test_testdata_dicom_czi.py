"""Real DICOM and CZI files that nobody in this project wrote."""

from pathlib import Path

import pytest
from wkflow.errors import SourceError
from wkflow.readers import probe, sort_series

from tests.readers.contract import read_all
from tests.readers.real import NEEDS_TESTDATA, TESTDATA, digest, expected

FOLDERS = ("dicom/", "czi/", "sequences/dicom_MR700/")
TABLE = expected()
NAMES = [name for name in TABLE if name.startswith(FOLDERS) and "images" in TABLE[name]]

NM_PER_UM = 1000

pytestmark = [*NEEDS_TESTDATA, pytest.mark.long]


@pytest.mark.parametrize("name", NAMES)
def test_a_real_file_gives_its_voxels(name: str) -> None:
    """Exactly those that another reader gave, on the axes it found."""
    voxels = read_all(str(TESTDATA / name))
    (image,) = TABLE[name]["images"]
    sizes = dict(zip(image["axes"], image["shape"], strict=True))
    assert voxels.shape == tuple(sizes.get(axis, 1) for axis in "TCZYXS")
    assert voxels.dtype.name == image["dtype"]
    assert digest(voxels) == image["sha256"]


@pytest.mark.parametrize("name", NAMES)
def test_a_real_file_tells_its_voxel_size(name: str) -> None:
    """Where the table has one; it leaves out the thickness of single slices."""
    stated = (TABLE[name]["voxel"] or {"xyz": [None] * 3})["xyz"]
    found = probe(str(TESTDATA / name))[0].about.voxel_nm
    for size, micrometers in zip(found, stated, strict=True):
        if micrometers is not None:
            assert size == pytest.approx(micrometers * NM_PER_UM, rel=1e-5)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("truncated.dcm", "need 32768 bytes"),
        ("truncated.czi", "cut short"),
        ("corrupt_zstd.czi", "damaged"),
    ],
)
def test_a_broken_file_is_refused(name: str, words: str) -> None:
    """With a reason that is true, naming the file."""
    path = str(TESTDATA / "broken" / name)
    with pytest.raises(SourceError, match=words) as failure:
        read_all(path)
    assert failure.value.where == path


def test_a_series_that_turns_goes_by_its_numbers() -> None:
    """Slices that do not lie on a line come in the order of InstanceNumber."""
    (entry,) = [TABLE[name] for name in TABLE if name == "sequences/dicom_MR700/"]
    folder = TESTDATA / "sequences" / "dicom_MR700"
    ((_, series),) = sort_series([str(folder / name) for name in entry["order"]])
    assert [Path(path).name for path in series] == entry["order_by_InstanceNumber"]
