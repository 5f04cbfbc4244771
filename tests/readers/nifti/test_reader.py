"""NIfTI and Analyze files by nibabel."""

import gzip
from pathlib import Path
from typing import Any, ClassVar

import nibabel
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.model.source import Header
from wkflow.readers import probe

from tests.readers.contract import ReaderContract, read_all, voxels_of

RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
RGBA = np.dtype([*RGB.descr, ("A", "u1")])


def axes_of_nifti(voxels: NDArray[Any]) -> NDArray[Any]:
    """Turn (frame, channel, z, y, x, sample) into (x, y, z, t, channel), samples into a record."""
    samples = voxels.shape[-1]
    if samples > 1:
        voxels = np.ascontiguousarray(voxels).view({3: RGB, 4: RGBA}[samples])
    return voxels[..., 0].transpose(4, 3, 2, 0, 1)


class TestNifti(ReaderContract):
    suffix = ".nii"
    kinds: ClassVar = (
        *((f"{sign}int{bits}", 1) for sign in ("", "u") for bits in (8, 16, 32, 64)),
        *(("float32", 1), ("float64", 1), ("uint8", 3)),
    )
    planes, channels, frames = 3, 2, 2
    image: ClassVar[type[Any]] = nibabel.Nifti1Image
    header_order: ClassVar = "<"

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        header = self.image.header_class(endianness=self.header_order)
        array = axes_of_nifti(voxels)
        self.image(array, np.eye(4), header, dtype=array.dtype).to_filename(path)


class TestNifti2(TestNifti):
    image: ClassVar = nibabel.Nifti2Image
    header_order: ClassVar = ">"


class TestNiftiGz(TestNifti):
    suffix = ".nii.gz"
    kinds: ClassVar = (("int16", 1), ("uint8", 3))


class TestPair(TestNifti):
    """A header and its voxels in two files: damage in one is told of the other."""

    suffix = ".hdr"
    image: ClassVar = nibabel.Nifti1Pair
    damages = 0

    def part_to_cut(self, path: Path) -> Path:
        return path.with_suffix(".img")


class TestAnalyze(TestPair):
    kinds: ClassVar = (("uint8", 1), ("int16", 1), ("float32", 1), ("uint8", 3))
    image: ClassVar = nibabel.AnalyzeImage
    header_order: ClassVar = ">"


GRID = voxels_of("int16", 2, 3, 4)
"""(z, y, x)."""


def save(tmp_path: Path, array: NDArray[Any] = GRID.T, name: str = "a.nii", **fields: Any) -> str:  # noqa: ANN401
    """Write (x, y, z, ...) behind a header of nibabel with some fields set."""
    header = nibabel.Nifti1Header()
    header.set_data_dtype(array.dtype)
    for field, value in fields.items():
        header[field] = value
    header.set_data_shape(array.shape)
    header.set_zooms((2, 3, 4, *[1] * 9)[: array.ndim])
    content = bytes(header.binaryblock) + bytes(4) + array.tobytes(order="F")
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return str(path)


@pytest.mark.parametrize(
    ("units", "expected"),
    [(2, (2e6, 3e6, 4e6)), (3, (2e3, 3e3, 4e3)), (1, (2e9, 3e9, 4e9)), (0, (None, None, None))],
)
def test_the_voxel_size_needs_a_unit(
    tmp_path: Path, units: int, expected: tuple[float | None, ...]
) -> None:
    """Without one there is none."""
    assert probe(save(tmp_path, xyzt_units=units))[0].about.voxel_nm == expected


def test_slope_and_intercept_are_noted(tmp_path: Path) -> None:
    """Voxels stay what they are in the file."""
    path = save(tmp_path, scl_slope=0.5, scl_inter=7, xyzt_units=2)
    (found,) = probe(path)
    assert found.about.notes == ("slope 0.5 and intercept 7 are not applied",)
    assert_array_equal(read_all(path)[0, 0, ..., 0], GRID, strict=True)


