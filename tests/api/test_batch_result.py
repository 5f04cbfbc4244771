"""What a batch gave, and what a person sees of it."""

from pathlib import Path

import pytest
from wkflow.api.batch_result import BatchDataset, BatchResult, planned_batch
from wkflow.cli.batch.dry_run import PlannedRow
from wkflow.errors import SourceError

BAD = SourceError("is <empty>", "/data/b", "Fill it.")


def test_the_first_error_is_raised_if_somebody_asks() -> None:
    """Without one there is nothing to raise."""
    good = BatchDataset("line 2", "a", "done", Path("/out/a"), 10, 1.0, None, None)
    bad = BatchDataset("line 3", "b", "failed", None, None, 1.0, None, BAD)
    BatchResult(Path("/s.tsv"), (good,), 1.0).require_complete()
    both = BatchResult(Path("/s.tsv"), (good, bad), 1.0)
    with pytest.raises(SourceError, match="is <empty>"):
        both.require_complete()
    assert both.failed == (bad,)
    assert str(both) == "2 datasets: 1 done, 1 failed"
    assert "is &lt;empty&gt;" in both._repr_html_()


def test_plans_are_told_alike() -> None:
    """With the kind of the error that a run would have."""
    told = {"kind": "SourceError", "what": "is empty", "where": "/b", "remedy": "Fill it."}
    rows = [
        PlannedRow("line 2", "a", "new", "/out/a", bytes=7),
        PlannedRow("line 3", "b", "wrong", "/out/b", error=told),
    ]
    found = planned_batch(Path("/s.tsv"), rows)
    assert [one.bytes for one in found.datasets] == [7, 0]
    assert isinstance(found.datasets[1].error, SourceError)
