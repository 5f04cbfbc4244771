"""Leica files by hand; the real one is in test_testdata_containers."""

import struct
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import tifffile
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.model.source import Channel
from wkflow.readers import probe

from tests.readers.contract import ReaderContract, read_all, voxels_of
from tests.readers.lif.by_hand import lif, lof, text_block, xlif

VOLUME = voxels_of("uint16", 1, 4, 7, 9, 1)[0, ..., 0]


class LeicaContract(ReaderContract):
    kinds: ClassVar = (("uint8", 1), ("uint16", 1), ("float32", 1))
    planes, channels, frames = 5, 2, 3
    damaged_bytes = range(13, 4000)


class TestLif(LeicaContract):
    suffix = ".lif"

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        path.write_bytes(lif([("only", voxels[..., 0], "tczyx")]))


class TestLof(LeicaContract):
    suffix = ".lof"
    # the description is at the end
    damaged_bytes = range(60, 100_000)

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        path.write_bytes(lof(voxels[..., 0], "tczyx"))


class TestXlifOfTiffs(LeicaContract):
    suffix = ".xlif"
    kinds: ClassVar = (("uint8", 1), ("uint16", 1))
    cuts = ()
    no_image: ClassVar = {None: "is not there", b"": "is damaged", b"GIF89a and so on": "damaged"}

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        planes = voxels.reshape(-1, *voxels.shape[3:5])
        files = [(f"plane{n}.tif", plane.nbytes) for n, plane in enumerate(planes)]
        for (name, _), plane in zip(files, planes, strict=True):
            tifffile.imwrite(path.parent / name, plane, compression="zlib")
        path.write_bytes(xlif(voxels[..., 0], "tczyx", files))


class TestXlifOfOneLof(LeicaContract):
    suffix = ".xlif"
    no_image: ClassVar = {None: "is not there", b"": "is damaged"}

    def write(self, path: Path, voxels: NDArray[Any]) -> None:
        path.with_suffix(".lof").write_bytes(lof(voxels[..., 0], "tczyx"))
        path.write_bytes(xlif(voxels[..., 0], "tczyx", [("volume.lof", voxels.nbytes)]))

    def part_to_cut(self, path: Path) -> Path:
        return path.with_suffix(".lof")


@pytest.mark.parametrize(
    ("stated", "damage"),
    [
        ('Length="3e-06"', 'Length="far"'),
        ('Length="3e-06"', ""),
        ('Unit="m"', 'Unit="parsec"'),
        ('LUTName="Blue"', 'LUTName="&#xb5;"'),
    ],
)
def test_voxels_do_not_depend_on_lengths_and_colours(
    tmp_path: Path, stated: str, damage: str
) -> None:
    """Whatever stands there."""
    path, sound = tmp_path / "a.lif", lif([("only", VOLUME[:, :4, :4].copy(), "zyx")])
    begin, end = sound.index("<LMS".encode("utf-16-le")), sound.rindex(struct.pack("<I", 0x70))
    text = sound[begin:end].decode("utf-16-le")
    assert stated in text
    path.write_bytes(text_block(text.replace(stated, damage)) + sound[end:])
    assert probe(str(path))
    assert_array_equal(read_all(str(path))[0, 0, ..., 0], VOLUME[:, :4, :4], strict=True)


def test_every_image_is_told_by_its_name(tmp_path: Path) -> None:
    """The size of a voxel is told, and the colour of the lookup table."""
    path = tmp_path / "a.lif"
    path.write_bytes(lif([("first", VOLUME, "zyx"), ("second", VOLUME[0].astype("u1"), "yx")]))
    first, second = probe(str(path))
    assert (first.about.name, second.about.name) == ("first", "second")
    assert first.about.voxel_nm == (1000.0, 1000.0, 1000.0)
    assert second.about.voxel_nm == (1000.0, 1000.0, None)
    assert first.about.channels == (Channel(colour=(0, 0, 255)),)
    assert_array_equal(read_all(str(path), 1)[0, 0, 0, ..., 0], VOLUME[0].astype("u1"))


