"""What came of a batch, told in all forms."""

import csv
from pathlib import Path

import pytest
from wkflow.cli.batch.results import PAGE, SUMMARY, TOLD, Results
from wkflow.cli.summary import Summary
from wkflow.errors import ServerError, SourceError
from wkflow.report.text_table import plain


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """Give a batch of which one dataset failed, and one was skipped."""
    report = tmp_path / "a b.wkflow" / "report.html"
    done = Summary(end="done", name="a", bytes=1500, dataset="/x/a", report=str(report))
    skipped = Summary(end="unchanged", name="b", dataset="/x/b")
    failed = Summary(name="<c>")
    failed.fail(SourceError("is\tcut\nshort", "/y/c.tif", "Copy it again."))
    rows = {"row 2": done, "row 3": skipped, "row 17": failed}
    told = {place: one.to_dict() for place, one in rows.items()}
    return Results("s.tsv", tmp_path / "s.tsv.wkflow", told, ["/x/gone"])


def test_the_worst_status_counts(results: Results) -> None:
    """And each end is counted."""
    assert results.exit_status == SourceError.exit_status
    refused = Summary()
    refused.fail(ServerError("refused", "http://wk", "Ask."))
    results.of_rows["row 18"] = refused.to_dict()
    assert results.exit_status == ServerError.exit_status
    assert results.counts == {"done": 1, "unchanged": 1, "failed": 2}
    assert results.first_line() == "4 datasets: 1 done, 1 unchanged, 2 failed; 0.0 s"


def test_the_table_has_a_line_for_each(results: Results) -> None:
    """Of many, those that did not end well; a message of several lines stays one."""
    lines = plain(results.table()).splitlines()
    assert len(lines) == 3
    assert lines[0].split() == ["row", "2", "a", "done", "/x/a,", "1.5", "kB"]
    assert "/y/c.tif: is" in lines[2]
    done = results.of_rows["row 2"]
    results.of_rows |= {f"row {number}": done for number in range(100, 100 + TOLD)}
    lines = plain(results.table()).splitlines()
    assert [line.split()[1] for line in lines] == ["17", f"{TOLD + 2}"]


def test_the_files_hold_all_rows(results: Results) -> None:
    """A table that spreadsheets read, and a page that links each report."""
    results.write()
    with (results.folder / SUMMARY).open(newline="") as file:
        rows = list(csv.DictReader(file, dialect="excel-tab"))
    assert [row["row"] for row in rows] == ["row 2", "row 3", "row 17"]
    assert (rows[0]["bytes"], rows[2]["error"]) == ("1500", "/y/c.tif: is cut short")
    page = (results.folder / PAGE).read_text()
    assert '<a href="../a%20b.wkflow/report.html">a</a>' in page
    assert "&lt;c&gt;" in page
    assert "<c>" not in page
    assert "/x/gone" in page
