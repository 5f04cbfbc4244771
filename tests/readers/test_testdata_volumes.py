"""Real DM3, DM4, MRC, NIfTI and raw files: the voxels that another reader gave, or a refusal."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.model.source import ImageInfo, RawLayout
from wkflow.readers import Reader, reader_for
from wkflow.readers.raw.reader import RawReader

from tests.readers.contract import read_image
from tests.readers.real import NEEDS_TESTDATA, TESTDATA, digest, expected

FOLDERS = ("dm3", "dm4", "mrc", "nifti", "raw")

pytestmark = [*NEEDS_TESTDATA, pytest.mark.long]

REFUSED = {
    "dm3/2D_test-3_complex64.dm3": "holds complex numbers",
    "broken/truncated.dm3": "is cut short",
    "broken/truncated.dm4": "is cut short",
    "broken/truncated.mrc": "need 33024 bytes, the file has 23116",
    "broken/zeroed_header.mrc": "is no MRC file",
    "broken/truncated.nii": "need 68002 bytes, the file has 47601",
    "broken/truncated.nii.gz": "is cut short",
    "broken/truncated_uint16.raw": "nothing says how its voxels lie",
}
"""Which file is refused, and a part of the reason."""

NM = {"nm": 1.0, "um": 1e3, "µm": 1e3, "pm": 1e-3, "A": 0.1, "angstrom": 0.1, "mm": 1e6}


TABLE = {
    name: entry
    for name, entry in expected().items()
    if name.split("/")[0] in FOLDERS and name not in REFUSED
}


def reader(name: str, expected: dict[str, Any]) -> Reader:
    """Give the reader of a file; raw ones are laid out as the table says."""
    if not name.startswith("raw/"):
        return reader_for(str(TESTDATA / name))
    z, y, x = expected["shape"]
    return RawReader(RawLayout((x, y, z), expected["dtype"]))


def read(path: Path, one: Reader) -> tuple[ImageInfo, NDArray[Any]]:
    (probe,) = one.probe(str(path))
    with one.open(str(path)) as (image,):
        return probe, read_image(image)


def sizes_nm(voxel: dict[str, Any] | None) -> tuple[float | None, ...]:
    """Give what the table says of x, y and z."""
    if voxel is None:
        return (None, None, None)
    if "xyz" in voxel:
        stated = {
            axis: (size, voxel["unit"]) for axis, size in zip("xyz", voxel["xyz"], strict=True)
        }
    else:
        stated = {axis: (size, unit) for axis, size, unit in voxel["axes"]}
    sizes = (stated.get(axis, (0, "")) for axis in "xyz")
    return tuple(size * NM[unit] if size > 0 and unit in NM else None for size, unit in sizes)


@pytest.mark.parametrize("name", TABLE)
def test_a_real_file_is_read(name: str) -> None:
    """Voxels, axes, type, name and voxel size are those of the table."""
    (expected,) = TABLE[name]["images"]
    probe, voxels = read(TESTDATA / name, reader(name, expected))
    sizes = dict(zip(expected["axes"], expected["shape"], strict=True))
    shape = [sizes.get(axis, 1) for axis in "TCZYX"]
    assert (list(voxels.shape[:5]), voxels.dtype.name) == (shape, expected["dtype"])
    if sizes.get("S") == 4:  # the table counts alpha, which is 0 in these files
        assert probe.about.notes == ("alpha is left out",)
        voxels = np.concatenate([voxels, np.zeros_like(voxels[..., :1])], axis=-1)
    assert digest(voxels) == expected["sha256"]
    if name.startswith("dm"):
        assert probe.about.name == expected["name"]
    for found, stated in zip(probe.about.voxel_nm, sizes_nm(TABLE[name]["voxel"]), strict=True):
        assert found == (stated if stated is None else pytest.approx(stated, rel=1e-5))


@pytest.mark.parametrize("name", REFUSED)
def test_a_broken_file_is_refused(name: str) -> None:
    """With the reason, and in few lines."""
    path = TESTDATA / name
    with pytest.raises(SourceError, match=REFUSED[name]) as failure:
        read(path, reader_for(str(path)))
    assert failure.value.where == str(path)
    assert len(str(failure.value).splitlines()) <= 5


def test_a_cut_raw_file_is_refused_by_numbers() -> None:
    """Its size is not that of its voxels."""
    path = TESTDATA / "broken" / "truncated_uint16.raw"
    with pytest.raises(SourceError, match=r"has 199065 bytes; 64 x 64 x 27 .* need 221184"):
        RawReader(RawLayout((64, 64, 27), "uint16")).probe(str(path))


def test_a_folder_of_dm3_is_a_stack() -> None:
    """Four slices alike."""
    files = sorted((TESTDATA / "sequences" / "dm3_haadf").iterdir())
    planes = [read(path, reader_for(str(path)))[1][0, 0, 0, ..., 0] for path in files]
    assert digest(np.stack(planes)) == expected()["sequences/dm3_haadf/"]["sha256"]
