"""Documents of stores."""

from pathlib import Path

import pytest
from wkflow.errors import SourceError
from wkflow.formats.dataset_files import LocalFiles
from wkflow.formats.read_json import document_at


def test_a_document_is_read(tmp_path: Path) -> None:
    """It is an object of JSON."""
    (tmp_path / "a").write_text('{"b": 1}')
    assert document_at(LocalFiles(tmp_path), "a") == {"b": 1}


@pytest.mark.parametrize("content", [None, b"", b"[1]", b'{"b"', b"\xff\xfe\x00"])
def test_what_is_none_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """Its file is named, and what to do."""
    if content is not None:
        (tmp_path / "a").write_bytes(content)
    with pytest.raises(SourceError) as failure:
        document_at(LocalFiles(tmp_path), "a")
    assert failure.value.where == str(tmp_path / "a")
    assert "backup" in failure.value.remedy
