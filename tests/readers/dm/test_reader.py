"""DM3 and DM4 files, written by hand: Digital Micrograph has no free twin."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.model.source import Header
from wkflow.readers import probe

from tests.readers.contract import ReaderContract, read_all, voxels_of
from tests.readers.dm.test_tags import Tags, Writer

DATA_TYPES = {
    "int16": 1, "float32": 2, "uint8": 6, "int32": 7, "int8": 9, "uint16": 10, "uint32": 11,
    "float64": 12, "int64": 39, "uint64": 40,
}  # fmt: skip

THUMBNAIL = {
    "ImageData": {"Data": np.full(6, 99, "int32"), "DataType": 23, "Dimensions": [3, 2]},
    "Name": "Image Of it",
}


def image_of(voxels: NDArray[Any], **more: object) -> dict[str, Any]:
    """Describe (frame, 1, z, y, x, sample), without axes of length 1 at the end."""
    frames, _, planes, height, width, samples = voxels.shape
    extents = [width, height, planes, frames]
    while len(extents) > 2 and extents[-1] == 1:
        extents.pop()
    kind = DATA_TYPES[voxels.dtype.name]
    if samples == 3:
        alpha = np.full((*voxels.shape[:-1], 1), 77, "uint8")
        pixels = np.concatenate([voxels[..., ::-1], alpha], axis=-1)  # 0xAARRGGBB
        voxels = (pixels.astype("uint32") << [0, 8, 16, 24]).sum(axis=-1).astype("int32")
        kind = 23
    content = {"Data": voxels.reshape(-1), "DataType": kind, "Dimensions": extents, **more}
    return {"ImageData": content, "Name": "grid"}


def document(*images: dict[str, Any], thumbnail: int | None = 0) -> dict[str, Any]:
    """Give the tags of a file as Digital Micrograph writes them."""
    shown = {} if thumbnail is None else {"Thumbnails": [{"ImageIndex": thumbnail}]}
    return {"Other": {"size": 3}, "ImageList": list(images), **shown, "WindowPosition": 5}


class TestDm3(ReaderContract):
    suffix = ".dm3"
    kinds: ClassVar = (*((name, 1) for name in DATA_TYPES), ("uint8", 3))
    planes = 3
    frames = 2
    writer: ClassVar = Writer(3)

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        tags = document(THUMBNAIL, image_of(voxels))
        path.write_bytes(self.writer.file(tags))


class TestDm3OfAMac(TestDm3):
    writer: ClassVar = Writer(3, ">")


class TestDm4(TestDm3):
    suffix = ".dm4"
    writer: ClassVar = Writer(4)


def save(tmp_path: Path, tags: Tags, version: int = 3) -> str:
    path = tmp_path / f"image.dm{version}"
    path.write_bytes(Writer(version).file(tags))
    return str(path)


GRID = voxels_of("uint8", 1, 1, 2, 3, 4, 1)


def test_red_is_red(tmp_path: Path) -> None:
    """A pixel is blue, green, red and alpha in the file; alpha is left out, and that is said."""
    image = {"Data": np.array([0x00FF8001], "int32"), "DataType": 23, "Dimensions": [1, 1]}
    path = save(tmp_path, document({"ImageData": image}, thumbnail=None))
    assert read_all(path).ravel().tolist() == [255, 128, 1]
    assert probe(path)[0].about.notes == ("alpha is left out",)


def test_bytes_of_bool_are_0_and_1(tmp_path: Path) -> None:
    """Type 14 is uint8."""
    image = {"Data": np.array([True, False, True]), "DataType": 14, "Dimensions": [3, 1]}
    path = save(tmp_path, document({"ImageData": image}, thumbnail=None))
    assert_array_equal(read_all(path).ravel(), np.array([1, 0, 1], "uint8"), strict=True)


@pytest.mark.parametrize("kind", [3, 5, 13, 27, 28])
def test_complex_numbers_are_refused(tmp_path: Path, kind: int) -> None:
    """It is said what to export instead."""
    image = {"Data": np.zeros(8, "float32"), "DataType": kind, "Dimensions": [2, 2]}
    path = save(tmp_path, document({"ImageData": image}, thumbnail=None))
    with pytest.raises(SourceError, match="complex") as failure:
        probe(path)
    assert "magnitude" in failure.value.remedy


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_thumbnail_is_passed_over(tmp_path: Path, place: int) -> None:
    """Wherever it stands; every other image is one of the file's."""
    images: list[Any] = [image_of(GRID), image_of(GRID + 1)]
    images.insert(place, THUMBNAIL)
    path = save(tmp_path, document(*images, thumbnail=place))
    assert [one.about.name for one in probe(path)] == ["grid", "grid"]
    for number in range(2):
        assert_array_equal(read_all(path, number), GRID + number, strict=True)