def test_wavelengths_come_before_times(tmp_path: Path) -> None:
    """However they lie in memory; tiles of a mosaic are not stitched, and that is said."""
    array = voxels_of("uint8", 2, 3, 2, 4, 5, 1)[..., 0]
    path = tmp_path / "a.lif"
    path.write_bytes(lif([("a", array, "tlmyx")]))
    (found,) = probe(str(path))
    assert found.header.axes == (("l", 3), ("m", 2), ("t", 2))
    assert "not stitched" in found.about.notes[0]
    assert_array_equal(
        read_all(str(path))[:, 0, 0, ..., 0], np.moveaxis(array, 0, 2).reshape(-1, 4, 5)
    )


@pytest.mark.parametrize("axes", ["zyxc", "zycx", "czyx"])
def test_channels_lie_anywhere(tmp_path: Path, axes: str) -> None:
    """One after the other, line by line, or voxel by voxel."""
    array = voxels_of("uint16", 2, 4, 7, 9, 1)[..., 0]
    turned = np.ascontiguousarray(array.transpose(["czyx".index(axis) for axis in axes]))
    path = tmp_path / "a.lif"
    path.write_bytes(lif([("a", turned, axes)]))
    assert_array_equal(read_all(str(path))[0, ..., 0], array, strict=True)


def test_blue_green_and_red_of_one_voxel_are_rgb(tmp_path: Path) -> None:
    """Whatever their order; of planes of their own they are channels."""
    array = voxels_of("uint8", 4, 7, 9, 3)
    path = tmp_path / "a.lif"
    path.write_bytes(lif([("a", array, "zyxc")], is_rgb=True))
    assert probe(str(path))[0].header.samples == 3
    assert probe(str(path))[0].about.channels == ()
    assert_array_equal(read_all(str(path))[0, 0], array[..., ::-1], strict=True)
    apart = np.ascontiguousarray(np.moveaxis(array, -1, 0))
    path.write_bytes(lif([("a", apart, "czyx")], is_rgb=True))
    assert probe(str(path))[0].header.channels == 3


def test_a_later_image_that_is_cut_is_refused_at_once(tmp_path: Path) -> None:
    """Though the first is whole; also if the cut took all of it."""
    path = tmp_path / "a.lif"
    whole = lif([("first", VOLUME, "zyx"), ("second", VOLUME, "zyx")])
    for cut in (1, VOLUME.nbytes, VOLUME.nbytes + 20):
        path.write_bytes(whole[:-cut])
        with pytest.raises(SourceError, match="image second"):
            probe(str(path))


def test_a_file_without_an_image_is_refused(tmp_path: Path) -> None:
    """It is a LIF file all the same."""
    path = tmp_path / "a.lif"
    path.write_bytes(lif([]))
    with pytest.raises(SourceError, match="holds no image"):
        probe(str(path))


@pytest.mark.parametrize("cut", [1, 30, 200, 700])
@pytest.mark.parametrize("suffix", [".lif", ".xlif"])
def test_a_description_that_is_cut_is_refused(tmp_path: Path, suffix: str, cut: int) -> None:
    """Its block has the length that it says, and its XML ends early."""
    volume = voxels_of("uint8", 1, 3, 8, 12, 1)[0, ..., 0]
    path = tmp_path / f"a{suffix}"
    if suffix == ".xlif":
        path.write_bytes(xlif(volume, "zyx", [("p.tif", volume.nbytes)])[:-cut])
    else:
        content = lif([("one", volume, "zyx")])
        (size,) = struct.unpack_from("<I", content, 9)
        text = content[13 : 13 + 2 * size].decode("utf-16-le")[:-cut]
        path.write_bytes(text_block(text) + content[13 + 2 * size :])
    with pytest.raises(SourceError) as caught:
        probe(str(path))
    assert caught.value.where == str(path)
