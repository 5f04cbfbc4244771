"""Of a part, only those missing slices are told that would lie in it."""

from pathlib import Path

import pytest
from wkflow.planning.missing_in_part import notes_of_part

from tests.steps.stacks import grains, plan_of, write_tiffs


def gapped(folder: Path, *gone: str) -> Path:
    """Write slices 0 to 19, and take some away."""
    source = write_tiffs(folder / "em", grains())
    for name in gone:
        (source / f"slice_{name}.tif").unlink()
    return source


def told(source: Path, **options: object) -> tuple[str, list[str]]:
    """Give the numbers that a plan's source lacks, and what its notes say of them."""
    plan = plan_of(source, **options)
    (one,) = plan.layers
    return one.source.missing, [note for note in plan.notes if "numbers missing" in note]


@pytest.mark.parametrize("choice", ["keep", "previous"])
@pytest.mark.parametrize(
    ("part", "missing"),
    [
        ({}, "3, 8 to 11, 15"),
        ({"slices": "0:3"}, ""),
        ({"slices": "2:9"}, "3, 8"),
        ({"slices": "9:15"}, "9 to 11"),
        ({"slices": "12:"}, "15"),
        ({"slices": "4:20:2"}, "8, 10"),
        ({"bounding_box": "0,0,10,9,9,4"}, "10 to 11"),
        ({"bounding_box": "5,5,0,9,9,20"}, "3, 8 to 11, 15"),
        ({"bounding_box": "0,0,4,9,9,4"}, ""),
    ],
)
def test_a_part_lacks_what_lies_in_it(
    tmp_path: Path, choice: str, part: dict[str, object], missing: str
) -> None:
    """In the plan, of which the report is made, and in the note."""
    source = gapped(tmp_path, "3", "8", "9", "10", "11", "15")
    found, notes = told(source, missing_slices=choice, **part)
    assert found == missing
    words = {"keep": "their places stay blank",
             "previous": "the slice before stands in their places"}[choice]  # fmt: skip
    said = f"layer em: numbers missing between slices: {missing}: {words}"
    assert notes == ([said] if missing else [])


def test_numbers_may_go_in_steps(tmp_path: Path) -> None:
    """What is told are the numbers of names; parts are counted by places."""
    source = tmp_path / "em"
    for z, plane in enumerate(grains(6)):
        write_tiffs(source, plane[None], begin=100 + 10 * (z if z < 3 else z + 4))
    assert told(source)[0] == "130 to 160"
    assert told(source, slices="4:8")[0] == "140 to 160"


def test_times_may_lack_the_same_slices_or_others(tmp_path: Path) -> None:
    """Each time by itself, where they differ; the first and the last may be among them."""
    source = tmp_path / "em"
    for time in (0, 1):
        for z, plane in enumerate(grains(12)):
            write_tiffs(source, plane[None])
            (source / "slice_0.tif").rename(source / f"a_z{z:02}_t{time}.tif")
    given: dict[str, object] = {"pattern": "a_z{z}_t{t}.tif"}
    for time in (0, 1):
        (source / f"a_z05_t{time}.tif").unlink()
    assert told(source, **given)[0] == "5"
    assert [told(source, slices=part, **given)[0] for part in ("4:8", "6:8")] == ["5", ""]
    (source / "a_z00_t1.tif").unlink()
    assert told(source, **given)[0] == "5 at t 0, 0 at t 1, 5 at t 1"
    assert told(source, slices="0:4", **given)[0] == "0 at t 1"
    assert told(source, slices="4:8", **given)[0] == "5 at t 0, 5 at t 1"


def test_slices_that_are_closed_up_have_no_places(tmp_path: Path) -> None:
    """So nothing is known of what lies in the part: the note stays as it is."""
    source = gapped(tmp_path, "3")
    found, notes = told(source, missing_slices="close", slices="5:9")
    assert (found, notes) == ("", ["layer em: numbers missing between slices: 3"])


def test_other_notes_stay() -> None:
    """And one is told once."""
    blank = "numbers missing between slices: 1, 2, 3 and 4 more: their places stay blank"
    assert notes_of_part(["a", blank, blank, "b"], "") == ("a", "b")
    part = "numbers missing between slices: 2: their places stay blank"
    assert notes_of_part(["a", blank, blank], "2") == ("a", part)
