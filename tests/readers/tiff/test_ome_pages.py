"""Pages that an OME-XML does not speak of."""

from pathlib import Path

import pytest
from wkflow.errors import SourceError
from wkflow.readers import probe

from tests.readers.tiff.test_ome_sound import write


def test_pages_that_are_not_described_are_said(tmp_path: Path) -> None:
    """Two of three."""
    changes = {'SizeC="3"': 'SizeC="2"', 'PlaneCount="3"': 'PlaneCount="2"'}
    (found,) = probe(write(tmp_path / "a.ome.tif", changes))
    assert found.header.channels == 2
    assert "its OME-XML describes 2 of its 3 pages: 1 are left out" in found.about.notes


def test_a_file_none_of_whose_pages_is_described_is_refused(tmp_path: Path) -> None:
    """Which of them are channels, nobody says."""
    path = write(tmp_path / "a.ome.tif", {'IFD="0"': 'IFD="9"'})
    with pytest.raises(SourceError, match="none of its 3 pages"):
        probe(path)
