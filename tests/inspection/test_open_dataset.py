"""Datasets as the commands see them that only read."""

from pathlib import Path

import numpy as np
import pytest
from wkflow.errors import ConfigError, SourceError
from wkflow.inspection.open_dataset import folder_of, grid_of, open_dataset, opened_mag

from tests.datasets import PROPERTIES, write_dataset
from tests.inspection.conftest import FORMATS, WriteDataset, opened, two_mags


@pytest.mark.parametrize("data_format", FORMATS)
def test_each_mag_of_each_format_is_opened(written: WriteDataset, data_format: str) -> None:
    """Its voxels are read as they were written, and its folder is where they lie."""
    folder = written(data_format)
    dataset = opened(folder)
    (layer,) = dataset.target.existing.layers
    for mag in layer.mags:
        given = dataset.given(layer, mag)
        assert folder_of(given) == folder / "em" / str(mag.mag)
        with opened_mag(layer, mag, given) as reader:
            found = reader.region(0)(grid_of(layer, mag).box)
        np.testing.assert_array_equal(found, two_mags(data_format).mags[str(mag.mag)][0])
    assert not dataset.is_remote


def test_what_is_no_dataset_is_said_to_be_none(tmp_path: Path) -> None:
    """Whether there is a folder without properties, nothing at all, or an address of no dataset."""
    with pytest.raises(SourceError, match="is no dataset: it has no datasource-properties"):
        opened(tmp_path)
    with pytest.raises(SourceError, match="is not there"):
        opened(tmp_path / "nothing")
    (tmp_path / "datasource-properties.json").write_text("[]")
    with pytest.raises(SourceError, match="describes no dataset"):
        opened(tmp_path)
    with pytest.raises(ConfigError, match="s3"):
        open_dataset("s3://bucket/em", where="a test")


def test_mags_elsewhere_are_read_on_request(tmp_path: Path) -> None:
    """A dataset of somebody else's names no file of this machine without being asked for it."""
    there = write_dataset(tmp_path / "there", two_mags("zarr3"))
    here = write_dataset(tmp_path / "here", two_mags("zarr3"))
    document = here / PROPERTIES
    document.write_text(document.read_text().replace('"./em/1"', f'"{there / "em" / "1"}"'))
    dataset = opened(here)
    (one,) = dataset.target.existing.layers
    with pytest.raises(SourceError, match="lies outside"):
        dataset.given(one, one.mags[0])
    asked = open_dataset(str(here), where="a test", follow_links=True)
    assert folder_of(asked.given(one, one.mags[0])) == there / "em" / "1"
