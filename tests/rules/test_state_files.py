"""What cannot be read is absent; times of the future are moved back, in their order."""

import json
import os
from base64 import urlsafe_b64encode
from pathlib import Path
from time import time_ns

import pytest
from snakemake.persistence.file import FilePersistence
from wkflow.model.receipt import Receipt, ShardFile
from wkflow.planning.mag_folders import ours_of, start_anew
from wkflow.rules.state_files import METADATA, UNFINISHED, mend_state
from wkflow.run_folder import BEGUN, DELIVERY, DRAFT, PLAN, REPORT
from wkflow.webknossos.attempt import current, renewed
from wkflow.webknossos.sent_parts import Journal
from wkflow.webknossos.upload_receipt import UploadReceipt

from tests.strategies import dataset_plan, small_layer_plan
from tests.webknossos.test_upload_plan import DELIVERY as SENDING

PLANNED = dataset_plan(small_layer_plan((16, 16, 64)))

DAMAGES = {
    "empty": b"",
    "half": b'{"rule": "conv',
    "garbage": b"\x00\x17 no JSON",
    "not UTF-8": b"\xff\xfe{}",
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "an object": b'{"files": 5}',
    "deep": b"[" * 100_000,
    "a folder": None,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a run folder with a file of each kind."""
    receipts = tmp_path / "receipts"
    for job in ("convert_slab/em/z000000000", "create_layer/em", "write_properties"):
        Receipt("any", (ShardFile("a", 1, ""),)).write(receipts / f"{job}.json")
    for name in (DRAFT, PLAN):
        PLANNED.write(tmp_path / name)
    SENDING.write(tmp_path / DELIVERY)
    (tmp_path / REPORT).write_text("{}")
    (tmp_path / "upload.json").write_text('{"url": "https://a.example"}')
    (tmp_path / METADATA).mkdir(parents=True)
    (tmp_path / METADATA / "cmVjZWlwdA==").write_text('{"rule": "convert_slab"}')
    return tmp_path


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def damage(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink()
        path.mkdir()
        (path / "x").touch()
    else:
        path.write_bytes(content)


def test_what_can_be_read_stays(folder: Path) -> None:
    """With its contents and its times."""
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files_of(folder)}
    assert len(before) == 9
    mend_state(folder)
    after = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files_of(folder)}
    assert after == before


@pytest.mark.parametrize("content", DAMAGES.values(), ids=DAMAGES)
def test_what_cannot_be_read_is_removed(folder: Path, content: bytes | None) -> None:
    """Each file by itself; all others stay."""
    objects = {folder / REPORT, *(folder / METADATA).iterdir()}
    for path in files_of(folder):
        whole = path.read_bytes()
        if content == b'{"files": 5}' and path in objects:
            continue
        others = [one for one in files_of(folder) if one != path]
        damage(path, content)
        is_of_snakemake = path.parent == folder / METADATA
        mend_state(folder)
        assert is_of_snakemake or not os.path.lexists(path)
        assert [one for one in files_of(folder) if one in others] == others
        path.is_dir() or path.write_bytes(whole)


@pytest.mark.parametrize("layer", ["em", "e" * 240])
def test_receipts_of_jobs_whose_end_snakemake_has_not_seen_go(folder: Path, layer: str) -> None:
    """Snakemake does those jobs again; what they need has to be there."""
    outputs = [
        f"receipts/upload_shards/convert_slab/{layer}/z000000000.json",
        f"receipts/convert_slab/{layer}/z000000000.json",
        "receipts/reserve_upload/1.json",
        "plan.json",
    ]
    persistence = FilePersistence.__new__(FilePersistence)
    persistence._max_len = 255  # noqa: SLF001 -- of a file's name
    for output in outputs:
        (folder / output).parent.mkdir(parents=True, exist_ok=True)
        mark = Path(persistence._record_path(str(folder / UNFINISHED), output))  # noqa: SLF001
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text('{"external_jobid": null}')
    UploadReceipt("an upload", (), 0, 0, 0.0).write(folder / outputs[0])
    Receipt("any", ()).write(folder / outputs[1])
    (folder / UNFINISHED / "no.code").touch()
    (folder / "thesis.doc").touch()
    for odd in ("receipts/convert_slab/../../thesis.doc", "receipts/convert_slab/a\0b"):
        (folder / UNFINISHED / urlsafe_b64encode(odd.encode()).decode()).touch()
    mend_state(folder)
    assert (folder / "thesis.doc").exists()
    assert not (folder / outputs[0]).exists()
    assert not (folder / outputs[1]).exists()
    assert (folder / "receipts/convert_slab/em/z000000000.json").exists() == (layer != "em")
    assert (folder / "plan.json").exists()


def test_a_damaged_proof_is_taken_from_its_copy(folder: Path) -> None:
    """The dataset that it was made of may be gone; a proof that is absent stays so."""
    (folder / "upload").mkdir()
    (folder / "upload" / "proof.json").write_text('{"url": "https://b.example"}')
    (folder / "upload.json").write_bytes(b"")
    mend_state(folder)
    assert json.loads((folder / "upload.json").read_bytes()) == {"url": "https://b.example"}
    (folder / "upload.json").unlink()
    mend_state(folder)
    assert not (folder / "upload.json").exists()


def test_times_of_the_future_are_moved_back_together(folder: Path) -> None:
    """A clock was set back: the order stays, and what is made now is newer than all."""
    ahead = 400 * 86_400 * 10**9
    paths = files_of(folder / "receipts")
    for number, path in enumerate(paths):
        os.utime(path, ns=(time_ns() + ahead * number + number,) * 2)
    mend_state(folder)
    times = [path.stat().st_mtime_ns for path in paths]
    assert times == sorted(set(times))
    assert times[-1] <= time_ns()


@pytest.mark.parametrize("content", [b"", b"7", b'{"number": "x"}', b"\xff"])
def test_an_upload_is_known_by_its_delivery_as_well(tmp_path: Path, content: bytes) -> None:
    """An attempt that cannot be read is no reason to send all again."""
    attempt = renewed(tmp_path, "recipe")
    delivery = SENDING.__class__(
        **{name: getattr(SENDING, name) for name in SENDING.__slots__}
        | {"attempt": attempt.number, "upload_id": attempt.upload_id, "recipe": "recipe"}
    )
    delivery.write(tmp_path / DELIVERY)
    (tmp_path / "upload" / "attempt.json").write_bytes(content)
    assert current(tmp_path) == attempt


@pytest.mark.parametrize("content", [b"", b"7\n[1]\n{}\n", b"\xff\xfe", b'[[1], 1, "m", true]'])
def test_a_damaged_journal_remembers_nothing(tmp_path: Path, content: bytes) -> None:
    """What it forgets is asked of the server."""
    (tmp_path / "journal").write_bytes(content)
    journal = Journal(tmp_path / "journal")
    assert journal.is_resumed
    journal.begin("a", "mark")
    assert not journal.has("a", 1)


@pytest.mark.parametrize("content", [b"", b"[]", b"7", b'{"folders": 5}', b"\xff"])
def test_folders_of_new_mags_are_known_by_the_plan(tmp_path: Path, content: bytes) -> None:
    """Without the record: or nobody could go on with what he began."""
    plan = PLANNED.__class__(
        **{name: getattr(PLANNED, name) for name in PLANNED.__slots__} | {"extends": True}
    )
    start_anew(plan, tmp_path)
    known = ours_of(tmp_path)
    plan.write(tmp_path / DRAFT)
    (tmp_path / BEGUN).write_bytes(content)
    assert known
    assert ours_of(tmp_path) == known
