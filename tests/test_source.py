"""Planes of a source: one file of many pages, or many files of one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.errors import SourceError
from wkflow.source import Header, Source


def source(files: int, planes: int) -> Source:
    names = tuple(f"/data/{number}.tif" for number in range(files))
    return Source(names, ((7, 7),) * files, Header(30, 20, planes, 1, "uint16"))


@given(files=st.integers(1, 300))
def test_a_folder_has_a_plane_per_file(files: int) -> None:
    """The plane's number is the file's, and the page is the first."""
    one = source(files, 1)
    assert one.depth == files
    assert [one.plane(z) for z in range(files)] == [(name, 0) for name in one.files]


@given(planes=st.integers(1, 300))
def test_a_file_has_a_plane_per_page(planes: int) -> None:
    """The plane's number is the page's."""
    one = source(1, planes)
    assert one.depth == planes
    assert [one.plane(z) for z in range(planes)] == [(one.files[0], z) for z in range(planes)]


def test_pages_in_a_folder_have_no_order() -> None:
    """Several files of several pages are refused, with the first one's name."""
    with pytest.raises(SourceError, match=r"0\.tif: has 4 pages in a folder of 3 slices"):
        source(3, 4)


def test_a_header_reads_as_a_person_would_say_it() -> None:
    """Channels are told where there are several."""
    assert str(Header(30, 20, 1, 1, "uint16")) == "30 x 20 uint16"
    assert str(Header(30, 20, 9, 3, "uint8")) == "30 x 20 x 3 channels uint8"
