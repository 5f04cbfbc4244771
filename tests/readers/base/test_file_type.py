"""What files and folders are told by."""

from pathlib import Path

import pytest
from wkflow.errors import SourceError
from wkflow.readers.base.file_type import MAGIC, is_dicom, not_of, open_as, store_kind


@pytest.mark.parametrize("kind", [kind for kind, magics in MAGIC.items() if magics])
def test_each_kind_is_known_by_its_first_bytes(tmp_path: Path, kind: str) -> None:
    """It is opened at its beginning, and refused under any other name."""
    path = tmp_path / "image.odd"
    path.write_bytes(MAGIC[kind][0] + b" and so on")
    with open_as(kind, str(path)) as file:
        assert file.tell() == 0
    other = "PNG" if kind != "PNG" else "TIFF"
    with pytest.raises(SourceError, match=f"is named .odd but holds {kind}") as failure:
        open_as(other, str(path))
    assert other in failure.value.remedy


def test_a_kind_without_first_bytes_may_hold_anything_else(tmp_path: Path) -> None:
    """But not what is known to be another."""
    path = tmp_path / "image.tga"
    path.write_bytes(b"\0\0\2\0")
    open_as("TGA", str(path)).close()
    path.write_bytes(b"BM")
    with pytest.raises(SourceError, match="holds BMP"):
        open_as("TGA", str(path))


@pytest.mark.parametrize(
    ("head", "words"), [(b"GIF89a", "holds GIF"), (b"a text", "is no MRC file"), (b"", "is no MRC")]
)
def test_it_is_said_what_a_file_holds(head: bytes, words: str) -> None:
    """If its first bytes tell."""
    error = not_of("MRC", "/a/volume.mrc", head)
    assert words in error.what
    assert ".mrc" in error.what
    assert error.where == "/a/volume.mrc"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("zarr.json", "Zarr v3"),
        ("attributes.json", "N5"),
        ("header.wkw", "WKW"),
        ("notes.txt", None),
    ],
)
def test_a_store_is_told_by_a_file_in_it(tmp_path: Path, name: str, kind: str | None) -> None:
    """Other folders are no stores."""
    (tmp_path / name).touch()
    assert store_kind(str(tmp_path)) == kind


def test_dicom_is_told_whatever_its_name(tmp_path: Path) -> None:
    """Its four letters stand behind 128 bytes; what is not there or a folder is none."""
    path = tmp_path / "IM0001"
    path.write_bytes(bytes(128) + b"DICM")
    assert is_dicom(str(path))
    path.write_bytes(b"DICM")
    assert not is_dicom(str(path))
    assert not is_dicom(str(tmp_path / "none"))
    assert not is_dicom(str(tmp_path))
