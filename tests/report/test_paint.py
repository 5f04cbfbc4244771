"""How planes and slices become pictures."""

from pathlib import Path

import numpy as np
from numpy.testing import assert_array_equal
from wkflow.model.box import Box
from wkflow.model.mag import Mag
from wkflow.report.display_window import Window
from wkflow.report.paint import STRIP_EDGE, Paint
from wkflow.report.pictures import label_colours
from wkflow.report.planes import Voxels

from tests.datasets import HandLayer
from tests.report.test_layer_section import drawn
from tests.report.volumes import dataset, marked, picture_of

WHITE = (255, 255, 255)


def test_the_colour_of_a_layer_is_white(tmp_path: Path) -> None:
    """As WEBKNOSSOS shows it at first."""
    view = {"defaultViewConfiguration": {"intensityRange": [0, 200], "color": [255, 0, 0]}}
    pictures = drawn(dataset(tmp_path, HandLayer("em", {"1": marked()}, fields=view)))
    assert picture_of(pictures.panes[0].uri)[10, 3].tolist() == [255, 0, 0]


def volume(*shape: int, mag: str = "1", z: int = 0) -> Voxels:
    """Give a volume (z, y, x, c) of zeros that begins at slice `z` of its mag."""
    depth, height, width, _ = shape
    box = Box((0, 0, z), (width, height, z + depth))
    return Voxels(np.zeros(shape, "uint8"), Mag.parse(mag), box, is_whole=True)


def test_a_slice_has_its_numbers_in_mag_1() -> None:
    """All that it stands for; and it is no larger than the strip needs."""
    paint = Paint(is_labels=False, window=Window(0, 255, ""), colour=WHITE, below=None)
    assert paint.slice(volume(3, 8, 8, 1, z=5), 1).z == "6"
    coarse = paint.slice(volume(3, 300, 600, 1, mag="4-4-2", z=5), 1)
    assert coarse.z == "12–13"  # noqa: RUF001 -- a range
    assert picture_of(coarse.uri).shape == (STRIP_EDGE // 2, STRIP_EDGE, 3)


def test_labels_alone_are_plain() -> None:
    """In their colours; over an image they are mixed with it."""
    plane = np.full((2, 2, 1), 7, "uint32")
    alone = Paint(is_labels=True, window=None, colour=WHITE, below=None)
    assert alone.is_plain
    assert_array_equal(alone.paint(plane)[0, 0], label_colours(np.array(7)))
    over = Paint(True, None, WHITE, ("em", volume(2, 2, 2, 1), Window(0, 255, "")))  # noqa: FBT003 -- the only flag
    assert not over.is_plain
    mixed = over.paint(plane, np.zeros((2, 2, 1), "uint8"))[0, 0]
    assert (mixed < label_colours(np.array(7))).all()
