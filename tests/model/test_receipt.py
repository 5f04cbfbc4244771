"""Receipts are kept exactly: of all that a job wrote they are what is trusted later."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.errors import ConfigError
from wkflow.model.receipt import Receipt, ShardFile
from wkflow.path_safety import leads_out

shard_files = st.builds(
    ShardFile,
    path=st.text(min_size=1).filter(lambda path: not leads_out(path)),
    bytes=st.integers(0, 2**63),
    crc32c=st.from_regex(r"[0-9a-f]{8}", fullmatch=True),
)
samples = st.none() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False)
receipts = st.builds(
    Receipt,
    rule=st.sampled_from(["convert_slab", "downsample_rest"]),
    files=st.lists(shard_files, max_size=5).map(tuple),
    voxels=st.integers(0, 2**60),
    lowest=samples,
    highest=samples,
    seconds=st.floats(0, 1e6),
    histogram=st.just("") | st.from_regex(r"[0-9a-f]{8}", fullmatch=True),
)


@given(receipt=receipts)
def test_what_is_read_is_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, receipt: Receipt
) -> None:
    """Labels above 2**53 too, which many JSON readers would round."""
    path = tmp_path_factory.getbasetemp() / "receipt.json"
    receipt.write(path)
    assert Receipt.read(path) == receipt


@given(receipt=receipts)
def test_bytes_are_summed_over_all_files(receipt: Receipt) -> None:
    """Empty shards count, too."""
    assert receipt.bytes_written == sum(file.bytes for file in receipt.files)


def test_a_receipt_is_replaced_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative names of Snakemake are taken; nothing is left beside the new one."""
    monkeypatch.chdir(tmp_path)
    for voxels in (1, 2):
        Receipt("convert_slab", voxels=voxels).write("receipts/convert_slab/em/z000000000.json")
    folder = tmp_path / "receipts" / "convert_slab" / "em"
    assert [json.loads(path.read_text())["voxels"] for path in folder.iterdir()] == [2]


@pytest.mark.parametrize("path", ["../x", "em/../../x", "/etc/passwd"])
def test_files_outside_of_the_dataset_are_no_receipt(tmp_path: Path, path: str) -> None:
    """Whoever removes or sends what a receipt names stays in the dataset."""
    Receipt("convert_slab", (ShardFile(path, 1, "00000000"),)).write(tmp_path / "one.json")
    with pytest.raises(ConfigError, match="outside of the dataset"):
        Receipt.read(tmp_path / "one.json")
