"""Slices of channels and times: each where its names say, judged by arrays of places."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.errors import SourceError
from wkflow.model.name_pattern import NamePattern
from wkflow.planning.arrange_axes import Arranged, arrange_axes
from wkflow.planning.missing_slices import MissingSlices
from wkflow.planning.read_pattern import named_axes


def arranged(
    *names: str, pattern: str = "{channel}_t{t}_z{z}", missing: MissingSlices = "keep"
) -> list[Arranged]:
    return arrange_axes(named_axes(names, NamePattern.parse(pattern)), missing, "/d")


def told(one: Arranged) -> str:
    return " ".join(file or "_" for file in one.files)


@given(
    channels=st.sets(st.sampled_from(["a", "b", "DAPI"]), min_size=1),
    times=st.sets(st.integers(0, 30), min_size=1, max_size=4),
    planes=st.integers(1, 5),
    order=st.randoms(),
)
def test_each_slice_has_its_place(
    channels: set[str], times: set[int], planes: int, order: object
) -> None:
    """Channels apart, times one after the other, z within; whatever the order of the files."""
    names = [f"{c}_t{t}_z{z}" for c, t, z in product(channels, times, range(planes))]
    order.shuffle(names)
    found = {one.suffix: one for one in arranged(*names)}
    assert set(found) == {f"_{c}" for c in channels}
    for c in channels:
        one = found[f"_{c}"]
        assert one.files == tuple(f"{c}_t{t}_z{z}" for t in sorted(times) for z in range(planes))
        assert one.times == (len(times) if len(times) > 1 else 0)


@pytest.mark.parametrize(
    ("choice", "wanted", "missing"),
    [
        ("keep", "a_t1_z1 a_t1_z2 a_t1_z3 a_t2_z1 _ a_t2_z3", "2 at t 2"),
        ("previous", "a_t1_z1 a_t1_z2 a_t1_z3 a_t2_z1 a_t2_z1 a_t2_z3", "2 at t 2"),
    ],
)
def test_a_slice_that_one_time_lacks_is_blank(
    choice: MissingSlices, wanted: str, missing: str
) -> None:
    """Or the slice before it, of the same time."""
    names = ("a_t1_z1", "a_t1_z2", "a_t1_z3", "a_t2_z1", "a_t2_z3")
    (one,) = arranged(*names, missing=choice)
    assert (told(one), one.missing) == (wanted, missing)


def test_times_that_are_left_out_are_told() -> None:
    """The others lie one after the other."""
    one, other = arranged("a_t1_z1", "a_t4_z1", "b_t1_z1", "b_t4_z1")
    assert (told(one), one.times) == ("a_t1_z1 a_t4_z1", 2)
    assert one.notes == ("numbers missing between times: 2 to 3",)
    assert not other.notes


def test_what_all_times_lack_is_named_once() -> None:
    """With the note of a stack."""
    (one,) = arranged("a_t1_z1", "a_t1_z3", "a_t2_z1", "a_t2_z3")
    assert (told(one), one.missing) == ("a_t1_z1 _ a_t1_z3 a_t2_z1 _ a_t2_z3", "2")
    assert one.notes == ("numbers missing between slices: 2: their places stay blank",)
    (one,) = arranged("a_t1_z1", "a_t1_z3", "a_t2_z1", "a_t2_z3", missing="close")
    assert told(one) == "a_t1_z1 a_t1_z3 a_t2_z1 a_t2_z3"


def test_axes_that_names_have_not_are_none() -> None:
    """One time is no axis; times alone are slices of one plane; numbers are channels as well."""
    (one,) = arranged("a_t1_z1", "a_t1_z2")
    assert one.times == 0
    (one,) = arranged("t10", "t9", "t11", pattern="t{t}")
    assert (told(one), one.times, one.suffix) == ("t9 t10 t11", 3, "")
    found = arranged("c01_1", "c10_1", "c2_1", pattern="c{c}_{z}")
    assert [one.suffix for one in found] == ["__channel1", "__channel2", "__channel10"]
    (one,) = arranged("a_1.5", "a_1.25", "a_2.0", pattern="a_{z}")
    assert told(one) == "a_1.25 a_1.5 a_2.0"
    (one,) = arranged("a-1", "a-2", "a-4", pattern="*{z}")
    assert told(one) == "a-1 a-2 _ a-4"


@pytest.mark.parametrize(
    ("names", "missing", "words"),
    [
        (("a_t1_z1", "a_t2_z1", "b_t1_z1"), "keep", "there is no slice of channel b, t 2"),
        (("a_t1_z1", "a_t1_z2", "a_t2_z1"), "close", "these z are missing: channel a, t 2 z 2"),
        (("a_t1_z1", "a_t1_z2", "a_t2_z1"), "refuse", "these z are missing: channel a, t 2 z 2"),
        (("a_t1_z1", "a_t1_z2", "b_t1_z2", "b_t1_z3"), "keep",
         "these z are missing: channel a, t 1 z 3 and channel b, t 1 z 1"),
        (("a_t1_z1", "a_t1_z3", "a_t2_z1", "a_t2_z3"), "refuse", "between slices: 2"),
        (("a_t1_z1", "A_t01_z1"), "keep",
         r"lie at one place: a_t1_z1 and A_t01_z1 \(channel a, t 1, z 1\)"),
        (("a_t1_z0.5", "a_t1_z1.5", "a_t2_z0.5"), "keep", "these z are missing"),
        (("a_t1_z1", "a_t1_z99"), "keep", "97 of 99 numbers of slices are missing"),
    ],
)  # fmt: skip
def test_what_is_incomplete_is_refused(
    names: tuple[str, ...], missing: MissingSlices, words: str
) -> None:
    """With what is missing, in its folder."""
    with pytest.raises(SourceError, match=words) as caught:
        arranged(*names, missing=missing)
    assert caught.value.where == "/d"
