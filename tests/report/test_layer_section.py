"""One layer on the page: pictures of marked corners, overlays, mags, and what looks wrong."""

from pathlib import Path

import numpy as np
import pytest
from wkflow.model.datasource_properties import Existing
from wkflow.report.layer_section import Drawer, Pictures, mag_rows
from wkflow.report.pictures import label_colours

from tests.datasets import HandLayer, properties
from tests.report.volumes import CORNERS, GROUND, dataset, marked, picture_of
from tests.runs import noise


def drawn(folder: Path, number: int = 0, **bounds: int) -> Pictures:
    """Draw one layer of a dataset."""
    document = properties(folder)
    existing = Existing.parse(document, "test")
    limits = {"longest": 512, "most": 2**26} | bounds
    drawer = Drawer(
        folder, existing.layers, existing.voxel_size, existing.unit, **limits, refuses=False
    )
    return drawer.draw(existing.layers[number], document["dataLayers"][number])


def test_corners_are_where_they_belong(tmp_path: Path) -> None:
    """In all slices of the strip: x to the right, y down, z from the first picture to the last."""
    pictures = drawn(dataset(tmp_path))
    first, last = picture_of(pictures.strip[0].uri), picture_of(pictures.strip[-1].uri)
    assert (pictures.strip[0].z, pictures.strip[-1].z) == ("0", "19")
    for (x, y, z), value in CORNERS.items():
        picture = last if z else first
        assert picture[-y, -x].tolist() == [value] * 3, (x, y, z)
    xy, yz, xz = (picture_of(pane.uri) for pane in pictures.panes)
    assert xy[10, 19].tolist() == [200] * 3
    assert xy[10, 21].tolist() == xy[0, 0].tolist() == [GROUND + 10] * 3
    assert (xy.shape, yz.shape, xz.shape) == ((30, 40, 3), (30, 20, 3), (20, 40, 3))


def test_panes_have_real_lengths(tmp_path: Path) -> None:
    """Of voxels of 11.24 x 11.24 x 25 nm; lines are where the other planes cut."""
    pictures = drawn(dataset(tmp_path))
    xy, yz, xz = pictures.panes
    assert (xy.width, xy.height) == pytest.approx((449.6, 337.2))
    assert (yz.width, yz.height) == pytest.approx((500, 337.2))
    assert (xz.width, xz.height) == pytest.approx((449.6, 500))
    assert xy.cross == pytest.approx((20.5 / 40, 15.5 / 30))
    assert (xy.bar.length, xy.bar.share) == ("100 nm", pytest.approx(100 / 449.6))
    assert (xy.place, yz.place, xz.place) == ("z = 10", "x = 20", "y = 15")
    assert all("Layer em" in pane.alt for pane in pictures.panes)


def test_few_slices_are_stretched_and_it_is_said(tmp_path: Path) -> None:
    """Else two slices would be a line; the bar along z is stretched with them."""
    pictures = drawn(dataset(tmp_path, HandLayer("em", {"1": noise(1, 1, 400, 300, 2)})))
    _, yz, xz = pictures.panes
    assert pictures.stretch == 6
    assert xz.height == pytest.approx(2 * 25 * 6)
    assert (yz.bar.length, yz.bar.share) == ("10 nm", pytest.approx(10 / 50))


def test_slices_beside_many_others_are_large_enough(tmp_path: Path) -> None:
    """A deep stack of small slices is compressed."""
    pictures = drawn(dataset(tmp_path, HandLayer("em", {"1": noise(1, 1, 30, 25, 400)})))
    _, yz, xz = pictures.panes
    depth, width = 400 * 25, 30 * 11.24
    assert pictures.stretch == 1 / round(depth / width / 4)
    assert xz.height == yz.width == pytest.approx(depth * pictures.stretch)
    assert yz.bar.length == "2 µm"


def test_one_slice_is_one_picture(tmp_path: Path) -> None:
    """There is nothing to cut across."""
    pictures = drawn(dataset(tmp_path, HandLayer("em", {"1": noise(1, 1, 30, 25, 1)})))
    assert [pane.title for pane in pictures.panes] == ["XY"]
    assert len(pictures.strip) == 1


def test_labels_lie_over_the_image_of_the_same_place(tmp_path: Path) -> None:
    """Where there is one of the same mag and box; ids keep their colours."""
    ids = np.zeros((1, 1, 40, 30, 20), "uint32")
    ids[0, 0, :10] = 7
    window = {"defaultViewConfiguration": {"intensityRange": [0, 255]}}
    labels = HandLayer("seg", {"1": ids}, category="segmentation")
    folder = dataset(tmp_path, HandLayer("em", {"1": marked()}, fields=window), labels)
    over = drawn(folder, 1)
    assert (over.over, over.window, over.bars) == ("em", None, None)
    alone = drawn(dataset(tmp_path / "alone", labels))
    assert alone.over == ""
    plain = picture_of(alone.panes[0].uri)
    assert plain[0, 0].tolist() == label_colours(np.array(7)).tolist()
    assert plain[0, 11].tolist() == [0, 0, 0]


def test_a_layer_without_coarse_mags_shows_a_piece(tmp_path: Path) -> None:
    """It is said that it is one."""
    pictures = drawn(dataset(tmp_path), most=16**3)
    assert not pictures.is_whole
    assert (pictures.box, pictures.panes[0].place) == ("16 x 16 x 16", "z = 10")


def test_pictures_are_no_larger_than_said(tmp_path: Path) -> None:
    """Where there are many layers, or no mag has so short edges."""
    pictures = drawn(dataset(tmp_path, HandLayer("em", {"1": noise(1, 1, 90, 60, 30)})), longest=32)
    shapes = [picture_of(pane.uri).shape[:2] for pane in pictures.panes]
    assert (max(map(max, shapes)), pictures.is_whole) == (32, True)
    assert pictures.panes[0].width == pytest.approx(90 * 11.24)


def test_mags_are_rows_with_what_they_take(tmp_path: Path) -> None:
    """Bytes and files are those of the receipts; where there are none, nothing is made up."""
    layers = HandLayer("em", {"1": noise(1, 2, 40, 30, 20), "2-2-1": noise(1, 2, 20, 15, 20)})
    folder = dataset(tmp_path, layers)
    existing = Existing.parse(properties(folder), "test")
    fine, coarse = mag_rows(existing.layers[0], existing.voxel_size, {"em/1": (3, 6000)})
    assert (fine.name, fine.size, fine.voxels, fine.raw) == ("1", (40, 30, 20), 24000, 48000)
    assert (fine.files, fine.stored, fine.ratio) == (3, 6000, 8.0)
    assert (coarse.voxel, coarse.files, coarse.ratio) == ((22.48, 22.48, 25.0), None, None)
