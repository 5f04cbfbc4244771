"""Sources: slices that are files, files of many planes, and what headers say of both."""

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.model.source import Header, Source

from tests.strategies import axes


def source(files: int, planes: int, *, is_stack: bool) -> Source:
    names = tuple(f"/data/{number}.tif" for number in range(files))
    header = Header(30, 20, planes, 1, "uint16")
    return Source(names, ((7, 7),) * files, header, (30, 20, 1), is_stack=is_stack)


@given(files=st.integers(1, 300))
def test_a_stack_has_a_plane_per_file(files: int) -> None:
    """The plane's number is the file's, and the page is the first."""
    one = source(files, 1, is_stack=True)
    assert one.depth == files
    assert [one.plane(z) for z in range(files)] == [(name, 0) for name in one.files]


@given(planes=st.integers(1, 300), more=st.integers(0, 3))
def test_a_file_has_a_plane_per_page(planes: int, more: int) -> None:
    """The plane's number is the page's, whatever files belong to the first one."""
    one = source(1 + more, planes, is_stack=False)
    assert one.depth == planes
    assert [one.plane(z) for z in range(planes)] == [(one.files[0], z) for z in range(planes)]


@given(further=axes())
def test_axes_make_frames(further: tuple[tuple[str, int], ...]) -> None:
    """One, where there are none."""
    header = Header(30, 20, 9, 1, "uint8", axes=further)
    assert header.frames == prod(size for _, size in further)
    assert header.size == (30, 20, 9)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (Header(30, 20, 1, 1, "uint16"), "30 x 20 uint16"),
        (Header(30, 20, 9, 3, "uint8"), "30 x 20 x 3 samples uint8"),
        (Header(30, 20, 9, 1, "uint8", 2), "30 x 20 x 2 channels uint8"),
        (Header(3, 2, 9, 3, "int8", 2, (("t", 5),)), "3 x 2 x 2 channels x 5 t x 3 samples int8"),
    ],
)
def test_a_header_reads_as_a_person_would_say_it(header: Header, words: str) -> None:
    """Only what there is more than one of is told."""
    assert str(header) == words
