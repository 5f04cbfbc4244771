"""The directory of CZI files by pylibCZIrw's writer."""

import struct
from pathlib import Path

import numpy as np
import pytest
from pylibCZIrw.czi import create_czi, open_czi
from wkflow.errors import SourceError
from wkflow.readers.czi.directory import Directory, read_directory


def write(path: Path) -> str:
    with create_czi(str(path)) as writer:
        for z in range(3):
            plane = np.full((6, 7, 1), z, "uint16")
            writer.write(plane, location=(-3, 5), plane={"Z": z}, scene=1)
    return str(path)


def read(path: str) -> Directory:
    with Path(path).open("rb") as file:
        return read_directory(file, path)


def test_the_directory_is_libczis(tmp_path: Path) -> None:
    """Tiles lie where libCZI says; the metadata are there."""
    path = write(tmp_path / "a.czi")
    directory = read(path)
    with open_czi(path) as reader:
        box = reader.total_bounding_rectangle
    for tile in directory.tiles:
        assert (tile.spans["X"], tile.spans["Y"]) == ((box.x, box.w), (box.y, box.h))
        assert (tile.spans["S"], tile.pixel_type) == ((1, 1), 1)
    assert sorted(tile.spans["Z"][0] for tile in directory.tiles) == [0, 1, 2]
    assert "<ImageDocument>" in directory.xml


def test_a_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    """From its header to its last byte but one: nothing of it is read."""
    path = Path(write(tmp_path / "a.czi"))
    whole = path.read_bytes()
    for end in range(64, len(whole), 97):
        path.write_bytes(whole[:end])
        with pytest.raises((SourceError, struct.error)):  # the reader translates the latter
            read(str(path))


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [(80, 1, "a part of a set"), (84, 0, "not written to its end"), (100, 1, "not written")],
)
def test_what_the_header_warns_of_is_refused(
    tmp_path: Path, place: int, value: int, words: str
) -> None:
    """A part of a set, a file without directory, an update that was not finished."""
    path = Path(write(tmp_path / "a.czi"))
    content = bytearray(path.read_bytes())
    struct.pack_into("<q" if place == 84 else "<i", content, place, value)
    path.write_bytes(content)
    with pytest.raises(SourceError, match=words):
        read(str(path))


def test_a_tile_behind_the_end_is_found_by_the_probe(tmp_path: Path) -> None:
    """Even where the directory stands before it."""
    path = Path(write(tmp_path / "a.czi"))
    content = path.read_bytes()
    last = max(tile.position for tile in read(str(path)).tiles)
    moved = content.replace(struct.pack("<q", last), struct.pack("<q", len(content) - 8))
    path.write_bytes(moved)
    with pytest.raises(SourceError, match="cut short"):
        read(str(path))
