"""Slices that look wrong, and those that were doubtful before."""

from pathlib import Path

from wkflow.model.datasource_properties import Existing
from wkflow.report.layer_section import Drawer

from tests.datasets import HandLayer, properties
from tests.report.test_layer_section import drawn
from tests.report.volumes import dataset
from tests.runs import noise


def test_slices_that_look_wrong_are_shown(tmp_path: Path) -> None:
    """Those of one value, and those that repeat the one before."""
    voxels = noise(1, 1, 30, 30, 12)
    voxels[..., 3:5] = 0
    voxels[..., 8] = voxels[..., 7]
    blank, repeated = drawn(dataset(tmp_path, HandLayer("em", {"1": voxels}))).findings
    assert blank.what == "2 of 12 slices of mag 1 hold one value only"
    assert [one.z for one in blank.slices] == ["3", "4"]
    assert [one.z for one in repeated.slices] == ["8"]
    assert drawn(dataset(tmp_path / "sound")).findings == ()


def test_what_was_doubtful_before_is_shown(tmp_path: Path) -> None:
    """By its slices in the mag that is read; of those outside it there is no picture."""
    folder = dataset(tmp_path, HandLayer("em", {"1-1-2": noise(1, 1, 40, 30, 10)}))
    document = properties(folder)
    existing = Existing.parse(document, "test")
    drawer = Drawer(
        folder, existing.layers, existing.voxel_size, existing.unit, 512, 2**26, refuses=False
    )
    gap = "beside missing numbers: 7"
    (layer,) = existing.layers
    (found,) = drawer.draw(layer, {}, doubtful=[(gap, [4, 5, 6, 90])]).findings
    assert found.what == f"4 slices {gap}"
    assert [one.z for one in found.slices] == ["4–5", "6–7"]  # noqa: RUF001 -- a range