def test_alpha_is_left_out(tmp_path: Path) -> None:
    """RGBA32 gives three samples, plain or gzipped, and it is said."""
    voxels = voxels_of("uint8", 1, 1, 2, 3, 4, 4)
    for name in ("a.nii", "a.nii.gz"):
        path = save(tmp_path, axes_of_nifti(voxels)[..., 0, 0], name, xyzt_units=2)
        (found,) = probe(path)
        assert found.header == Header(4, 3, 2, 3, "uint8")
        assert found.about.notes == ("alpha is left out",)
        assert_array_equal(read_all(path), voxels[..., :3], strict=True)


@pytest.mark.parametrize(
    ("shape", "header"),
    [
        ((4,), Header(4, 1, 1, 1, "int16")),
        ((4, 3), Header(4, 3, 1, 1, "int16")),
        ((4, 3, 1, 5), Header(4, 3, 1, 1, "int16", axes=(("t", 5),))),
        ((4, 3, 2, 1, 5), Header(4, 3, 2, 1, "int16", channels=5)),
        ((4, 3, 2, 1, 1, 1, 1), Header(4, 3, 2, 1, "int16")),
    ],
)
def test_axes_have_their_places(tmp_path: Path, shape: tuple[int, ...], header: Header) -> None:
    """The fourth is time, the fifth channels; those of length 1 are left out."""
    assert probe(save(tmp_path, np.zeros(shape, "int16")))[0].header == header


@pytest.mark.parametrize(
    ("array", "fields", "words"),
    [
        (np.zeros((4, 3, 2, 1, 1, 2), "int16"), {}, "has 6 axes"),
        (np.zeros((4, 3, 2), "complex64"), {}, "complex"),
        (GRID.T, {"datatype": 1536}, "datatype 1536"),
        (GRID.T, {"intent_code": 3006}, "CIFTI"),
    ],
)
def test_what_no_layer_can_hold_is_refused(
    tmp_path: Path, array: NDArray[Any], fields: dict[str, int], words: str
) -> None:
    """It is said what it is, and what to do."""
    with pytest.raises(SourceError, match=words) as failure:
        probe(save(tmp_path, array, **fields))
    assert failure.value.remedy


def test_a_header_alone_is_refused(tmp_path: Path) -> None:
    """The missing file is named."""
    path = tmp_path / "brain.hdr"
    nibabel.Nifti1Pair(GRID.T, np.eye(4)).to_filename(path)
    path.with_suffix(".img").unlink()
    with pytest.raises(SourceError, match=r"missing \(brain.img\)"):
        probe(str(path))


def test_a_pair_names_both_files(tmp_path: Path) -> None:
    """Voxels may be gzipped, and names in capitals."""
    path = tmp_path / "brain.hdr"
    nibabel.Nifti1Pair(GRID.T, np.eye(4)).to_filename(path)
    assert probe(str(path))[0].files == (str(path), str(tmp_path / "brain.img"))
    content = (tmp_path / "brain.img").read_bytes()
    (tmp_path / "brain.img").rename(tmp_path / "BRAIN.IMG")
    assert probe(str(path.rename(tmp_path / "BRAIN.HDR")))[0].files[1].endswith("BRAIN.IMG")
    (tmp_path / "BRAIN.HDR").rename(path)
    (tmp_path / "brain.img.gz").write_bytes(gzip.compress(content))
    assert probe(str(path))[0].is_stream
    assert_array_equal(read_all(str(path))[0, 0, ..., 0], GRID, strict=True)


def test_a_gzipped_file_is_a_stream_of_planes(tmp_path: Path) -> None:
    """A plane is the least that is read."""
    (found,) = probe(save(tmp_path, name="a.nii.gz"))
    assert (found.grain, found.is_stream) == ((4, 3, 1), True)
    assert probe(save(tmp_path))[0].grain == (1, 1, 1)
