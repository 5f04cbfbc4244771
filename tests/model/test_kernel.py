"""What is known of kernels, and which one a layer gets."""

from typing import get_args

import pytest
from wkflow.model.kernel import KERNELS, kernel_for
from wkflow.options.settings import Settings


def test_each_kernel_stands_under_its_name() -> None:
    """The table is what `--interpolation-mode` offers."""
    assert [kernel.name for kernel in KERNELS.values()] == list(KERNELS)
    assert list(KERNELS) == ["median", "mode", "nearest", "bilinear", "bicubic"]
    offered = get_args(Settings.model_fields["interpolation_mode"].annotation)
    assert offered == ("default", *KERNELS)


def test_only_median_and_mode_mirror_as_the_official_tool() -> None:
    """The smooth kernels are independent of anybody's tiles."""
    windows = {name: kernel.window for name, kernel in KERNELS.items() if kernel.window}
    assert windows == {"median": 1024, "mode": 1024}


@pytest.mark.parametrize(
    ("mode", "category", "name"),
    [
        ("default", "segmentation", "mode"),
        ("default", "color", "median"),
        ("bicubic", "segmentation", "bicubic"),
        ("mode", "color", "mode"),
    ],
)
def test_a_layer_gets_the_kernel_of_its_category_unless_told(
    mode: str, category: str, name: str
) -> None:
    """Labels are counted, grey values are sorted."""
    assert kernel_for(mode, category).name == name
