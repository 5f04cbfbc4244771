"""The options of an extension: what they are by default, and what of them is refused."""

import pytest
from pydantic import ValidationError
from wkflow.options.downsample import DownsampleOptions


def options(**given: object) -> DownsampleOptions:
    return DownsampleOptions.model_validate(given)


def test_by_default_the_ladder_goes_on_above_what_is_whole() -> None:
    """Nothing that is there is changed, and nobody says how files that are missing are judged."""
    assert (options().from_mag, options().overwrite_mags) == (None, False)
    assert (options().missing_shards, options().access_mode) == ("judge", None)


@pytest.mark.parametrize(
    ("spelled", "mag"), [("1", "1"), (2, "2"), ("2-2-2", "2"), ("4-4-1", "4-4-1")]
)
def test_a_mag_is_spelled_as_it_is_printed(spelled: object, mag: str) -> None:
    """However it was written: a number of YAML is one, too."""
    assert options(from_mag=spelled).from_mag == mag


@pytest.mark.parametrize(
    "slip",
    [
        {"from_mag": "3"},
        {"from_mag": "2-2"},
        {"overwrite_mags": "perhaps"},
        {"missing_shards": "ones"},
        {"access_mode": "http"},
    ],
)
def test_slips_are_refused(slip: dict[str, object]) -> None:
    """Each names its option."""
    with pytest.raises(ValidationError) as caught:
        options(**slip)
    assert [error["loc"] for error in caught.value.errors()] == [tuple(slip)]


@pytest.mark.parametrize("mode", ["direct_path", "zarr_streaming", "proxy_path"])
def test_the_ways_to_read_are_those_of_the_official_tool(mode: str) -> None:
    """By the names that it has for them."""
    assert options(access_mode=mode).access_mode == mode
