"""What is shown black and white, as far as it is known before the voxels are."""

import pytest
from wkflow.model.intensity_range import IntensityRange, known_range, parse_window


def test_an_option_comes_before_the_file() -> None:
    """The file's range is taken where nobody asks for another, the voxels' where there is none."""
    stated = IntensityRange((5, 90), "stated by the file")
    assert known_range("auto", (5, 90)) == stated
    assert known_range("auto", None) is None
    assert known_range("full", (5, 90)) is None
    assert known_range("-1,2", (5, 90)) == IntensityRange((-1, 2), "asked for", is_asked=True)


@pytest.mark.parametrize("stated", [(5, 5), (9, 5)])
def test_an_empty_range_states_nothing(stated: tuple[float, float]) -> None:
    """All would be black and white."""
    assert known_range("auto", stated) is None


@pytest.mark.parametrize("text", ["", "1", "1,1", "2,1", "0,inf", "nan,1", "1;2", "1,2,3"])
def test_a_window_has_two_ends(text: str) -> None:
    """Finite, the lower one first."""
    with pytest.raises(ValueError, match=r".+"):
        parse_window(text)
