"""What tifffile logs over damaged files."""

import logging
from pathlib import Path

import pytest
import tifffile
from wkflow.errors import SourceError
from wkflow.readers import probe
from wkflow.readers.tiff.log_errors import FATAL, complaints_raised

from tests.readers.contract import voxels_of


def test_nothing_is_said_behind_our_back(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """What tifffile logs is in the error, not on the terminal; other threads keep theirs."""
    path = tmp_path / "stack.tif"
    voxels = voxels_of("uint16", 20, 37, 53, 1)[..., 0]
    tifffile.imwrite(path, voxels, imagej=True)
    path.write_bytes(path.read_bytes()[:30_000])
    with pytest.raises(SourceError, match="cut short"):
        probe(str(path))
    assert capfd.readouterr().err == ""
    assert caplog.records == []
    logging.getLogger("tifffile").warning("from elsewhere")
    assert [record.message for record in caplog.records] == ["from elsewhere"]


@pytest.mark.parametrize("part", FATAL)
def test_what_voxels_depend_on_is_an_error(part: str) -> None:
    """And names the file."""
    with (
        pytest.raises(SourceError, match=r"a\.tif: is cut short or damaged: "),
        complaints_raised("a.tif"),
    ):
        logging.getLogger("tifffile").warning("<TiffFile> %s and so on", part)


def test_other_messages_are_not(caplog: pytest.LogCaptureFixture) -> None:
    """A tag that cannot be read is no reason to refuse an image, nor worth a word."""
    with complaints_raised("a.tif"):
        logging.getLogger("tifffile").warning("invalid value of tag 305")
    assert caplog.records == []


def test_an_exception_goes_first() -> None:
    """It knows more."""
    with pytest.raises(KeyError):
        complain_and_fail()


def complain_and_fail() -> None:
    with complaints_raised("a.tif"):
        logging.getLogger("tifffile").warning("invalid page offset")
        raise KeyError
