"""How many bytes were sent, out of how many: from receipts and progress files alone."""

from dataclasses import replace
from pathlib import Path

import pytest
from wkflow.cli.traffic import Traffic
from wkflow.model.receipt import Receipt, ShardFile
from wkflow.run_folder import DELIVERY as FILE

from tests.webknossos.test_upload_plan import DELIVERY

SLAB, REST = DELIVERY.batches


def make(folder: Path, batch: str, *sizes: int) -> None:
    files = tuple(ShardFile(f"{batch}/{n}", size, "") for n, size in enumerate(sizes))
    Receipt("convert_slab", files).write(folder / "receipts" / f"{batch}.json")


def tell(folder: Path, batch: str, text: str) -> None:
    path = folder / "progress" / "upload_shards" / f"{batch}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def send(folder: Path, batch: str) -> None:
    path = folder / "receipts" / "upload_shards" / f"{batch}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")


def watched(folder: Path) -> Traffic:
    DELIVERY.write(folder / FILE)
    return Traffic(folder)


def test_nothing_is_sent_before_it_is_said_what(tmp_path: Path) -> None:
    """Nor where nothing is to be sent at all; the delivery is read when it comes."""
    traffic = Traffic(tmp_path / "run")
    make(tmp_path / "run", SLAB, 10)
    assert traffic.measure() == (0, 0)
    (tmp_path / "run" / FILE).write_text("{")
    assert traffic.measure() == (0, 0)
    DELIVERY.write(tmp_path / "run" / FILE)
    assert traffic.measure() == (0, 10)


def test_ready_is_what_has_a_receipt(tmp_path: Path) -> None:
    """Batches that are still being made are no bytes yet; other receipts never are."""
    traffic = watched(tmp_path)
    assert traffic.measure() == (0, 0)
    make(tmp_path, SLAB, 10, 20)
    make(tmp_path, "create_layer/em", 5)
    assert traffic.measure() == (0, 30)
    make(tmp_path, REST, 4)
    assert traffic.measure() == (0, 34)


def test_sent_is_what_has_a_receipt_of_its_own(tmp_path: Path) -> None:
    """A whole batch, whatever its job told last; all of them in the end."""
    traffic = watched(tmp_path)
    make(tmp_path, SLAB, 10, 20)
    make(tmp_path, REST, 4)
    tell(tmp_path, SLAB, "7")
    send(tmp_path, SLAB)
    assert traffic.measure() == (30, 34)
    send(tmp_path, REST)
    assert traffic.measure() == (34, 34)


@pytest.mark.parametrize(("text", "sent"), [("7", 7), ("", 0), ("1x", 0), ("31", 30)])
def test_running_jobs_count_by_what_they_tell(tmp_path: Path, text: str, sent: int) -> None:
    """A file that is being written now may say nothing; never more than there is."""
    traffic = watched(tmp_path)
    make(tmp_path, SLAB, 10, 20)
    tell(tmp_path, SLAB, text)
    assert traffic.measure() == (sent, 30)


def test_a_torn_receipt_is_read_again(tmp_path: Path) -> None:
    """It counts when it is whole."""
    traffic = watched(tmp_path)
    make(tmp_path, SLAB, 10)
    path = tmp_path / "receipts" / f"{SLAB}.json"
    whole = path.read_text()
    path.write_text(whole[:9])
    assert traffic.measure() == (0, 0)
    path.write_text(whole)
    assert traffic.measure() == (0, 10)


def test_a_changed_delivery_is_read_again(tmp_path: Path) -> None:
    """The one of the last run is there until the rules are read: appended slices are more."""
    replace(DELIVERY, batches=(SLAB,)).write(tmp_path / FILE)
    make(tmp_path, SLAB, 10)
    make(tmp_path, REST, 4)
    traffic = Traffic(tmp_path)
    assert traffic.measure() == (0, 10)
    DELIVERY.write(tmp_path / FILE)
    assert traffic.measure() == (0, 14)