def test_without_a_word_on_it_the_first_is_the_thumbnail(tmp_path: Path) -> None:
    """An only image is none."""
    assert len(probe(save(tmp_path, document(THUMBNAIL, image_of(GRID), thumbnail=None)))) == 1
    assert len(probe(save(tmp_path, document(image_of(GRID), thumbnail=None)))) == 1


def test_a_spectrum_is_a_row(tmp_path: Path) -> None:
    """One axis is x."""
    image = {"Data": np.arange(5, dtype="float32"), "DataType": 2, "Dimensions": [5]}
    path = save(tmp_path, document({"ImageData": image}, thumbnail=None))
    assert probe(path)[0].header == Header(5, 1, 1, 1, "float32")


@pytest.mark.parametrize(
    ("scales", "expected"),
    [
        ([(2.0, "nm"), (3.0, "nm"), (0.5, "µm")], (2.0, 3.0, 500.0)),
        ([(2.0, "A"), (2500.0, "pm"), (1.5, "um")], (0.2, 2.5, 1500.0)),
        ([(2.0, "1/nm"), (0.0, "nm"), (1.0, "")], (None, None, None)),
        ([(-2.0, "nm"), (float("nan"), "nm"), (1.0, "eV")], (None, None, None)),
        ([(2.5, "nm")], (2.5, None, None)),
    ],
)
def test_calibrations_are_voxel_sizes(
    tmp_path: Path, scales: list[tuple[float, str]], expected: tuple[float | None, ...]
) -> None:
    """In nanometers; diffraction, energies and nonsense are none."""
    entries = [{"Scale": np.float32(scale), "Units": unit} for scale, unit in scales]
    image = image_of(GRID, Calibrations={"Dimension": entries})
    for version in (3, 4):
        path = save(tmp_path, document(THUMBNAIL, image), version)
        assert probe(path)[0].about.voxel_nm == expected


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Data": np.zeros(23, "uint8")}, "24 bytes of voxels are expected, 23 are there"),
        ({"DataType": 99}, "unknown type"),
        ({"Dimensions": [4, 3, 2, 1, 2]}, "has the shape 4 x 3 x 2 x 1 x 2"),
        ({"Dimensions": [4, 0]}, "has the shape 4 x 0"),
        ({"Dimensions": 5}, "unknown type"),
    ],
)
def test_what_makes_no_image_is_refused(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    """Too few voxels, types and shapes that are none."""
    path = save(tmp_path, document(THUMBNAIL, image_of(GRID, **change)))
    with pytest.raises(SourceError, match=words):
        probe(path)


def test_a_file_without_images_is_refused(tmp_path: Path) -> None:
    """Digital Micrograph also saves layouts and scripts."""
    with pytest.raises(SourceError, match="holds no image"):
        probe(save(tmp_path, {"Other": 5}))


def test_dm4_named_dm3_is_told(tmp_path: Path) -> None:
    """The remedy is the other suffix."""
    path = tmp_path / "image.dm3"
    path.write_bytes(Writer(4).file(document(image_of(GRID))))
    with pytest.raises(SourceError, match="holds DM4"):
        probe(str(path))
