"""What instruments say, by tags written by hand after their descriptions."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.testing import assert_array_equal
from wkflow.model.source import Channel, Header
from wkflow.readers import probe

from tests.readers.contract import read_all, voxels_of

PLANE = voxels_of("uint8", 20, 30, 1)[..., 0]


def sizes(path: Path) -> tuple[float | None, ...]:
    return probe(str(path))[0].about.voxel_nm


def test_lsm_has_channels_and_no_thumbnails(tmp_path: Path) -> None:
    """Samples of a page are channels, each second page is a thumbnail; sizes are in meters.

    Structures CZ-Private and channel colours of the LSM 4 description, by hand.
    """
    path, voxels = tmp_path / "stack.lsm", voxels_of("uint8", 4, 3, 37, 53, 1)[..., 0]
    info = struct.pack(
        "<2I8i6d2H5I", 67127628, 128, 53, 37, 4, 3, 1, 1, 16, 16,
        1e-7, 2e-7, 5e-7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xC0105,
    )  # fmt: skip
    info += bytes(128 - len(info))
    how: dict[str, Any] = {"metadata": None, "photometric": "minisblack"}
    with tifffile.TiffWriter(path, byteorder="<") as writer:
        for z, plane in enumerate(voxels):
            tags = [(34412, 1, len(info), info, True)] if z == 0 else []
            writer.write(plane, planarconfig="separate", extratags=tags, **how)
            writer.write(plane[0, ::3, ::3].copy(), subfiletype=1, **how)
    content = bytearray(path.read_bytes())
    place = struct.pack("<I", 0xC0105)
    at = content.index(place)
    content[at : at + 4] = struct.pack("<I", len(content))
    names = b"".join(struct.pack("<I", len(name) + 1) + name + b"\0" for name in (b"a", b"b", b"c"))
    colours = bytes([255, 0, 0, 0, 0, 255, 0, 0, 1, 2, 3, 0])
    content += struct.pack("<6I", 36 + len(names), 3, 3, 24, 36, 0) + colours + names
    path.write_bytes(content)
    (found,) = probe(str(path))
    assert found.header == Header(53, 37, 4, 1, "uint8", 3)
    assert found.about.voxel_nm == (100.0, 200.0, 500.0)
    expected = (("a", (255, 0, 0)), ("b", (0, 255, 0)), ("c", (1, 2, 3)))
    assert found.about.channels == tuple(Channel(*one) for one in expected)
    assert_array_equal(read_all(str(path))[0, ..., 0], voxels.transpose(1, 0, 2, 3))


def test_aperio_says_micrometers_per_pixel(tmp_path: Path) -> None:
    """In the description of the slide, which its thumbnail repeats."""
    path = tmp_path / "slide.svs"
    description = "Aperio Image Library v11\r\n30x20 (16x16) JPEG|AppMag = 20|MPP = 0.4990|Left = 1"
    how: dict[str, Any] = {"description": description, "metadata": None}
    with tifffile.TiffWriter(path) as writer:
        writer.write(PLANE, tile=(16, 16), **how)
        writer.write(PLANE[::2, ::2].copy(), **how)
    found = [(one.about.name, one.about.voxel_nm) for one in probe(str(path))]
    assert found == [("Baseline", (499.0, 499.0, None)), ("Thumbnail", (None, None, None))]


def test_digital_micrograph_says_units_and_extents(tmp_path: Path) -> None:
    """In tags 65003 to 65011; a stack over time has no extent along z."""
    path = tmp_path / "dm.tif"
    for unit, depth in (("nm", 7.0), ("s", None)):
        tags = [(65003 + i, 2, 0, text, True) for i, text in enumerate(("nm", "nm", unit))]
        tags += [(65009 + i, 12, 1, value, True) for i, value in enumerate((2.0, 4.0, 7.0))]
        tifffile.imwrite(path, PLANE, metadata=None, extratags=tags)
        assert sizes(path) == (2.0, 4.0, depth)


def test_fei_says_meters(tmp_path: Path) -> None:
    """In an INI file in tag 34682."""
    path = tmp_path / "fib.tif"
    text = "[User]\r\nDate=1\r\n[Scan]\r\nPixelWidth=5e-009\r\nPixelHeight=6e-009\r\n"
    tifffile.imwrite(path, PLANE, metadata=None, extratags=[(34682, 2, 0, text, True)])
    assert sizes(path) == (5.0, 6.0, None)


def test_zeiss_says_a_number_and_a_unit(tmp_path: Path) -> None:
    """In lines of tag 34118."""
    path = tmp_path / "sem.tif"
    text = "\r\n0\r\nAP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 1.25 nm\r\n"
    tifffile.imwrite(path, PLANE, metadata=None, extratags=[(34118, 2, 0, text, True)])
    assert sizes(path) == (1.25, 1.25, None)


def test_metamorph_keeps_planes_behind_one_another(tmp_path: Path) -> None:
    """One page, as many planes as tag 33629 counts, each with its distance; by hand."""
    path, voxels = tmp_path / "scan.stk", voxels_of("uint16", 5, 20, 30, 1)[..., 0]
    strip = len(voxels[0].tobytes())
    entries_end = 8 + 2 + 12 * 12 + 4
    unit = struct.pack("<I", 3) + b"um\0\0"
    calibration = struct.pack("<4I", 1, 2, 1, 4)  # half a micrometer, and a quarter
    uic1 = struct.pack(
        "<6I", 4, entries_end, 5, entries_end + 8, 6, entries_end + 16
    )  # X and Y calibration, and the name of their unit
    uic1_at = entries_end + 16 + len(unit)
    planes = b"".join(struct.pack("<6I", 3, 2, 2450000, 1000 * z, 0, 0) for z in range(5))
    planes_at = uic1_at + len(uic1)
    voxels_at = planes_at + len(planes)
    tags = [
        (256, 4, 1, 30), (257, 4, 1, 20), (258, 3, 1, 16), (259, 3, 1, 1), (262, 3, 1, 1),
        (273, 4, 1, voxels_at), (277, 3, 1, 1), (278, 4, 1, 20), (279, 4, 1, strip),
        (284, 3, 1, 1), (33628, 4, 3, uic1_at), (33629, 5, 5, planes_at),
    ]  # fmt: skip
    content = struct.pack("<2sHIH", b"II", 42, 8, len(tags))
    content += b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    content += calibration + unit + uic1 + planes + voxels.tobytes()
    path.write_bytes(content)
    (found,) = probe(str(path))
    assert found.header == Header(30, 20, 5, 1, "uint16")
    assert found.about.voxel_nm == (500.0, 250.0, 1500.0)
    assert_array_equal(read_all(str(path))[0, 0, ..., 0], voxels)


@pytest.mark.parametrize(("unit", "nm"), [("CENTIMETER", 250.0), ("INCH", None)])
def test_a_hamamatsu_slide_has_a_resolution(tmp_path: Path, unit: str, nm: float | None) -> None:
    """In voxels per centimeter of the specimen."""
    path = tmp_path / "slide.tif"  # under its own suffix, offsets have 64 bits
    tags = [(65420, 4, 1, 1, True), (271, 2, 0, "Hamamatsu", True)]
    how: dict[str, Any] = {"resolution": (40_000, 40_000), "resolutionunit": unit}
    tifffile.imwrite(path, np.stack([PLANE] * 3, -1), metadata=None, extratags=tags, **how)
    assert sizes(path) == (nm, nm, None)
