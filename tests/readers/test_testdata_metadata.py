"""What real files of closed formats say of themselves."""

import json

import pytest
from wkflow.readers import read_metadata

from tests.readers.real import NEEDS_TESTDATA, TESTDATA

pytestmark = NEEDS_TESTDATA


@pytest.mark.parametrize(
    ("name", "kind", "begin"),
    [
        ("czi/100x100.czi", "czi.xml", b"<"),
        ("lif/LeicaLASX_wavelength-sweep_example.lif", "lif.xml", b"<LMSDataContainerHeader"),
    ],
)
def test_xml_is_kept(name: str, kind: str, begin: bytes) -> None:
    """As it stands in the file."""
    found = read_metadata(str(TESTDATA / name))
    assert found is not None
    assert found.kind == kind
    assert found.content.startswith(begin)
    stored = (TESTDATA / name).read_bytes()
    assert found.content in stored or found.content.decode().encode("utf-16-le") in stored


def test_nd2_says_what_nd2_reads() -> None:
    """All chunks of metadata, as JSON."""
    found = read_metadata(str(TESTDATA / "nd2/cluster.nd2"))
    assert found is not None
    assert found.kind == "nd2.json"
    assert len(json.loads(found.content)) > 3
