"""OME-XML that is cut, or contradicts itself or the pages: tifffile's, changed by hand."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.testing import assert_array_equal
from wkflow.errors import SourceError
from wkflow.model.source import Gaps
from wkflow.readers import probe

from tests.readers.contract import read_all

VOXELS = np.arange(3 * 5 * 7, dtype="uint8").reshape(3, 5, 7)


def write(path: Path, changes: dict[str, str], pages: int = 3, cut: int = 0) -> str:
    """Write three channels, or one; then change the text of the description."""
    tifffile.imwrite(path, VOXELS[:pages], ome=True, photometric="minisblack",
                     metadata={"axes": "CYX"})  # fmt: skip
    with tifffile.TiffFile(path, mode="r+b") as tif:
        text = str(tif.ome_metadata)
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        tif.pages.first.tags["ImageDescription"].overwrite(text[: len(text) - cut])
    return str(path)


CUTS = [1, 2, 20, 300]

CONTRADICTIONS = [
    {'SizeZ="1"': 'SizeZ="0"'},
    {'SizeZ="1"': 'SizeZ="-3"'},
    {'SizeZ="1"': 'SizeZ="many"'},
    {'SizeZ="1"': ""},
    {"<Channel ": '<Channel SamplesPerPixel="2" ', ' SamplesPerPixel="1"': ""},
    {'IFD="0"': 'IFD="-1"'},
    {"<Pixels": "<Bitmaps", "</Pixels": "</Bitmaps"},
]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("name", ["a.ome.tif", "a.tif"])
def test_xml_that_is_cut_leaves_axes_unknown(tmp_path: Path, name: str, cut: int) -> None:
    """Channels never become slices; a single page needs no axes, and what is lost is said."""
    with pytest.raises(SourceError, match="3 pages are slices, channels or times is not known"):
        probe(write(tmp_path / name, {}, cut=cut))
    path = write(tmp_path / name, {}, pages=1, cut=cut)
    (found,) = probe(path)
    assert "is cut or damaged" in found.about.notes[0]
    assert_array_equal(read_all(path).squeeze(), VOXELS[0])


@pytest.mark.parametrize("changes", CONTRADICTIONS)
def test_what_contradicts_itself_is_refused_where_it_is_needed(
    tmp_path: Path, changes: dict[str, str]
) -> None:
    """No size, no whole number of channels, pages before the first."""
    with pytest.raises(SourceError, match=r"OME-XML (says|describes|points).*is not known"):
        probe(write(tmp_path / "a.ome.tif", changes))


def test_entities_are_refused(tmp_path: Path) -> None:
    """A billion laughs."""
    bomb = '<!DOCTYPE OME [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><OME '
    with pytest.raises(SourceError, match="document type"):
        probe(write(tmp_path / "a.ome.tif", {"<OME ": bomb}))


def test_planes_that_are_promised_and_not_there_are_gaps(tmp_path: Path) -> None:
    """Refused by place with the plan, or filled."""
    path = write(tmp_path / "a.ome.tif", {'SizeC="3"': 'SizeC="5"'})
    (found,) = probe(path)
    assert found.gaps == Gaps(2, ("z=0, channel=3", "z=0, channel=4"))
    assert_array_equal(read_all(path)[0, :, 0, ..., 0], [*VOXELS, *np.zeros((2, 5, 7))])


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({'SizeX="7"': 'SizeX="70"'}, "its OME-XML says SizeX 70, its pages have 7"),
        ({'SizeY="5"': 'SizeY="five"'}, "its OME-XML says SizeY five, its pages have 5"),
        ({'Type="uint8"': 'Type="int16"'}, "its OME-XML says int16, its pages are uint8"),
        ({'DimensionOrder="XYCZT"': ""}, "says DimensionOrder nothing"),
    ],
)
def test_what_the_pages_know_better_is_said(
    tmp_path: Path, changes: dict[str, str], note: str
) -> None:
    """Voxels and axes are as they were."""
    path = write(tmp_path / "a.ome.tif", changes)
    (found,) = probe(path)
    assert any(note in one for one in found.about.notes)
    assert_array_equal(read_all(path)[0, :, 0, ..., 0], VOXELS)


def test_what_stands_behind_the_xml_does_not_hide_it(tmp_path: Path) -> None:
    """Blanks."""
    path = write(tmp_path / "a.tif", {"</OME>": "</OME>" + " " * 40})
    assert probe(path)[0].header.channels == 3


def test_a_name_alone_is_no_xml(tmp_path: Path) -> None:
    """Slices, and it is said."""
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, VOXELS, ome=False, metadata=None, photometric="minisblack")
    (found,) = probe(str(path))
    assert found.header.planes == 3
    assert "holds no OME-XML" in found.about.notes[0]
