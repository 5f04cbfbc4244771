"""Which page is which plane, by tifffile's writer."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.testing import assert_array_equal
from wkflow.errors import SourceError
from wkflow.model.source import Header
from wkflow.readers import probe

from tests.readers.contract import read_all, voxels_of

MINISBLACK: dict[str, Any] = {"photometric": "minisblack"}


@pytest.mark.parametrize(
    ("shape", "axes", "how", "header"),
    [
        ((5, 9, 7), "", {}, Header(7, 9, 5, 1, "uint16")),
        ((5, 9, 7), "", {"imagej": True}, Header(7, 9, 1, 1, "uint16", 5)),
        ((5, 9, 7), "", {"ome": True}, Header(7, 9, 1, 1, "uint16", 5)),
        ((5, 9, 7), "TYX", {"imagej": True}, Header(7, 9, 1, 1, "uint16", 1, (("t", 5),))),
        ((5, 9, 7), "TYX", {"ome": True}, Header(7, 9, 1, 1, "uint16", 1, (("t", 5),))),
        ((5, 9, 7), "TYX", {}, Header(7, 9, 1, 1, "uint16", 1, (("t", 5),))),
        ((5, 9, 7), "ZYX", {}, Header(7, 9, 5, 1, "uint16")),
        ((5, 9, 7), "IYX", {}, Header(7, 9, 5, 1, "uint16")),
        ((2, 5, 9, 7), "", {}, Header(7, 9, 5, 1, "uint16", 1, (("q", 2),))),
        ((4, 2, 5, 9, 7), "", {}, Header(7, 9, 5, 1, "uint16", 1, (("q", 4), ("q1", 2)))),
        ((2, 5, 9, 7), "IZYX", {}, Header(7, 9, 5, 1, "uint16", 1, (("i", 2),))),
        ((2, 5, 9, 7), "AZYX", {"ome": True}, Header(7, 9, 5, 1, "uint16", 1, (("a", 2),))),
        ((2, 5, 9, 7), "ZCYX", {"ome": True}, Header(7, 9, 2, 1, "uint16", 5)),
        ((2, 5, 9, 7), "CTYX", {}, Header(7, 9, 1, 1, "uint16", 2, (("t", 5),))),
    ],
)
def test_axes_become_planes_channels_and_frames(
    tmp_path: Path, shape: tuple[int, ...], axes: str, how: dict[str, Any], header: Header
) -> None:
    """Time is never depth; pages that nobody named are; what files call channels are channels."""
    path, voxels = tmp_path / "axes.tif", voxels_of("uint16", *shape, 1)[..., 0]
    metadata = {"metadata": {"axes": axes}} if axes else {}
    tifffile.imwrite(path, voxels, **MINISBLACK, **how, **metadata)
    (found,) = probe(str(path))
    assert found.header == header
    names = [name for name, size in (("c", header.channels), ("z", header.planes)) if size > 1]
    wanted = [name for name, _ in header.axes] + names
    stored = stored_names(axes, wanted, len(shape) - 2)
    ordered = voxels.transpose(*[stored.index(name) for name in wanted], -2, -1)
    found_voxels = read_all(str(path)).reshape(ordered.shape)
    assert_array_equal(found_voxels, ordered, strict=True)


def stored_names(axes: str, wanted: list[str], count: int) -> list[str]:
    """Name the axes as they are stored, slowest first; nobody's are stored as they are read."""
    names = [axis.lower() for axis in axes[:count]] or wanted
    return ["z" if name == "i" and "z" not in names else name for name in names]


def test_axes_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    """The message has the axes and the shape."""
    path = tmp_path / "odd.tif"
    tifffile.imwrite(path, np.zeros((3, 9, 7), np.uint8), metadata={"axes": "XYZ"}, **MINISBLACK)
    with pytest.raises(SourceError, match="axes X 3 x Y 9 x Z 7"):
        probe(str(path))


def test_a_page_may_hold_many_planes(tmp_path: Path) -> None:
    """SGI's volumes: tiles that are deep."""
    path, voxels = tmp_path / "deep.tif", voxels_of("uint8", 2, 20, 33, 35, 1)[..., 0]
    for tile in ((16, 16, 16), None):
        tifffile.imwrite(path, voxels, volumetric=True, tile=tile, **MINISBLACK)
        assert probe(str(path))[0].header == Header(35, 33, 20, 1, "uint8", 1, (("q", 2),))
        assert_array_equal(read_all(str(path))[:, 0, ..., 0], voxels, strict=True)


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_samples_named_as_channels_are_channels(tmp_path: Path, planar: str) -> None:
    """A description by hand names the samples of one page C."""
    path, plane = tmp_path / "channels.tif", voxels_of("uint16", 9, 7, 5)
    stored = plane if planar == "contig" else np.moveaxis(plane, -1, 0)
    axes = "YXC" if planar == "contig" else "CYX"
    shape = list(stored.shape)
    how: dict[str, Any] = {"planarconfig": planar, "metadata": None, **MINISBLACK}
    description = f'{{"shape": {shape}, "axes": "{axes}"}}'
    tifffile.imwrite(path, stored, description=description, **how)
    assert probe(str(path))[0].header == Header(7, 9, 1, 1, "uint16", 5)
    assert_array_equal(read_all(str(path))[0, :, 0, ..., 0], np.moveaxis(plane, -1, 0))
