"""The table of readers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import wkflow.readers
from wkflow.errors import SourceError
from wkflow.model.source import Header, RawLayout
from wkflow.readers import (
    RAW_SUFFIXES,
    READERS,
    SUFFIXES,
    is_readable,
    reader_for,
    require_header,
    suffix_of,
)
from wkflow.readers.bioformats.suffixes import BIOFORMATS_SUFFIXES

LIBRARIES = (
    *("tifffile", "imagecodecs", "simplejpeg", "PIL", "imageio"),
    *("nibabel", "pydicom", "pylibCZIrw", "h5py", "nd2", "liffile", "jpype", "zarr"),
)


def run(code: str) -> str:
    """Run `code` in a Python of its own, which has imported nothing yet."""
    source = str(Path(wkflow.readers.__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": source}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_the_table_loads_no_library() -> None:
    """The workflow lists files with the table; it must not wait for decoders."""
    code = f"import sys, wkflow.readers; print([m for m in {LIBRARIES} if m in sys.modules])"
    assert run(code) == "[]"


@pytest.mark.parametrize(
    ("suffix", "own"),
    [(".tif", {"tifffile", "simplejpeg"}), (".png", {"imagecodecs"}), (".jpg", {"simplejpeg"})],
)
def test_a_reader_loads_its_libraries_only(suffix: str, own: set[str]) -> None:
    """A PNG does not load tifffile."""
    others = set(LIBRARIES) - own - {"imagecodecs", "PIL"}
    code = (
        f"import sys, wkflow.readers as r; r.reader_for('a{suffix}');"
        f"print([m for m in {sorted(own)} if m not in sys.modules],"
        f"[m for m in {sorted(others)} if m in sys.modules])"
    )
    assert run(code) == "[] []"


def reader_name(path: str) -> str:
    """Give the class of the reader of `path`; without its library, what its row says."""
    try:
        return type(reader_for(path)).__name__
    except SourceError as lack:
        assert "pip install 'wkflow[" in lack.remedy  # noqa: PT017 -- its absence is fine, too
        return READERS[suffix_of(path) or ".dcm"][1]


def test_every_row_leads_to_a_reader() -> None:
    """And letter case does not count."""
    for suffix, (_, name, _) in READERS.items():
        assert reader_name(f"slice{suffix.upper()}") == name


@pytest.mark.parametrize("suffix", sorted(RAW_SUFFIXES))
def test_files_without_a_header_have_a_reader(suffix: str) -> None:
    """As has any file whose layout is stated."""
    assert type(reader_for(f"volume{suffix}")).__name__ == "RawReader"
    stated = reader_for("volume.tif", RawLayout((1, 2, 3), "uint8"))
    assert type(stated).__name__ == "RawReader"


def test_the_rest_is_bioformats() -> None:
    """If it is installed."""
    pytest.importorskip("jpype", reason="jpype1 is not installed")
    assert type(reader_for("slice.oib")).__name__ == "BioformatsReader"
    assert set(READERS) | RAW_SUFFIXES | BIOFORMATS_SUFFIXES == SUFFIXES


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("a.b/x.MAP.gz", ".map.gz"), ("x.ome.tif", ".tif"), ("x", ""), ("x.gz", ".gz")],
)
def test_the_last_suffix_counts(name: str, suffix: str) -> None:
    """Together with the one before it, if it is `.gz`."""
    assert suffix_of(name) == suffix


def test_folders_and_files_without_a_suffix_are_told_by_their_content(tmp_path: Path) -> None:
    """A store of arrays and a DICOM file are images, other folders and files are none."""
    assert not is_readable(str(tmp_path))
    (tmp_path / "zarr.json").touch()
    assert is_readable(str(tmp_path))
    image = tmp_path / "IM0001"
    image.write_bytes(bytes(128) + b"DICM")
    assert is_readable(str(image))
    assert reader_name(str(image)) == "DicomReader"
    image.write_bytes(b"text")
    assert not is_readable(str(image))


@pytest.mark.parametrize("name", ["slice.xyz", "slice", "notes.txt"])
def test_an_unknown_suffix_is_refused(name: str) -> None:
    """The remedy lists the suffixes that can be read."""
    with pytest.raises(SourceError, match="suffix") as failure:
        reader_for(name)
    assert ".tif " in failure.value.remedy
    assert failure.value.where == name


def test_a_difference_in_pages_is_named() -> None:
    """Two headers that print alike do not give a riddle."""
    with pytest.raises(SourceError, match=r"in 3 pages, .* in 1 pages"):
        require_header("a.tif", Header(4, 5, 3, 1, "uint8"), Header(4, 5, 1, 1, "uint8"))
