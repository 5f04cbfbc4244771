"""What is to be sent: the document that the upload's jobs read."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.errors import ConfigError
from wkflow.webknossos.upload_plan import UploadPlan

DELIVERY = UploadPlan(
    dataset="/data/target",
    name="target",
    url="https://webknossos.example",
    folder="lab/raw",
    transfer_mode="http",
    verify="sample",
    ca_bundle=None,
    connections=2,
    discard=True,
    batches=("convert_slab/em/z000000000", "downsample_rest/em"),
    extras=("zarr.json", "datasource-properties.json"),
    file_count=7,
    byte_bound=2**40,
    recipe="0123456789abcdef",
)

words = st.text(max_size=20)
deliveries = st.builds(
    UploadPlan,
    dataset=words,
    name=words,
    url=words,
    folder=st.none() | words,
    transfer_mode=words,
    verify=words,
    ca_bundle=st.none() | words,
    connections=st.integers(1, 100),
    discard=st.booleans(),
    batches=st.lists(words, max_size=4).map(tuple),
    extras=st.lists(words, max_size=4).map(tuple),
    file_count=st.integers(0, 2**40),
    byte_bound=st.integers(0, 2**63),
    recipe=words,
    attempt=st.integers(1, 99),
    upload_id=words,
)


@given(delivery=deliveries)
def test_what_is_read_is_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, delivery: UploadPlan
) -> None:
    """All of it, names in any script too, or a run would take it for changed each time."""
    path = tmp_path_factory.getbasetemp() / "delivery.json"
    delivery.write(path)
    assert UploadPlan.read(path) == UploadPlan.read(str(path)) == delivery


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"batches": [], "extras": []}', '{"batches": 1, "extras": []}'],
)
def test_another_document_is_no_delivery(tmp_path: Path, text: str) -> None:
    """The file is named; a bug's traceback would not say what to do."""
    path = tmp_path / "delivery.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match="no delivery of this version") as caught:
        UploadPlan.read(path)
    assert caught.value.where == str(path)


def test_a_field_of_another_version_is_told(tmp_path: Path) -> None:
    """It may have meant something."""
    path = tmp_path / "delivery.json"
    DELIVERY.write(path)
    path.write_text(path.read_text().replace('"verify"', '"proof"'))
    with pytest.raises(ConfigError, match="proof"):
        UploadPlan.read(path)


def test_each_attempt_has_a_place_of_its_own(tmp_path: Path) -> None:
    """What one server granted or accepted is never taken for what the next one did."""
    first, second = DELIVERY, replace(DELIVERY, attempt=2)
    assert first.reservation == "receipts/reserve_upload/1.json"
    assert first.reservation != second.reservation
    assert first.state(tmp_path) != second.state(tmp_path)
    assert tmp_path in second.state(tmp_path).parents
