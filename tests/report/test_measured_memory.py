"""The most memory that a job of the run was seen to take."""

from pathlib import Path

import pytest
from snakemake.benchmark import BenchmarkRecord
from wkflow.report.measured_memory import MIB, MeasuredMemory, read_memory

SLAB = "receipts/convert_slab/em/z000000000.json"
BLOCK = "receipts/downsample_block/em/2-2-1/x0_y0_z0.json"
REST = "receipts/downsample_rest/em.json"


def write_benchmark(run_folder: Path, receipt: str, rss_mib: float | None) -> None:
    """Write what Snakemake would: with its own writer; None for a job that was gone too soon."""
    record = BenchmarkRecord(running_time=1.0)
    if rss_mib is not None:
        record.max_rss = record.max_vms = record.max_uss = record.max_pss = rss_mib
        record.io_in = record.io_out = record.cpu_time = 0.0
        record.data_collected = True
    name = receipt.replace("receipts", "benchmarks").replace(".json", ".tsv")
    file = run_folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    head = "\t".join(record.get_header(extended_fmt=False))
    file.write_text(f"{head}\n{record.to_tsv(extended_fmt=False)}\n")


def test_the_largest_job_counts(tmp_path: Path) -> None:
    """Slabs, blocks and the rest alike; also with the prefix of a module before the names."""
    for receipt, rss in {SLAB: 120.5, BLOCK: 90.0, REST: 60.0}.items():
        write_benchmark(tmp_path, receipt, rss)
    assert read_memory(tmp_path, [SLAB, BLOCK, REST]) == MeasuredMemory(3, 3, round(120.5 * MIB))
    assert read_memory(tmp_path, [f"module/{BLOCK}"]) == MeasuredMemory(1, 1, 90 * MIB)


def test_jobs_that_are_no_longer_planned_do_not_count(tmp_path: Path) -> None:
    """Their files may still be there."""
    write_benchmark(tmp_path, SLAB, 120.0)
    write_benchmark(tmp_path, REST, 60.0)
    assert read_memory(tmp_path, [REST]) == MeasuredMemory(1, 1, 60 * MIB)


@pytest.mark.parametrize("rss", [None, 0.0, float("nan"), float("inf")])
def test_a_job_of_which_nothing_was_seen_is_not_measured(rss: float | None, tmp_path: Path) -> None:
    """It is no job of 0 bytes."""
    write_benchmark(tmp_path, SLAB, rss)
    assert read_memory(tmp_path, [SLAB]) == MeasuredMemory(1)
    write_benchmark(tmp_path, REST, 60.0)
    assert read_memory(tmp_path, [SLAB, REST]) == MeasuredMemory(2, 1, 60 * MIB)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"s\th:m:s\n1\t0:00:01\n", b"max_rss\ts\n"])
def test_a_file_that_cannot_be_read_is_left_out(content: bytes, tmp_path: Path) -> None:
    """As one that is not there: no report fails for it."""
    assert read_memory(tmp_path, [SLAB]) == MeasuredMemory(1)
    write_benchmark(tmp_path, SLAB, 1.0)
    (tmp_path / "benchmarks/convert_slab/em/z000000000.tsv").write_bytes(content)
    assert read_memory(tmp_path, [SLAB]) == MeasuredMemory(1)
