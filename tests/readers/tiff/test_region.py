"""Regions and the segments they touch, against all segments looked at one by one."""

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from wkflow.readers.tiff.region import Region, Segments

EXTENTS = st.tuples(*[st.integers(1, 12)] * 3)


@st.composite
def cuts(draw: st.DrawFn) -> tuple[Segments, Region]:
    """Draw a cut of an image, and a region of at least one voxel."""
    image, size = draw(EXTENTS), draw(EXTENTS)
    ranges = [sorted(draw(st.lists(st.integers(0, n), min_size=2, max_size=2, unique=True)))
              for n in image[1:]]  # fmt: skip
    (y0, y1), (x0, x1) = ranges
    region = Region(draw(st.integers(0, 2)), draw(st.integers(0, image[0] - 1)), y0, y1, x0, x1)
    return Segments(size, image), region


@given(cuts())
def test_exactly_the_segments_with_wanted_voxels_are_touched(
    drawn: tuple[Segments, Region],
) -> None:
    """TIFF 6.0 counts them left to right and top to bottom, then by depth and by sample."""
    cut, region = drawn
    counts = [-(-extent // size) for extent, size in zip(cut.image, cut.size, strict=True)]
    expected = []
    for place in range(3 * counts[0] * counts[1] * counts[2]):
        rest, column = divmod(place, counts[2])
        rest, row = divmod(rest, counts[1])
        sample, layer = divmod(rest, counts[0])
        high, wide = cut.size[1:]
        is_touched = (
            sample == region.sample
            and layer == region.depth // cut.size[0]
            and row * high < region.y1
            and (row + 1) * high > region.y0
            and column * wide < region.x1
            and (column + 1) * wide > region.x0
        )
        if is_touched:
            expected.append(place)
    assert list(cut.touched(region)) == expected


@given(cuts())
def test_whole_segments_are_the_least_that_hold_a_region(drawn: tuple[Segments, Region]) -> None:
    """They touch the same segments, and end with them or with the image."""
    cut, region = drawn
    whole = cut.widened(region)
    assert list(cut.touched(whole)) == list(cut.touched(region))
    assert whole.y0 <= region.y0 < region.y1 <= whole.y1 <= cut.image[1]
    assert whole.x0 % cut.size[2] == whole.y0 % cut.size[1] == 0
    assert whole.y1 % cut.size[1] == 0 or whole.y1 == cut.image[1]
    assert whole.x1 % cut.size[2] == 0 or whole.x1 == cut.image[2]


def test_a_strip_is_no_longer_than_the_image() -> None:
    """Writers put in 2^32 - 1 rows for all of them."""
    directory: Any = SimpleNamespace(
        is_tiled=False, rowsperstrip=2**32 - 1, imagedepth=1, imagelength=37, imagewidth=53
    )
    assert Segments.of(directory).grain == (53, 37, 1)
