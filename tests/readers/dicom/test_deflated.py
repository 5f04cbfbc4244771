"""Deflated files, by pydicom and by hand."""

import tracemalloc
import zlib
from pathlib import Path

import pytest
from numpy.testing import assert_array_equal
from pydicom.uid import DeflatedExplicitVRLittleEndian
from wkflow.errors import SourceError
from wkflow.readers import probe
from wkflow.readers.dicom import deflated
from wkflow.readers.dicom.deflated import SYNTAX
from wkflow.readers.dicom.series import sort_series

from tests.readers.contract import read_all
from tests.readers.dicom.writer import noise, write_plain


def write(path: Path, more: int = 0) -> tuple[bytes, bytes]:
    """Write a deflated file that goes on with zeros; give its parts."""
    write_plain(path, noise("uint8", 3, 40, 50, 1), DeflatedExplicitVRLittleEndian)
    content = path.read_bytes()
    begin = 144 + int.from_bytes(content[140:144], "little")
    body = zlib.decompress(content[begin:], -15)
    packer = zlib.compressobj(9, wbits=-15)
    packed = [packer.compress(body), *(packer.compress(bytes(2**20)) for _ in range(more))]
    path.write_bytes(content[:begin] + b"".join(packed) + packer.flush())
    return content[:begin], body


def test_a_file_that_goes_on_is_refused_in_little_memory(tmp_path: Path) -> None:
    """200 MB of zeros follow its voxels: neither disk nor memory hold them."""
    write(tmp_path / "a.dcm", 200)
    tracemalloc.start()
    with pytest.raises(SourceError, match="inflates to more than its attributes and voxels"):
        probe(str(tmp_path / "a.dcm"))
    assert tracemalloc.get_traced_memory()[1] < 120 * 2**20
    tracemalloc.stop()


def test_what_a_series_says_is_read_from_the_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its voxels are not inflated for that."""
    monkeypatch.setattr(deflated, "HEAD_BYTES", 2**12)
    write(tmp_path / "a.dcm")
    assert [one.files for one in sort_series([str(tmp_path / "a.dcm")])] == [
        (str(tmp_path / "a.dcm"),)
    ]
    assert_array_equal(read_all(str(tmp_path / "a.dcm"))[0, 0], noise("uint8", 3, 40, 50, 1))


def test_a_file_whose_beginning_makes_no_sense_is_refused(tmp_path: Path) -> None:
    """Cut, no stream, or without the length of what stands before it."""
    path = tmp_path / "a.dcm"
    head, _ = write(path)
    for content in (head, head + b"no stream", head.replace(SYNTAX, b"1.2.840.10008.1.2.1.77")):
        path.write_bytes(content)
        with pytest.raises(SourceError):
            probe(str(path))
