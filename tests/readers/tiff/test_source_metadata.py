"""OME-XML stays as it is; of other makers' tags the values are kept."""

import json
from pathlib import Path

import numpy as np
import tifffile
from wkflow.readers import read_metadata

VOLUME = np.zeros((6, 4, 5), "uint8")


def said(path: Path) -> object:
    found = read_metadata(str(path))
    assert found is not None
    assert found.kind == "tiff.json"
    return json.loads(found.content)


def test_ome_xml_is_kept_as_it_is(tmp_path: Path) -> None:
    """Every byte of the first directory's description."""
    meta = {"axes": "ZYX", "PhysicalSizeX": 0.01, "Description": "a brain"}
    tifffile.imwrite(tmp_path / "em.ome.tif", VOLUME, metadata=meta)
    found = read_metadata(str(tmp_path / "em.ome.tif"))
    assert found is not None
    with tifffile.TiffFile(tmp_path / "em.ome.tif") as tif:
        assert found.content.decode() == tif.pages.first.description
    assert (found.kind, b"a brain" in found.content) == ("ome.xml", True)


def test_imagejs_values_are_kept(tmp_path: Path) -> None:
    """Also those that no reader of ours looks at."""
    meta = {"axes": "ZYX", "spacing": 2.5, "unit": "um", "Info": "by hand"}
    tifffile.imwrite(tmp_path / "em.tif", VOLUME, imagej=True, metadata=meta)
    document = said(tmp_path / "em.tif")
    assert isinstance(document, dict)
    assert document["imagej"]["spacing"] == 2.5
    assert document["imagej"]["Info"] == "by hand"


def test_a_description_of_no_known_maker_is_kept(tmp_path: Path) -> None:
    """As text."""
    tifffile.imwrite(tmp_path / "em.tif", VOLUME[0], description="section 4", metadata=None)
    assert said(tmp_path / "em.tif") == {"ImageDescription": "section 4"}


def test_a_bare_file_says_nothing(tmp_path: Path) -> None:
    """Neither do the notes of the array's shape that tifffile writes, nor one that is broken."""
    tifffile.imwrite(tmp_path / "shaped.tif", VOLUME)
    tifffile.imwrite(tmp_path / "bare.tif", VOLUME, metadata=None)
    (tmp_path / "broken.tif").write_bytes(b"II*\0")
    assert [read_metadata(str(path)) for path in sorted(tmp_path.iterdir())] == [None] * 3
