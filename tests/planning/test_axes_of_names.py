"""Times that names count beside another axis are seen without a pattern."""

from pathlib import Path

import pytest
from natsort import natsorted
from wkflow.errors import SourceError
from wkflow.model.name_pattern import NamePattern
from wkflow.planning.arrange_axes import Arranged
from wkflow.planning.arrange_slices import arrange_slices

ALL = (1, 2)


def arranged(names: list[str]) -> list[Arranged]:
    return arrange_slices(natsorted(f"/d/{name}.tif" for name in names))


@pytest.mark.parametrize(
    ("names", "pattern", "stacks"),
    [
        ([f"x_t{t}_z{z:03}" for t in ALL for z in ALL], "x_t{t}_z{z}.tif", {"": 2}),
        ([f"x_w{w}_t{t}" for w in ("1DAPI", "2GFP") for t in ALL], "x_w*{channel}_t{t}.tif",
         {"_DAPI": 2, "_GFP": 2}),
        ([f"x_z{z:03}_ch{c:02}_t{t}" for z in ALL for c in (0, 1) for t in (1, 2, 3)],
         "x_z{z}_ch{channel}_t{t}.tif", {"__channel0": 3, "__channel1": 3}),
        ([f"T{t:02}_S{z}_2024-01-0{t}_12-00-0{z}_slice{z}" for t in ALL for z in ALL],
         "T{t}_S*_*-*-*_*-*-*_slice{z}.tif", {"": 2}),
        ([f"x_z{z:03}_ch{c:02}" for z in ALL for c in (0, 1)], "x_z{z}_ch{channel}.tif",
         {"__channel0": 0, "__channel1": 0}),
        ([f"x_{c}_z{z}" for z in (-1, 0) for c in ("DAPI", "GFP")], "x_{channel}_z{z}.tif",
         {"_DAPI": 0, "_GFP": 0}),
    ],
)  # fmt: skip
def test_what_was_understood_is_told_as_a_pattern(
    names: list[str], pattern: str, stacks: dict[str, int]
) -> None:
    """That reads the same out of every name."""
    found = arranged(names)
    assert {one.suffix: one.times for one in found} == stacks
    assert any(note.startswith(f"names read as {pattern}") for note in found[0].notes)
    one = NamePattern.parse(pattern)
    read = [one.read(f"{name}.tif") for name in names]
    assert all(read)
    assert len({tuple(fields.items()) for fields in read if fields}) == len(names)


def test_files_come_time_by_time() -> None:
    """And how many of each there are is told."""
    (one,) = arranged([f"t{t}_z{z}" for t in (9, 10) for z in (1, 2, 4)])
    stems = [Path(file).stem for file in one.files]
    assert stems == ["t9_z1", "t9_z2", "", "t9_z4", "t10_z1", "t10_z2", "", "t10_z4"]
    assert one.notes[0] == "names read as t{t}_z{z}.tif: 2 times, 3 numbers of slices"
    assert one.missing == "3"


@pytest.mark.parametrize(
    "names",
    [
        [f"t{t}_{n:04}" for t in ALL for n in ALL],
        [f"tile{n}_t{t}_z{z}" for n in ALL for t in ALL for z in ALL],
        [f"w{w}_s{s}_t{t}" for w in ("1DAPI", "2GFP") for s in ALL for t in ALL],
        [f"t{t}_z{z}_plane{p}" for t in ALL for z in ALL for p in ALL],
    ],
)
def test_what_is_not_certain_is_refused(names: list[str]) -> None:
    """A number without a label, or another one that counts; a pattern says what it is."""
    with pytest.raises(SourceError, match="so that slices repeat") as caught:
        arranged(names)
    assert "--pattern" in caught.value.remedy


@pytest.mark.parametrize(
    "names", [["t1_z1", "t1_z2", "t2_z3"], ["m_t1", "m_t2"], ["t1_0001", "t2_0002"]]
)
def test_numbers_that_tell_all_slices_apart_are_z(names: list[str]) -> None:
    """As they were before times were known."""
    (one,) = arranged(names)
    assert [Path(file).stem for file in one.files] == names
    assert one.times == 0
