"""Planes at one place, told apart."""

import pytest
from wkflow.readers.dicom.repeats import PlaneGroup, RepeatsError, places_of, split_repeats


def test_places_that_are_written_with_few_digits_are_one() -> None:
    """A thousandth of the step is no step."""
    assert places_of([0.0, 3.001, 6.0, 3.0, 0.0]) == [0, 1, 2, 1, 0]
    assert places_of([4.0]) == [0]
    assert places_of([4.0, 4.0]) == [0, 0]


def test_planes_at_different_places_are_one_volume() -> None:
    """Whatever differs between them."""
    facts = [{"EchoNumbers": str(n)} for n in range(3)]
    assert split_repeats([0, 1, 2], facts) == (PlaneGroup((0, 1, 2)),)


def test_what_differs_in_each_plane_tells_nothing() -> None:
    """A clock does not tell two volumes apart, an echo does."""
    facts = [{"AcquisitionNumber": str(n), "ContentTime": str(n)} for n in range(4)]
    with pytest.raises(RepeatsError) as failure:
        split_repeats([0, 0, 1, 1], facts)
    assert failure.value.members == (0, 1)
    assert failure.value.differs == "AcquisitionNumber, ContentTime"


def test_diffusion_is_told_by_value_and_direction() -> None:
    """Three directions of one b-value beside one without."""
    facts = [
        {"DiffusionBValue": b} | ({"DiffusionGradientOrientation": g} if g else {})
        for _ in range(2)
        for b, g in (("0", ""), ("1000", "1\\0\\0"), ("1000", "0\\1\\0"), ("1000", "0\\0\\1"))
    ]
    volumes = split_repeats([place for place in (0, 1) for _ in range(4)], facts)
    assert [volume.members for volume in volumes] == [(0, 4), (1, 5), (2, 6), (3, 7)]
    assert len({volume.label for volume in volumes}) == 4
