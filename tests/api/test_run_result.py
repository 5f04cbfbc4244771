"""Results say what was made, in text and in HTML."""

import pickle
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest
from wkflow.api.run_result import LayerResult, RunResult

LAYER = LayerResult("em", "color", "uint8", 3, (80, 50, 40), ("1", "2-2-1"))
RESULT = RunResult(
    *(Path("/data/em"), "em", "done", (LAYER,), (11.24, 11.24, 25.0), "nanometer"),
    *(Path("/data/em.wkflow"), Path("/data/em.wkflow/receipts")),
    *(Path("/data/em.wkflow/report.json"), None, 1.25, ("2 files are no images",), "x" * 999),
)


def test_text_is_for_people() -> None:
    """One line for each thing; what Snakemake printed is not repeated."""
    assert str(RESULT).splitlines() == [
        "em: done in 1.2 s",
        "  /data/em",
        "  layer em: 80 x 50 x 40 3 x uint8, color, 1 2-2-1",
        "  report /data/em.wkflow/report.json",
        "  note: 2 files are no images",
    ]
    assert "dataset=PosixPath('/data/em')" in repr(RESULT)
    assert "xxx" not in repr(RESULT)


def test_a_notebook_shows_a_table() -> None:
    """Dataset, voxel size, layers, notes; a dataset on a server is a link."""
    shown = RESULT._repr_html_()
    for word in ("/data/em", "11.24 x 11.24 x 25 nm", "80 x 50 x 40", "2-2-1", "no images"):
        assert word in shown
    address = "https://webknossos.org/datasets/em-59e9"
    assert f'<a href="{address}">' in replace(RESULT, dataset=address)._repr_html_()


def test_what_is_unknown_is_left_out() -> None:
    """No layer, no report, no voxel size, as when Snakemake only looked."""
    bare = replace(RESULT, layers=(), report=None, notes=(), voxel_size=(0.0, 0.0, 0.0))
    assert str(bare).splitlines() == ["em: done in 1.2 s", "  /data/em"]
    assert "voxel" not in bare._repr_html_()
    assert "report" not in bare._repr_html_()


def test_a_result_is_a_value() -> None:
    """It cannot be changed, it can be kept; incomplete is not complete."""
    assert pickle.loads(pickle.dumps(RESULT)) == RESULT  # noqa: S301 -- our own
    with pytest.raises(FrozenInstanceError):
        RESULT.name = "other"  # type: ignore[misc]  # that is the test
    outcomes = ("done", "nothing to do", "no job was run", "incomplete")
    assert [replace(RESULT, outcome=one).is_complete for one in outcomes] == [
        *(True, True, False, False)
    ]
