"""Files for a server whose storage is mounted here."""

from pathlib import Path

import pytest
from wkflow.webknossos.place_files import place_folder


@pytest.mark.parametrize("name", ["c/0/0", "mesh"])
def test_halves_of_a_killed_copy_go(tmp_path: Path, name: str) -> None:
    """They would stay on the server's disk for ever; what else lies there stays."""
    whole, place = tmp_path / "mag" / name, tmp_path / "there" / name
    for folder in (whole.parent, place.parent):
        folder.mkdir(parents=True)
    whole.write_bytes(b"voxels")
    half, other = place.with_name(f".{place.name}.1f.partial"), place.with_name(".mine")
    half.write_bytes(b"vox")
    other.touch()
    is_file = name == "mesh"
    source, target = (whole, place) if is_file else (tmp_path / "mag", tmp_path / "there")
    place_folder("copy", source, target.as_uri())
    assert place.read_bytes() == b"voxels"
    assert {path.name for path in place.parent.iterdir()} == {place.name, ".mine"}
