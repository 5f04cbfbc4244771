"""The files of a folder as stacks, each with its marks and names."""

from wkflow.planning.find_layers import ImageFolder
from wkflow.planning.group_slices import by_names


def folder(*stems: str) -> ImageFolder:
    """Give a folder of files whose marks count them."""
    files = tuple(f"/em/{stem}.tif" for stem in stems)
    marks = tuple((number, 1) for number in range(1, len(stems) + 1))
    return ImageFolder("em", files, marks, stems, ("a note",))


def test_a_stack_keeps_marks_and_names_of_its_files() -> None:
    """In the order of its slices; a place without a file has the mark of none."""
    (one,) = by_names(folder("10", "12", "9"), "keep")
    assert one.files == ("/em/9.tif", "/em/10.tif", "", "/em/12.tif")
    assert one.marks == ((3, 1), (1, 1), (0, 0), (2, 1))
    assert one.names == ("9", "10", "em", "12")
    assert (one.name, one.missing, one.notes[0]) == ("em", "11", "a note")
    assert one.without_blanks.files == ("/em/9.tif", "/em/10.tif", "/em/12.tif")
    assert one.without_blanks.marks == ((3, 1), (1, 1), (2, 1))


def test_a_slice_that_stands_for_others_is_one_file() -> None:
    """Of which the header is looked at once."""
    (one,) = by_names(folder("1", "4"), "previous")
    assert one.files == ("/em/1.tif",) * 3 + ("/em/4.tif",)
    assert one.without_blanks.files == ("/em/1.tif", "/em/4.tif")


def test_channels_are_groups_named_after_them() -> None:
    """What the folder says is told once."""
    one, other = by_names(folder("z1_ch0", "z1_ch1", "z2_ch1"), "keep")
    assert (one.name, other.name) == ("em__channel0", "em__channel1")
    assert (one.files, one.missing) == (("/em/z1_ch0.tif", ""), "2")
    assert "a note" in one.notes
    assert "a note" not in other.notes
