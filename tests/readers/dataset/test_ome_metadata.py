"""Attributes of OME-Zarr, by the examples of its specification."""

from typing import Any

import pytest
from wkflow.model.source import Channel
from wkflow.readers.dataset.ome_metadata import about_of, channel_of, names_of

AXES = [{"name": "c"}, *({"name": name, "unit": "nanometer"} for name in "zyx")]


def pyramid(scale: list[float], whole: list[float] | None = None) -> dict[str, Any]:
    steps = [{"type": "scale", "scale": scale}, {"type": "translation", "translation": [0] * 4}]
    further = {"coordinateTransformations": [{"type": "scale", "scale": whole}]} if whole else {}
    return {
        "axes": AXES,
        "datasets": [{"path": "0", "coordinateTransformations": steps}],
        **further,
    }


@pytest.mark.parametrize(
    ("stated", "voxel_nm"),
    [
        (pyramid([1, 40, 4, 5]), (5.0, 4.0, 40.0)),
        (pyramid([1, 40, 4, 5], [1, 1, 2, 2]), (10.0, 8.0, 40.0)),
        (pyramid([1, 40, 4]), (1.0, 1.0, 1.0)),
        (pyramid([1, 0, 4, float("nan")]), (None, 4.0, None)),
    ],
)
def test_scales_are_multiplied(stated: dict[str, Any], voxel_nm: tuple[float | None, ...]) -> None:
    """That of the level and that of all levels."""
    assert about_of(stated, tuple("czyx"), {}, "").voxel_nm == voxel_nm


def test_a_length_without_a_unit_is_none() -> None:
    """It may be anything."""
    stated = {**pyramid([1, 40, 4, 5]), "axes": list("czyx")}
    assert about_of(stated, tuple("czyx"), {}, "").voxel_nm == (None, None, None)
    assert names_of(stated) == list("czyx")


@pytest.mark.parametrize("stated", [{}, {"color": None}, {"color": "F"}, {"window": {"min": 0}}])
def test_a_channel_that_says_little_is_read(stated: dict[str, Any]) -> None:
    """Nothing of it is asked for."""
    assert channel_of(stated) == Channel()
