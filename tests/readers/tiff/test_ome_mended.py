"""OME-XML in which only words are wrong: the image is read, and it is said."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from wkflow.model.box import Box
from wkflow.readers.tiff.reader import TiffReader

VOXELS = np.arange(2 * 3 * 20 * 30, dtype="uint16").reshape(2, 3, 20, 30)

Change = Callable[[str], str]


def write(path: Path, change: Change) -> None:
    tifffile.imwrite(
        path,
        VOXELS,
        ome=True,
        metadata={
            "axes": "CZYX", "PhysicalSizeX": 1, "PhysicalSizeY": 1, "PhysicalSizeZ": 2,
            "Channel": {"Name": ["a", "b"], "Color": [-16776961, 255]},
        },
    )  # fmt: skip
    said = tifffile.tiffcomment(path)
    changed = change(said)
    assert changed != said
    tifffile.tiffcomment(path, changed.encode())


def replaced(old: str, new: str) -> Change:
    return lambda xml: xml.replace(old, new)


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (replaced('SizeX="30"', 'SizeX="30.0"'), "SizeX is spelled '30.0' and read as 30"),
        (replaced('SizeZ="3"', 'SizeZ=" 3 "'), "SizeZ is spelled ' 3 ' and read as 3"),
        (replaced("SizeX=", "sizeX="), "sizeX is read as SizeX"),
        (replaced('Order="XYZCT"', 'Order="xyzct"'), "DimensionOrder is spelled 'xyzct'"),
        (lambda xml: re.sub("<TiffData.*?(/>|</TiffData>)", "", xml), "has no TiffData"),
        (replaced('Color="-16776961"', 'Color="#FF0000"'), "being no integers: '#FF0000'"),
        (replaced('Color="-16776961"', 'Color=""'), "left out, being no integers: ''"),
        (replaced('Color="-16776961"', 'Color="1.5"'), "left out, being no integers: '1.5'"),
    ],
)  # fmt: skip
def test_voxels_and_their_size_are_kept(tmp_path: Path, change: Change, note: str) -> None:
    """Of what is odd a note tells."""
    path = tmp_path / "a.ome.tif"
    write(path, change)
    (probe,) = TiffReader().probe(str(path))
    assert (probe.header.size, probe.header.channels) == ((30, 20, 3), 2)
    assert probe.about.voxel_nm == (1000, 1000, 2000)
    assert any(note in one for one in probe.about.notes), probe.about.notes
    with TiffReader().open(str(path)) as (image,):
        out = np.empty((3, 20, 30, 1), "uint16")
        image.read(Box((0, 0, 0), (30, 20, 3)), out, channel=1)
    np.testing.assert_array_equal(out[..., 0], VOXELS[1])


@pytest.mark.parametrize("stated", ["abc", "NaN", "-1", "0,5"])
def test_a_size_that_is_no_length_is_left_out(tmp_path: Path, stated: str) -> None:
    """The other two stay."""
    path = tmp_path / "a.ome.tif"
    write(path, replaced('PhysicalSizeX="1"', f'PhysicalSizeX="{stated}"'))
    (probe,) = TiffReader().probe(str(path))
    assert probe.about.voxel_nm == (None, 1000, 2000)
    assert probe.about.notes == (f"PhysicalSizeX is no length ({stated!r}, 'µm') and is left out",)
