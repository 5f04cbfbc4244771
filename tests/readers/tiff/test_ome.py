"""OME-TIFF by hand and by tifffile: files that belong together, sizes, channels."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import tifffile
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.model.box import Box
from wkflow.model.source import Channel, Header
from wkflow.readers import open_images, probe

from tests.readers.contract import read_all, voxels_of

SCHEMA = 'xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"'


def write_parts(folder: Path, voxels: NDArray[Any], compression: str | None = None) -> list[Path]:
    """Write each plane into a file of its own that describes all of them, as Bio-Formats does."""
    parts = [folder / f"a_z{z}.ome.tif" for z in range(len(voxels))]
    names = "".join(
        f'<TiffData FirstZ="{z}" IFD="0" PlaneCount="1"><UUID FileName="{part.name}">'
        f"urn:uuid:{z}</UUID></TiffData>"
        for z, part in enumerate(parts)
    )
    for z, part in enumerate(parts):
        xml = (
            f'<?xml version="1.0"?><OME {SCHEMA} UUID="urn:uuid:{z}"><Image ID="Image:0">'
            f'<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="53" SizeY="37" '
            f'SizeZ="{len(voxels)}" SizeC="1" SizeT="1">'
            f'<Channel ID="Channel:0:0" SamplesPerPixel="1"/>{names}</Pixels></Image></OME>'
        )
        tifffile.imwrite(part, voxels[z], description=xml, metadata=None, compression=compression)
    return parts


@pytest.mark.parametrize("compression", [None, "lzw", "zlib"])
def test_any_part_opens_the_whole_image(tmp_path: Path, compression: str | None) -> None:
    """Seven files that each describe all seven are one image, and say which files it is."""
    voxels = voxels_of("uint16", 7, 37, 53, 1)[..., 0]
    parts = write_parts(tmp_path, voxels, compression)
    for part in parts:
        (found,) = probe(str(part))
        assert found.header == Header(53, 37, 7, 1, "uint16")
        others = [str(other) for other in parts if other != part]
        assert found.files == (str(part), *others)
        assert_array_equal(read_all(str(part))[0, 0, ..., 0], voxels)


def test_a_part_may_be_renamed(tmp_path: Path) -> None:
    """The one that is opened is known by its number, whatever its name."""
    voxels = voxels_of("uint16", 3, 37, 53, 1)[..., 0]
    parts = write_parts(tmp_path, voxels)
    renamed = parts[1].rename(tmp_path / "renamed.tif")
    assert_array_equal(read_all(str(renamed))[0, 0, ..., 0], voxels)
    with pytest.raises(SourceError, match=r"missing beside it: a_z1\.ome\.tif"):
        probe(str(parts[0]))


def test_missing_parts_are_named(tmp_path: Path) -> None:
    """Some of them; tifffile would give zeros in their place."""
    parts = write_parts(tmp_path, voxels_of("uint16", 7, 37, 53, 1)[..., 0])
    for part in parts[2:]:
        part.unlink()
    words = r"a_z2\.ome\.tif, a_z3\.ome\.tif, a_z4\.ome\.tif and 2 more"
    with pytest.raises(SourceError, match=words) as failure:
        probe(str(parts[0]))
    assert failure.value.where == str(parts[0])


@pytest.mark.parametrize("damage", ["cut", "odd", "no TIFF"])
def test_a_part_that_is_damaged_is_refused(tmp_path: Path, damage: str) -> None:
    """The one that is wrong is named where it is known."""
    voxels = voxels_of("uint16", 3, 37, 53, 1)[..., 0]
    parts = write_parts(tmp_path, voxels)
    whole = parts[2].read_bytes()
    if damage == "cut":
        parts[2].write_bytes(whole[:-9])
    elif damage == "odd":
        tifffile.imwrite(parts[2], voxels[2, :9, :7], metadata=None)
    else:
        parts[2].write_bytes(b"nothing")
    with pytest.raises(SourceError) as failure:
        read_all(str(parts[0]))
    assert str(tmp_path) in failure.value.where


def test_a_part_that_goes_away_is_an_error(tmp_path: Path) -> None:
    """Parts are opened when they are read."""
    voxels = voxels_of("uint16", 2, 37, 53, 1)[..., 0]
    parts = write_parts(tmp_path, voxels)
    with open_images(str(parts[0])) as (image,):
        parts[1].unlink()
        out = voxels[:, :, :, None].copy()
        with pytest.raises(SourceError, match="is not there"):
            image.read(Box((0, 0, 0), (53, 37, 2)), out)


def test_pages_described_elsewhere_are_refused(tmp_path: Path) -> None:
    """The file that describes them is named."""
    path = tmp_path / "part.ome.tif"
    xml = (
        f'<?xml version="1.0"?><OME {SCHEMA}><BinaryOnly MetadataFile="all.companion.ome" '
        f'UUID="urn:uuid:1"/></OME>'
    )
    tifffile.imwrite(path, voxels_of("uint8", 9, 7, 1)[..., 0], description=xml, metadata=None)
    with pytest.raises(SourceError, match=r"all\.companion\.ome describes"):
        probe(str(path))


@pytest.mark.parametrize(
    ("unit", "nm"),
    [
        (None, 1000.0),
        ("µm", 1000.0),
        ("nm", 1.0),
        ("mm", 1e6),
        ("Å", 0.1),
        ("pixel", None),
        ("reference frame", None),
    ],
)
def test_sizes_are_in_nanometers(tmp_path: Path, unit: str | None, nm: float | None) -> None:
    """Micrometers, where no unit is named; none, where the unit is no length."""
    path = tmp_path / "sizes.ome.tif"
    metadata: dict[str, Any] = {"axes": "ZYX", "Name": "scan"}
    metadata |= {f"PhysicalSize{axis}": size for axis, size in zip("XYZ", (1, 2, 4), strict=True)}
    metadata |= {f"PhysicalSize{axis}Unit": unit for axis in "XYZ"} if unit else {}
    voxels = voxels_of("uint8", 3, 9, 7, 1)[..., 0]
    tifffile.imwrite(path, voxels, photometric="minisblack", metadata=metadata, ome=True)
    about = probe(str(path))[0].about
    assert about.name == "scan"
    assert about.voxel_nm == tuple(nm and nm * size for size in (1, 2, 4))


def test_sizes_that_are_none_are_unknown(tmp_path: Path) -> None:
    """Zero, negative, and no number at all."""
    path = tmp_path / "sizes.ome.tif"
    voxels = voxels_of("uint8", 9, 7, 1)[..., 0]
    metadata = {"axes": "YX", "PhysicalSizeX": 0, "PhysicalSizeY": -1, "PhysicalSizeZ": "nan"}
    tifffile.imwrite(path, voxels, metadata=metadata, ome=True)
    assert probe(str(path))[0].about.voxel_nm == (None, None, None)


def test_channels_have_names_and_colours(tmp_path: Path) -> None:
    """The colour is a signed number."""
    path = tmp_path / "channels.ome.tif"
    metadata = {"axes": "CYX", "Channel": {"Name": ["DAPI", "GFP"], "Color": [-16776961, 16711935]}}
    voxels = voxels_of("uint8", 2, 9, 7, 1)[..., 0]
    tifffile.imwrite(path, voxels, photometric="minisblack", metadata=metadata, ome=True)
    expected = (Channel("DAPI", (255, 0, 0)), Channel("GFP", (0, 255, 0)))
    assert probe(str(path))[0].about.channels == expected


def test_an_image_is_found_by_name_and_size(tmp_path: Path) -> None:
    """A copy of a file says the same as the file: nothing depends on its name."""
    path = tmp_path / "one.ome.tif"
    metadata = {"axes": "YX", "Name": "scan", "PhysicalSizeX": 0.5}
    tifffile.imwrite(path, voxels_of("uint8", 9, 7, 1)[..., 0], metadata=metadata, ome=True)
    copy = shutil.copy(path, tmp_path / "copy.tif")
    assert probe(str(copy))[0].about == probe(str(path))[0].about
