"""Members that are not what the directory of their archive says: by `zipfile`, patched by hand."""

import struct
import zipfile
from pathlib import Path

import pytest
from wkflow.errors import SourceError
from wkflow.sources.zip_archive import unpack

from tests.sources.test_zip_archive import member, packed, tree

CONTENT = bytes(range(256)) * 40


def patched(path: Path, method: int, **sizes: int) -> Path:
    """Write a member whose directory entry has other sizes."""
    with zipfile.ZipFile(path, "w") as file:
        info = member("a.tif")
        info.compress_type = method
        file.writestr(info, CONTENT)
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\1\2")
    for name, place in (("crc", 16), ("packed", 20), ("size", 24), ("begin", 42)):
        if name in sizes:
            struct.pack_into("<I", content, at + place, sizes[name])
    path.write_bytes(content)
    return path


METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


@pytest.mark.parametrize("method", METHODS)
def test_a_member_that_is_what_it_says_is_unpacked(tmp_path: Path, method: int) -> None:
    """By each method."""
    assert tree(unpack(patched(tmp_path / "a.zip", method), tmp_path / "u")) == {"a.tif": CONTENT}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [100, len(CONTENT) + 1, 2**32 - 2])
def test_a_member_of_another_size_is_refused(tmp_path: Path, method: int, size: int) -> None:
    """Smaller, larger, or more than its bytes can hold; nothing is left."""
    archive = patched(tmp_path / "a.zip", method, size=size)
    with pytest.raises(SourceError, match=r"is damaged at a\.tif|cannot hold them") as caught:
        unpack(archive, tmp_path / "u")
    assert caught.value.where == str(archive)
    assert not tree(tmp_path / "u").keys() - {".lock"}


def test_a_member_that_inflates_without_end_stops_at_its_size(tmp_path: Path) -> None:
    """The archive says 100 bytes; 64 MB would come."""
    for method in METHODS[1:]:
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
            info = member("a.tif")
            info.compress_type = method
            file.writestr(info, bytes(2**26))
        content = bytearray((tmp_path / "a.zip").read_bytes())
        struct.pack_into("<I", content, content.rindex(b"PK\1\2") + 24, 100)
        (tmp_path / "a.zip").write_bytes(content)
        with pytest.raises(SourceError, match="is damaged at"):
            unpack(tmp_path / "a.zip", tmp_path / "u")


def test_members_at_one_place_are_refused(tmp_path: Path) -> None:
    """They would make much of little: each is read as it is, over and over."""
    archive = packed(tmp_path / "a.zip", {"a.tif": CONTENT, "b.tif": CONTENT})
    content = bytearray(archive.read_bytes())
    struct.pack_into("<I", content, content.rindex(b"PK\1\2") + 42, 0)
    archive.write_bytes(content)
    with pytest.raises(SourceError, match=r"holds [ab]\.tif and [ab]\.tif at the same place"):
        unpack(archive, tmp_path / "u")
    archive = patched(tmp_path / "c.zip", zipfile.ZIP_STORED, packed=len(CONTENT) + 60,
                      size=len(CONTENT) + 60)  # fmt: skip
    with pytest.raises(SourceError, match=r"holds a\.tif past its own end"):
        unpack(archive, tmp_path / "u")


def test_names_that_differ_in_letter_case_are_two_files(tmp_path: Path) -> None:
    """Neither is lost; a disk that does not tell them apart is named."""
    members = {"A.tif": b"1", "a.tif": b"2", "s/B.tif": b"3", "S/b.tif": b"4"}
    assert tree(unpack(packed(tmp_path / "a.zip", members), tmp_path / "u")) == members


@pytest.mark.parametrize("name", [".", "./", "a/./"])
def test_a_name_of_nothing_is_a_folder_or_refused(tmp_path: Path, name: str) -> None:
    """It is no fault of the program."""
    archive = packed(tmp_path / "a.zip", {name: b"", "b.tif": b"1"})
    if name == "a/./":
        assert tree(unpack(archive, tmp_path / "u")) == {"b.tif": b"1"}
    else:
        with pytest.raises(SourceError, match="which has no name"):
            unpack(archive, tmp_path / "u")


@pytest.mark.parametrize("name", ["//", "/", "\\", "/etc/x", "C:\\x", "a\\..\\..\\x"])
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    """With slashes of either kind."""
    with pytest.raises(SourceError, match="lies outside of the archive"):
        unpack(packed(tmp_path / "a.zip", {name: b"", "b.tif": b"1"}), tmp_path / "u")
