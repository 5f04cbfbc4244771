"""The proof says where the dataset is and what it took to get it there."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from wkflow import __version__
from wkflow.webknossos.reservation import Reservation
from wkflow.webknossos.upload_receipt import UploadedFile, UploadReceipt
from wkflow.webknossos.upload_report import UploadReport, Verdict

from tests.webknossos.test_upload_plan import DELIVERY

RESERVATION = Reservation(
    upload_id="2026-01-02T03-04-05__x",
    url="https://webknossos.example",
    api=14,
    datastore="https://data.example",
    organization="lab",
    folder_id=None,
    name="target",
    file_count=7,
    known=(),
    reserved_at=1_767_323_045.9,
)

crcs = st.from_regex(r"[0-9a-f]{8}", fullmatch=True)
batches = st.lists(
    st.builds(
        UploadReceipt,
        upload_id=st.just("u"),
        files=st.lists(
            st.builds(UploadedFile, st.text(), st.integers(1, 2**50), crcs, st.just(())), max_size=4
        ).map(tuple),
        bytes_sent=st.integers(0, 2**50),
        retries=st.integers(0, 99),
        seconds=st.just(1.0),
    ),
    max_size=4,
)


def proof_of(sent: list[UploadReceipt], *, attempt: int = 1) -> UploadReport:
    delivery = replace(DELIVERY, attempt=attempt)
    return UploadReport.of(
        delivery, RESERVATION, "65f0", "https://w/d", sent, Verdict("sample", 3, 999)
    )


@given(sent=batches)
def test_sums_are_over_all_batches(sent: list[UploadReceipt]) -> None:
    """A file counts once, as it was sent last; its bytes on the wire as often as they went."""
    proof = proof_of(sent)
    last = {file.path: file for one in sent for file in one.files}
    assert proof.digests == {path: file.crc32c for path, file in last.items()}
    assert (proof.files, proof.bytes) == (len(last), sum(file.bytes for file in last.values()))
    assert proof.bytes_sent == sum(one.bytes_sent for one in sent)
    assert proof.retries == sum(one.retries for one in sent)


def test_it_names_what_the_server_knows() -> None:
    """Not what was asked for: the upload as it was reserved, in which attempt, by which program."""
    proof = proof_of([], attempt=3)
    assert (proof.upload_id, proof.attempt) == (RESERVATION.upload_id, 3)
    assert (proof.name, proof.organization, proof.api) == ("target", "lab", 14)
    assert (proof.dataset_id, proof.url) == ("65f0", "https://w/d")
    assert proof.wkflow == __version__


def test_times_are_those_of_the_world() -> None:
    """With their offset, so that a reader elsewhere is not misled; the end is now."""
    proof = proof_of([])
    assert proof.reserved_at == "2026-01-02T03:04:05+00:00"
    passed = datetime.now(UTC) - datetime.fromisoformat(proof.finished_at)
    assert 0 <= passed.total_seconds() < 60


def test_it_is_plain_json(tmp_path: Path) -> None:
    """What a script looks for stands at the top; what was read back is inside."""
    file = UploadedFile("em/1/c/0/0/0/0", 12, "0a1b2c3d", ())
    proof_of([UploadReceipt("u", (file,), 24, 1, 1.0)]).write(tmp_path / "run" / "upload.json")
    document = json.loads((tmp_path / "run" / "upload.json").read_text())
    assert document["url"] == "https://w/d"
    assert document["verified"] == {"mode": "sample", "pieces": 3, "bytes": 999, "reason": ""}
    assert document["digests"] == {"em/1/c/0/0/0/0": "0a1b2c3d"}
    assert (document["bytes"], document["bytes_sent"], document["retries"]) == (12, 24, 1)
