"""Headers of slices that are not wanted are not read."""

from pathlib import Path

import pytest
from wkflow.errors import SourceError
from wkflow.planning.find_layers import ImageFolder
from wkflow.planning.wanted_slices import ALL, only_files, wanted_slices

FOUND = ImageFolder("em", tuple("dbca"), tuple((n, n) for n in range(4)), tuple("DBCA"))


def in_order(found: ImageFolder) -> list[ImageFolder]:
    return [only_files(found, {"a", "c"}), only_files(found, {"b", "d"})]


def test_some_slices_of_each_stack_are_wanted() -> None:
    """Whatever order the files have in the folder; each keeps its mark and its name."""
    wanted, stacks = wanted_slices(FOUND, slice(1, 2), in_order)
    assert stacks == list(in_order(FOUND))
    assert (wanted.files, wanted.marks, wanted.names) == (("b", "a"), ((1, 1), (3, 3)), ("B", "A"))
    assert wanted_slices(FOUND, ALL, in_order) == (FOUND, None)


def test_slices_that_are_not_there_are_told_later() -> None:
    """And so is what is wrong with names: they may be no slices."""

    def refuse(_: ImageFolder) -> list[ImageFolder]:
        raise SourceError("has a number twice", Path("a"), "Rename it.")

    assert wanted_slices(FOUND, slice(5, 9), in_order)[0] is FOUND
    assert wanted_slices(FOUND, slice(1, 2), refuse) == (FOUND, None)


@pytest.mark.parametrize("files", [{"x"}, set()])
def test_no_file_is_all_files(files: set[str]) -> None:
    """Somebody has to say what a folder holds."""
    assert only_files(FOUND, files) is FOUND
