"""The sample: made on the spot, the same everywhere, and judged rightly."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from wkflow.options.settings import Settings
from wkflow.planning.make_sample import CELLS, make_sample
from wkflow.planning.plan_conversion import plan_conversion
from wkflow.planning.sample import SIZE, sample_options


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the sample once."""
    folder = tmp_path_factory.mktemp("run")
    make_sample(folder)
    return folder


def volume(folder: Path, name: str) -> np.ndarray:
    files = sorted((folder / "sample" / "slices" / name).iterdir())
    return np.stack([tifffile.imread(file) for file in files])


def test_it_has_an_image_and_its_labels(folder: Path) -> None:
    """Of the same cells: in each, the image is brighter than at its border on average."""
    image, labels = volume(folder, "color"), volume(folder, "segmentation")
    assert image.shape == labels.shape == SIZE
    assert (image.dtype, labels.dtype) == (np.uint8, np.uint16)
    assert set(np.unique(labels)) <= set(range(1, CELLS + 1))
    assert len(np.unique(labels)) > CELLS // 2
    borders = labels[:, :, 1:] != labels[:, :, :-1]
    assert image[:, :, 1:][borders].mean() + 50 < image[:, :, 1:][~borders].mean()


def test_it_is_planned_as_what_it_is(folder: Path) -> None:
    """Two layers whose category nobody gave, and no notes."""
    settings = Settings.parse(sample_options(folder), where="sample")
    plan = plan_conversion(settings)
    assert [(one.layer.name, one.layer.category) for one in plan.layers] == [
        ("color", "color"),
        ("segmentation", "segmentation"),
    ]
    assert plan.notes == ()
    assert len({len(one.grids) for one in plan.layers}) == 1
    assert len(plan.layers[0].grids) >= 3


def test_it_is_made_once(folder: Path) -> None:
    """A second run finds it, unchanged: nothing is converted anew."""
    slices = sorted((folder / "sample").rglob("*.tif"))
    before = [path.stat().st_mtime_ns for path in slices]
    make_sample(folder)
    assert [path.stat().st_mtime_ns for path in slices] == before
