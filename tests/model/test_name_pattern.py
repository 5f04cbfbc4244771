"""A pattern reads names as it is spelled, or is refused with what is wrong with it."""

import pytest
from wkflow.model.name_pattern import NamePattern


@pytest.mark.parametrize(
    ("pattern", "path", "fields"),
    [
        ("{channel}_z{z}_t{t}.tif", "DAPI_z012_t3.tif", {"channel": "DAPI", "z": "012", "t": "3"}),
        ("{c}/img_{z}.tif", "gfp/IMG_7.TIF", {"channel": "gfp", "z": "7"}),
        ("{t}/{channel}/{z}.png", "4/a b/0001.png", {"t": "4", "channel": "a b", "z": "0001"}),
        ("*_{z}.tif", "a_b_0012.tif", {"z": "0012"}),
        ("*{z}.tif", "a1_img0012.tif", {"z": "0012"}),
        ("img{z}*.tif", "img12_2024.tif", {"z": "12"}),
        ("s{z}", "s12.ome.tif", {"z": "12"}),
        ("s{z}", "s12", {"z": "12"}),
        ("z{z}.tif", "z-5.tif", {"z": "-5"}),
        ("z_{z}.tif", "z_1.25.tif", {"z": "1.25"}),
        ("{channel}_z{z}.tif", "a_z1_z2.tif", {"channel": "a_z1", "z": "2"}),
        ("20240105{z}.tif", "20240105007.tif", {"z": "007"}),
        ("a.b+{z}.tif", "a.b+1.tif", {"z": "1"}),
        ("{{x}}_{z}.tif", "{x}_1.tif", {"z": "1"}),
        ("a.b+{z}.tif", "aXbb1.tif", None),
        ("{channel}_z{z}.tif", "a/b_z1.tif", None),
        ("z{z}.tif", "z1.png", None),
        ("z{z}.tif", "z.tif", None),
        ("t{t}.tif", "t-1.tif", None),
    ],
)
def test_names_are_read(pattern: str, path: str, fields: dict[str, str] | None) -> None:
    """Whole numbers, never the end of one; literal text as it is; no folder too many."""
    one = NamePattern.parse(pattern)
    assert one.read(path) == fields
    assert one.depth == path.count("/") + 1 or fields is None


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("{channel}.tif", "has no {z}"),
        ("slices", "has no {z}"),
        ("", "has no {z}"),
        ("{z}_{z}.tif", "has the field {z} twice"),
        ("{c}_{channel}_{z}.tif", "has the field {channel} twice"),
        ("{z}_{y}.tif", "has a field {y}; there are {z}, {channel} and {t}"),
        ("{z:03}.tif", "has a field {z}"),
        ("{z!r}.tif", "has a field {z}"),
        ("{}.tif", "has a field {}"),
        ("{z.tif", "is no pattern"),
        ("z}.tif", "is no pattern"),
    ],
)
def test_what_is_no_pattern_is_refused(pattern: str, words: str) -> None:
    """In words that complete a sentence."""
    with pytest.raises(ValueError, match=r"^(is|has) ") as caught:
        NamePattern.parse(pattern)
    assert words in str(caught.value)


def test_a_pattern_of_brackets_is_no_regular_expression() -> None:
    """What stands in one is text here."""
    one = NamePattern.parse("(a|b)[0-9]?_{z}.tif")
    assert one.read("(a|b)[0-9]?_3.tif") == {"z": "3"}
    assert one.read("a1_3.tif") is None
