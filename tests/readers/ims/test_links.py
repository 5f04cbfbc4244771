"""Links of HDF5 that lead nowhere; where they may lead is in `test_reference`."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from wkflow.errors import SourceError
from wkflow.model.source import References
from wkflow.readers.ims.links import Links


def test_a_circle_of_virtual_datasets_is_refused(tmp_path: Path) -> None:
    """Each is made of the other."""
    path = tmp_path / "a.ims"
    with h5py.File(path, "w") as file:
        for name, other in ("ab", "ba"):
            layout = h5py.VirtualLayout((4,), np.uint8)
            layout[...] = h5py.VirtualSource(".", other, (4,))
            file.create_virtual_dataset(name, layout)
    with (
        h5py.File(path) as file,
        pytest.raises(SourceError, match="links that lead round in a circle"),
    ):
        Links(str(path), References()).dataset(file, "a")


def test_a_file_that_is_not_beside_is_looked_for_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HDF5 would take one of that name out of the folder in which it runs."""
    (tmp_path / "here").mkdir()
    (tmp_path / "src").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with h5py.File("x.ims", "w") as file:
        file["v"] = np.arange(4)
    path = tmp_path / "src" / "a.ims"
    with h5py.File(path, "w") as file:
        file["v"] = h5py.ExternalLink("x.ims", "v")
    with h5py.File(path) as file, pytest.raises(SourceError, match=r"names x\.ims, which is not"):
        Links(str(path), References()).dataset(file, "v")


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    """Also behind a link, and where a group was meant."""
    path = tmp_path / "a.ims"
    with h5py.File(path, "w") as file:
        file["link"] = h5py.SoftLink("/nothing")
        file["v"] = np.arange(4)
    with h5py.File(path) as file:
        links = Links(str(path), References())
        found = [links.dataset(file, name) for name in ("link", "nothing", "v/v")]
        assert found == [None] * 3
        assert links.group(file, "v") is None
        assert links.dataset(file, "v") is not None
