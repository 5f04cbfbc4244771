"""What ImageJ says, by tifffile's writer of ImageJ files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from wkflow.errors import SourceError
from wkflow.model.source import Channel, ImageMetadata
from wkflow.readers import probe

from tests.readers.contract import voxels_of


def about_of(
    path: Path,
    shape: tuple[int, ...],
    said: dict[str, Any],
    resolution: tuple[float, float] | None = None,
) -> ImageMetadata:
    voxels = voxels_of("uint16", *shape, 1)[..., 0]
    how: dict[str, Any] = {"resolution": resolution} if resolution else {}
    tifffile.imwrite(path, voxels, imagej=True, metadata=said, **how)
    return probe(str(path))[0].about


@pytest.mark.parametrize(
    ("unit", "nm"),
    [
        ("micron", 1000.0),
        ("um", 1000.0),
        ("\\u00B5m", 1000.0),
        ("nm", 1.0),
        ("mm", 1e6),
        ("pixel", None),
        ("", None),
    ],
)
def test_sizes_are_in_nanometers(tmp_path: Path, unit: str, nm: float | None) -> None:
    """The resolution is in voxels per unit, the spacing in units; no unit, no size."""
    how: dict[str, Any] = {"axes": "ZYX", "unit": unit, "spacing": 3.0}
    about = about_of(tmp_path / "a.tif", (3, 9, 7), how, (2, 4))
    assert about.voxel_nm == tuple(nm and nm * size for size in (0.5, 0.25, 3.0))


def test_a_printing_resolution_is_no_size(tmp_path: Path) -> None:
    """Dots per inch, of ImageJ as of others."""
    path = tmp_path / "a.tif"
    assert about_of(path, (9, 7), {"axes": "YX"}, (72, 72)).voxel_nm == (None, None, None)
    voxels = voxels_of("uint8", 9, 7, 1)[..., 0]
    tifffile.imwrite(path, voxels, resolution=(300, 300), resolutionunit="INCH", metadata=None)
    assert probe(str(path))[0].about.voxel_nm == (None, None, None)


def test_channels_have_colours_and_windows(tmp_path: Path) -> None:
    """A colour is that of the brightest value; black is none, nor is an empty window."""
    ramp = np.arange(256, dtype=np.uint8)
    none = np.zeros_like(ramp)
    tables = [np.stack(table) for table in ([ramp, none, ramp], [none, none, none])]
    how: dict[str, Any] = {"axes": "CYX", "LUTs": tables, "Ranges": (5.0, 99.0, 7.0, 7.0)}
    about = about_of(tmp_path / "a.tif", (2, 9, 7), how)
    assert about.channels == (Channel("", (255, 0, 255), (5.0, 99.0)), Channel())


def test_one_channel_has_a_window(tmp_path: Path) -> None:
    """ImageJ writes it as min and max."""
    about = about_of(tmp_path / "a.tif", (9, 7), {"axes": "YX", "min": 3.0, "max": 40.0})
    assert about.channels == (Channel(window=(3.0, 40.0)),)


@pytest.mark.parametrize(("count", "is_said"), [(7, False), (8, True)])
def test_more_channels_than_imagej_shows_are_told(
    tmp_path: Path, count: int, *, is_said: bool
) -> None:
    """Who writes a stack from Python without naming its axes gets channels."""
    about = about_of(tmp_path / "a.tif", (count, 9, 7), {})
    assert any("may be z-planes" in note for note in about.notes) == is_said


PAGES = np.arange(12 * 20 * 30, dtype="uint16").reshape(12, 20, 30)


def described(path: Path, *lines: str) -> str:
    """Write twelve pages, and what ImageJ would say of them."""
    text = "\n".join(["ImageJ=1.53t", *lines, "loop=false", ""])
    tifffile.imwrite(path, PAGES, metadata=None, description=text, photometric="minisblack")
    return str(path)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("images=12", "channels=2", "slices=2", "hyperstack=true"), "12 images, and 2 channels x"),
        (("images=12", "channels=5", "slices=3", "frames=2"), "5 channels x 3 slices x 2 frames"),
        (("images=12", "channels=7"), "12 images, and 7 channels"),
        (("images=12", "slices=-12"), "says slices=-12"),
        (("images=0", "slices=0"), "says images=0, slices=0"),
        (("images=abc", "slices=x"), "says images=abc, slices=x"),
        (("images=24", "slices=24"), "fewer planes than ImageJ wrote"),
    ],
)
def test_a_description_that_contradicts_is_refused(
    tmp_path: Path, lines: tuple[str, ...], words: str
) -> None:
    """Which page is which plane cannot be known then."""
    with pytest.raises(SourceError, match=words):
        probe(described(tmp_path / "a.tif", *lines))


def test_pages_that_are_not_described_are_counted(tmp_path: Path) -> None:
    """As ImageJ does, they are left out; a note says so."""
    for lines in (("images=6", "slices=6"), ("slices=6",), ("images=6", "channels=2", "slices=3")):
        (found,) = probe(described(tmp_path / "a.tif", *lines))
        assert found.header.planes * found.header.channels == 6
        assert "ImageJ describes 6 of its 12 pages; the others are left out" in found.about.notes
    (found,) = probe(described(tmp_path / "a.tif", "images=12", "slices=4", "frames=3"))
    assert (found.header.planes, found.header.frames, found.about.notes) == (4, 3, ())
