"""What is known of jobs: from their receipts, and from Snakemake's records."""

import json
import os
from base64 import urlsafe_b64encode
from pathlib import Path

from wkflow.model.receipt import Receipt, ShardFile
from wkflow.report.job_records import SNAKEMAKE_RECORDS, JobRecord, bytes_by_mag, read_jobs
from wkflow.report.job_records import sum_by_rule as sums_of
from wkflow.run_folder import PROOF, RunFolder

SLAB = "receipts/convert_slab/em/z0.json"


def receipt_at(run_folder: Path, job: str, end: float, *sizes: int, seconds: float = 2.0) -> None:
    """Write a receipt that was there at `end`."""
    rule, layer, *_ = job.split("/")
    files = tuple(ShardFile(f"{layer}/1/c/{n}", size, "0") for n, size in enumerate(sizes))
    path = RunFolder(run_folder).receipt(job)
    path.parent.mkdir(parents=True, exist_ok=True)
    Receipt(rule, files, 7, seconds=seconds).write(path)
    os.utime(path, (end, end))


def jobs_of(run_folder: Path, *names: str) -> list[JobRecord]:
    """Read what is known, with the receipts of these jobs of the plan."""
    return read_jobs(run_folder, {name: Receipt.read(run_folder / name) for name in names})


def test_times_are_those_that_snakemake_noted(tmp_path: Path) -> None:
    """Else a receipt's own time ends with its seconds before it."""
    receipt_at(tmp_path, "convert_slab/em/z0", 100.0, 10, 20)
    assert jobs_of(tmp_path, SLAB) == [
        JobRecord("convert_slab", "em", 98.0, 100.0, 7, 30, (("em/1/c/0", 10), ("em/1/c/1", 20)))
    ]
    records = tmp_path / SNAKEMAKE_RECORDS
    records.mkdir(parents=True)
    noted = json.dumps({"starttime": 90.5, "endtime": 99.5})
    (records / urlsafe_b64encode(SLAB.encode()).decode()).write_text(noted)
    (job,) = jobs_of(tmp_path, SLAB)
    assert (job.begin, job.end) == (90.5, 99.5)


def test_names_may_have_the_prefix_of_a_module(tmp_path: Path) -> None:
    """As rules have it, whose receipts lie in the run folder all the same."""
    receipt_at(tmp_path, "convert_slab/em/z0", 100.0, 10)
    (job,) = read_jobs(tmp_path, {f"first/{SLAB}": Receipt.read(tmp_path / SLAB)})
    assert (job.layer, job.end) == ("em", 100.0)


def test_only_jobs_of_the_plan_count(tmp_path: Path) -> None:
    """Receipts of an earlier plan may still be there, and damaged ones."""
    receipt_at(tmp_path, "convert_slab/em/z0", 100.0, 10)
    receipt_at(tmp_path, "convert_slab/em/z9", 100.0, 10)
    receipt_at(tmp_path, "upload_shards/convert_slab/em/z0", 101.0)
    (tmp_path / "receipts/reserve_upload").mkdir()
    (tmp_path / "receipts/reserve_upload/1.json").write_text('{"half": ')
    (tmp_path / PROOF).write_text('{"bytes_sent": 5}')
    jobs = jobs_of(tmp_path, SLAB)
    assert [job.rule for job in jobs] == ["convert_slab", "upload_shards", "finish_upload"]


def test_what_lists_files_of_others_wrote_none(tmp_path: Path) -> None:
    """Else the throughput would be that of nobody."""
    receipt_at(tmp_path, "write_properties/x", 100.0, 10)
    (job,) = jobs_of(tmp_path)
    assert (job.bytes, job.files) == (0, ())


def test_rules_are_summed_up() -> None:
    """The time at work is that in which at least one job was."""
    jobs = [
        JobRecord("a", "", 0, 4, 10, 100), JobRecord("a", "", 2, 6, 1, 1),
        JobRecord("a", "", 9, 10), JobRecord("b", "", 1, 2),
    ]  # fmt: skip
    first, second = sums_of(jobs)
    assert (first.rule, first.jobs, first.voxels, first.bytes) == ("a", 3, 11, 101)
    assert (first.job_s, first.wall_s) == (9, 7)
    assert second.rule == "b"


def test_files_are_counted_by_mag() -> None:
    """By the longest folder that holds them; those that were written, else those that were sent."""
    files = (("em/1/c/0", 5), ("em/1/c/1", 6), ("em/16/c/0", 1), ("em/zarr.json", 9))
    sent = JobRecord("upload_shards", "", 0, 1, files=files)
    expected = {"em/1": (2, 11), "em/16": (1, 1)}
    assert bytes_by_mag([sent], ["em/1", "em/16", "x/y/1"]) == expected
    deep = JobRecord("downsample_rest", "", 0, 1, files=(("x/y/1/c", 3),))
    assert bytes_by_mag([sent, deep], ["em/1", "x/y/1"]) == {"x/y/1": (1, 3)}
