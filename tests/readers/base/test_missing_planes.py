"""Places of planes that were never written."""

import pytest
from wkflow.errors import SourceError
from wkflow.model.source import Gaps, Header, ImageInfo
from wkflow.readers.base.missing_planes import find_gaps, gap_notes, joined_gaps, require_no_gaps

HEADER = Header(4, 4, 6, 1, "uint8", 2, (("t", 2), ("p", 3)))


def test_neighbours_are_one_place() -> None:
    """Along z; channel and further axes are named where there are several."""
    missing = {(0, 0, 1), (0, 0, 2), (0, 0, 4), (4, 1, 0)}
    gaps = find_gaps(HEADER, len(missing), lambda *place: place not in missing)
    places = (
        "z=1 to 2, channel=0, t=0, p=0",
        "z=4, channel=0, t=0, p=0",
        "z=0, channel=1, t=1, p=1",
    )
    assert gaps == Gaps(4, places)
    assert str(gaps) == f"4 planes ({'; '.join(places)})"


def test_a_billion_of_them_are_named_at_once() -> None:
    """A header may lie."""
    gaps = find_gaps(Header(4, 4, 10**9, 1, "uint8"), 10**9 - 1, lambda *place: place[2] == 0)
    assert gaps.count == 10**9 - 1
    assert len(gaps.named) == 1


def test_they_are_refused_or_said() -> None:
    """With the option that fills them."""
    probe = ImageInfo(HEADER, (1, 1, 1), gaps=Gaps(1, ("z=1",)))
    with pytest.raises(SourceError, match=r"no data for 1 plane \(z=1\)") as failure:
        require_no_gaps(probe, "a.czi")
    assert "--on-mismatch pad" in failure.value.remedy
    assert gap_notes(probe) == ("no data, filled with zeros: 1 plane (z=1)",)
    require_no_gaps(ImageInfo(HEADER, (1, 1, 1)), "a.czi")


def test_those_of_several_scenes_are_joined() -> None:
    """The first ones are named."""
    joined = joined_gaps([Gaps(1, ("a",)), Gaps(), Gaps(3, ("b", "c", "d"))])
    assert joined == Gaps(4, ("a", "b", "c"), are_all_named=False)
