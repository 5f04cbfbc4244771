"""IMS files laid out with h5py as ImarisWriter does; real ones are in test_testdata_containers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import h5py
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.model.source import Channel
from wkflow.readers import probe
from wkflow.readers.ims.reader import channel_of

from tests.readers.contract import ReaderContract, read_all, voxels_of

CHUNK = (4, 16, 32)


def letters(text: str) -> NDArray[Any]:
    """Give a text as Imaris writes it: an array of letters."""
    return np.array(list(text), "S1")


def write_ims(path: Path, voxels: NDArray[Any], **options: object) -> None:
    """Write (time, channel, z, y, x), padded to whole chunks with nines."""
    times, channels, *extents = voxels.shape
    padded = [-(-extent // chunk) * chunk for extent, chunk in zip(extents, CHUNK, strict=True)]
    options = {"chunks": CHUNK, "compression": "gzip", "compression_opts": 2, **options}
    with h5py.File(path, "w") as file:
        for t, c in np.ndindex(times, channels):
            group = file.create_group(f"DataSet/ResolutionLevel 0/TimePoint {t}/Channel {c}")
            for axis, extent in zip("ZYX", extents, strict=True):
                group.attrs[f"ImageSize{axis}"] = letters(str(extent))
            stored = np.full(padded, 9, voxels.dtype)
            stored[: extents[0], : extents[1], : extents[2]] = voxels[t, c]
            group.create_dataset("Data", data=stored, **options)
        image = file.create_group("DataSetInfo/Image")
        for number, extent in enumerate(reversed(extents)):
            image.attrs[f"ExtMin{number}"] = letters("-1.500")
            image.attrs[f"ExtMax{number}"] = letters(f"{0.25 * extent - 1.5:.9f}")
        for axis, extent in zip("ZYX", extents, strict=True):
            image.attrs[axis] = letters(str(extent))
        image.attrs["Unit"], image.attrs["Name"] = letters("um"), letters("(name not specified)")
        for c in range(channels):
            stated = file.create_group(f"DataSetInfo/Channel {c}").attrs
            stated["Name"] = letters(f"stain {c}")
            stated["Color"] = letters("1.000 0.000 0.500")
            stated["ColorRange"] = letters("10.000 200.000")


class TestIms(ReaderContract):
    suffix = ".ims"
    kinds: ClassVar = (("uint8", 1), ("uint16", 1), ("float32", 1))
    planes, channels, frames = 5, 2, 3
    damaged_bytes = range(8, 4000)

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        write_ims(path, voxels[..., 0])


@pytest.fixture
def voxels() -> NDArray[Any]:
    return voxels_of("uint16", 1, 1, 7, 37, 53, 1)[..., 0]


def test_what_the_file_says_is_told(tmp_path: Path, voxels: NDArray[Any]) -> None:
    """Voxel size in nanometers, names, colours and windows of channels; chunks are the grain."""
    path = tmp_path / "a.ims"
    write_ims(path, voxels)
    (found,) = probe(str(path))
    assert found.grain == (32, 16, 4)
    assert found.about.voxel_nm == (250.0, 250.0, 250.0)
    assert found.about.channels == (Channel("stain 0", (255, 0, 128), (10.0, 200.0)),)
    assert found.about.name == ""


def test_a_file_that_says_nothing_is_read(tmp_path: Path, voxels: NDArray[Any]) -> None:
    """Without DataSetInfo and ImageSize, all of the array is the image, of unknown size."""
    path = tmp_path / "a.ims"
    with h5py.File(path, "w") as file:
        file["DataSet/ResolutionLevel 0/TimePoint 0/Channel 0/Data"] = voxels[0, 0]
    assert probe(str(path))[0].about.voxel_nm == (None, None, None)
    assert_array_equal(read_all(str(path))[..., 0], voxels, strict=True)


@pytest.mark.parametrize(
    "attributes", [{}, {"Name": b"(name not specified)", "Color": b"red", "ColorRange": b"1"}]
)
def test_a_channel_that_makes_no_sense_says_nothing(attributes: dict[str, Any]) -> None:
    """Neither name nor colour nor window."""
    assert channel_of(attributes) == Channel()


@pytest.mark.parametrize(
    "attributes",
    [
        {"Name": b"\xff\xfe", "ExtMax0": b"far", "Unit": b"\xb5m"},
        {"Name": np.zeros((2, 3)), "ExtMax0": np.zeros(0), "ExtMin1": np.inf},
        {"Unit": b"parsec", "ExtMin0": b"1e400", "ExtMax0": b"-1e400"},
    ],
)
def test_voxels_do_not_depend_on_what_is_said(
    tmp_path: Path, voxels: NDArray[Any], attributes: dict[str, Any]
) -> None:
    """Whatever stands in DataSetInfo."""
    path = tmp_path / "a.ims"
    write_ims(path, voxels)
    with h5py.File(path, "r+") as file:
        for part in ("DataSetInfo/Image", "DataSetInfo/Channel 0"):
            for name, value in attributes.items():
                file[part].attrs[name] = value
    (found,) = probe(str(path))
    assert found.about.voxel_nm[0] is None
    assert_array_equal(read_all(str(path))[..., 0], voxels, strict=True)


def test_numbers_and_texts_are_attributes_too(tmp_path: Path, voxels: NDArray[Any]) -> None:
    """Other programs write them so."""
    path = tmp_path / "a.ims"
    write_ims(path, voxels)
    with h5py.File(path, "r+") as file:
        file["DataSet/ResolutionLevel 0/TimePoint 0/Channel 0"].attrs["ImageSizeX"] = 50
        image = file["DataSetInfo/Image"].attrs
        image["ExtMin0"], image["ExtMax0"], image["Unit"] = 0.0, 100.0, "nm"
    (found,) = probe(str(path))
    assert found.header.width == 50
    assert found.about.voxel_nm[0] == 2.0


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda f: f.pop("DataSet"), "has no DataSet/ResolutionLevel 0"),
        (lambda f: f["DataSet/ResolutionLevel 0/TimePoint 1"].pop("Channel 1"), "Channel 1"),
        (lambda f: f["DataSet/ResolutionLevel 0"].pop("TimePoint 0"), "has no TimePoint 0"),
        (
            lambda f: f["DataSet/ResolutionLevel 0/TimePoint 1/Channel 1"].pop("Data"),
            "has no volume",
        ),
        (
            lambda f: f["DataSet/ResolutionLevel 0/TimePoint 1/Channel 1"].attrs.__setitem__(
                "ImageSizeX", letters("52")
            ),
            "is damaged",
        ),
        (
            lambda f: f["DataSet/ResolutionLevel 0/TimePoint 0/Channel 0"].attrs.__setitem__(
                "ImageSizeX", letters("999")
            ),
            "is damaged",
        ),
    ],
)
def test_a_part_that_is_missing_is_named(
    tmp_path: Path, damage: Callable[[h5py.File], object], words: str
) -> None:
    """Groups, volumes, and volumes that are unlike the first."""
    path = tmp_path / "a.ims"
    write_ims(path, voxels_of("uint8", 2, 2, 3, 20, 53, 1)[..., 0])
    with h5py.File(path, "r+") as file:
        damage(file)
    with pytest.raises(SourceError, match=words) as failure:
        read_all(str(path))
    assert failure.value.where == str(path)


def test_channels_and_times_that_are_declared_and_not_there_are_named(
    tmp_path: Path, voxels: NDArray[Any]
) -> None:
    """A note says which; the others are read."""
    path = tmp_path / "a.ims"
    write_ims(path, voxels)
    with h5py.File(path, "r+") as file:
        file.create_group("DataSetInfo/Channel 1").attrs["Name"] = letters("actin")
        file.create_group("DataSetInfo/Channel 2")
        file.create_group("DataSetInfo/TimeInfo").attrs["DatasetTimePoints"] = letters("4")
    (found,) = probe(str(path))
    assert found.about.notes == (
        "declared, and not in the file: Channel 1 (actin), Channel 2",
        "4 time points are declared, 1 are in the file",
    )
    assert_array_equal(read_all(str(path))[..., 0], voxels)


@pytest.mark.parametrize("is_chunked", [True, False])
def test_chunks_that_were_never_written_are_counted(tmp_path: Path, *, is_chunked: bool) -> None:
    """Zeros stand there; of a volume without chunks, all of it is missing or nothing."""
    path = tmp_path / "a.ims"
    write_ims(path, voxels_of("uint8", 1, 2, 8, 32, 64, 1)[..., 0])
    assert not probe(str(path))[0].about.notes
    with h5py.File(path, "r+") as file:
        group = file["DataSet/ResolutionLevel 0/TimePoint 0/Channel 1"]
        written = group["Data"][:4]
        del group["Data"]
        options = {"chunks": CHUNK} if is_chunked else {}
        data = group.create_dataset("Data", (8, 32, 64), "u1", **options)
        if is_chunked:
            data[:4] = written
    (note,) = probe(str(path))[0].about.notes
    count = "4 chunks were" if is_chunked else "1 chunk was"
    assert note == f"{count} never written: zeros stand there"
    read = read_all(str(path))[0, 1]
    assert not read[4:].any()
    assert read[:4].any() == is_chunked


def test_only_the_finest_level_counts(tmp_path: Path, voxels: NDArray[Any]) -> None:
    """Others may be missing, or make no sense; without the finest there is no image."""
    path = tmp_path / "a.ims"
    write_ims(path, voxels)
    with h5py.File(path, "r+") as file:
        file.create_group("DataSet/ResolutionLevel 3/TimePoint 7")
    assert_array_equal(read_all(str(path))[..., 0], voxels)
    with h5py.File(path, "r+") as file:
        file.move("DataSet/ResolutionLevel 0", "DataSet/ResolutionLevel 1")
    with pytest.raises(SourceError, match="has no DataSet/ResolutionLevel 0"):
        probe(str(path))
