"""The receipt of what was sent: later the server is asked by it."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.path_safety import leads_out
from wkflow.webknossos.upload_receipt import Sample, UploadedFile, UploadReceipt

crcs = st.from_regex(r"[0-9a-f]{8}", fullmatch=True)
counts = st.integers(0, 2**63)
samples = st.builds(Sample, counts, counts, crcs, st.booleans())
paths = st.text().filter(lambda path: not leads_out(path))
files = st.builds(UploadedFile, paths, counts, crcs, st.lists(samples, max_size=3).map(tuple))
receipts = st.builds(
    UploadReceipt,
    upload_id=st.text(),
    files=st.lists(files, max_size=4).map(tuple),
    bytes_sent=counts,
    retries=counts,
    seconds=st.floats(0, 1e6),
)


@given(sent=receipts)
def test_what_is_read_is_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, sent: UploadReceipt
) -> None:
    """Each sample of each file, and whether it is certain."""
    path = tmp_path_factory.getbasetemp() / "sent.json"
    sent.write(path)
    assert UploadReceipt.read(path) == sent


def test_it_is_written_where_snakemake_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the run folder by a relative name; as a batch is named, any number of folders deep."""
    monkeypatch.chdir(tmp_path)
    name = "receipts/upload_shards/downsample_block/em/2/b000000.json"
    UploadReceipt("u", (), 0, 0, 0.0).write(name)
    assert UploadReceipt.read(name) == UploadReceipt("u", (), 0, 0, 0.0)


def test_a_sample_without_a_word_is_certain(tmp_path: Path) -> None:
    """Receipts of before the question was asked: they are no reason to read everything back."""
    path = tmp_path / "sent.json"
    UploadReceipt(
        "u", (UploadedFile("f", 9, "0" * 8, (Sample(1, 2, "f" * 8, certain=False),)),), 9, 0, 1.0
    ).write(path)
    document = json.loads(path.read_text())
    del document["files"][0]["samples"][0]["certain"]
    path.write_text(json.dumps(document))
    assert UploadReceipt.read(path).files[0].samples == (Sample(1, 2, "f" * 8, certain=True),)
