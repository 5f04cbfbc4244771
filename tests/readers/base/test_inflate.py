"""gzip files by Python's own gzip."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from wkflow.errors import SourceError
from wkflow.readers.base import inflate
from wkflow.readers.base.inflate import Inflated

CONTENT = np.random.default_rng(2).integers(0, 50, 100_000, np.uint8)


@pytest.fixture(params=["isal", "zlib"])
def path(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a file; it is read with the library of the extra, and without."""
    if request.param == "zlib":
        monkeypatch.setattr(inflate, "gzip", gzip)
        monkeypatch.setattr(inflate, "zlib", zlib)
    path = tmp_path / "content.gz"
    path.write_bytes(gzip.compress(CONTENT.tobytes()))
    return path


@contextmanager
def opened(path: Path) -> Iterator[Inflated]:
    with closing(Inflated(str(path))) as inflated:
        yield inflated


def test_any_part_is_read_in_any_order(path: Path) -> None:
    """Forward, twice, and back."""
    with opened(path) as inflated:
        for start, size in [(0, 10), (10, 1000), (70_000, 30_000), (99_999, 1), (5, 50), (5, 0)]:
            part = np.empty(size, np.uint8)
            inflated.read_into(start, part)
            assert_array_equal(part, CONTENT[start : start + size])


def test_arrays_of_other_types_are_filled(path: Path) -> None:
    """Their bytes are those of the file."""
    part = np.empty((3, 5), "<f4")
    with opened(path) as inflated:
        inflated.read_into(8, part)
    assert part.tobytes() == CONTENT[8:68].tobytes()


def test_the_head_may_be_short(path: Path) -> None:
    """A file with less gives what it has; reading goes on from there."""
    with opened(path) as inflated:
        assert inflated.head(4) == CONTENT[:4].tobytes()
        assert len(inflated.head(200_000)) == len(CONTENT)
        part = np.empty(4, np.uint8)
        inflated.read_into(2, part)
        assert_array_equal(part, CONTENT[2:6])


def test_several_members_are_one(path: Path) -> None:
    """So bgzip and pigz write."""
    path.write_bytes(path.read_bytes() * 2)
    part = np.empty(200, np.uint8)
    with opened(path) as inflated:
        inflated.read_into(len(CONTENT) - 100, part)
        inflated.finish()
    assert_array_equal(part, np.concatenate([CONTENT[-100:], CONTENT[:100]]))


def test_bytes_that_are_not_there_are_refused(path: Path) -> None:
    """The file is whole, but holds less."""
    with opened(path) as inflated, pytest.raises(SourceError, match="not all there"):
        inflated.read_into(99_990, np.empty(11, np.uint8))


def test_a_cut_is_refused(path: Path) -> None:
    """Wherever it is; what comes before is read."""
    path.write_bytes(path.read_bytes()[:-30_000])
    part = np.empty(100, np.uint8)
    with opened(path) as inflated:
        inflated.read_into(0, part)
        with pytest.raises(SourceError, match="is cut short") as failure:
            inflated.read_into(99_900, part)
    assert failure.value.where == str(path)
    assert_array_equal(part, CONTENT[:100])


def read_to_the_end(inflated: Inflated) -> None:
    inflated.read_into(99_000, np.empty(1000, np.uint8))
    inflated.finish()


@pytest.mark.parametrize("spot", [-8, -4])
def test_a_wrong_checksum_is_found_at_the_end(path: Path, spot: int) -> None:
    """So is a wrong length."""
    damaged = bytearray(path.read_bytes())
    damaged[spot] ^= 1
    path.write_bytes(damaged)
    with opened(path) as inflated, pytest.raises(SourceError, match="is damaged"):
        read_to_the_end(inflated)


def test_what_is_no_gzip_is_refused(tmp_path: Path) -> None:
    """By what it holds."""
    path = tmp_path / "odd.gz"
    path.write_bytes(b"text")
    with pytest.raises(SourceError, match="is no gzip file"):
        Inflated(str(path))
