"""Rows that are gone from a sheet: their datasets and layers are named, and kept."""

from pathlib import Path

import pytest
from wkflow.cli.batch.removed_rows import RowRecord
from wkflow.options.settings import Settings
from wkflow.options.sheet_layers import Row

EM, CELLS = {"source": "/em", "layer_name": "em"}, {"source": "/cells", "layer_name": "cells"}


def row_of(first: dict[str, str], *others: dict[str, str], **options: object) -> Row:
    given = {"target": "/out", **first, "layers": list(others) or None, **options}
    return Row("row 2", Settings.parse(given, where="sheet"))


def recorded(*rows: Row, end: str = "done") -> RowRecord:
    return RowRecord().after(rows, {row.place: end for row in rows}, [])


def test_a_layer_that_is_gone_stays_in_its_dataset() -> None:
    """Be it the first or another one; it is named."""
    record = recorded(row_of(EM, CELLS))
    for left, gone in ((EM, CELLS), (CELLS, EM)):
        (whole,), names = record.with_all_layers([row_of(left)])
        assert whole.settings.layers == (gone,)
        assert names == [f"/out, layer {gone['layer_name']}"]


@pytest.mark.parametrize(
    "row",
    [
        row_of(EM, CELLS),
        row_of(CELLS, EM),
        row_of(EM, {"source": "/cells", "layer_name": "nuclei"}),
        row_of(EM, {"source": "/cells2", "layer_name": "cells"}),
        row_of(EM, overwrite_existing=True),
    ],
)
def test_what_is_there_or_was_edited_is_not_gone(row: Row) -> None:
    """Another name for the same source is an edit; overwriting takes the sheet's word."""
    (whole,), names = recorded(row_of(EM, CELLS)).with_all_layers([row])
    assert (whole, names) == (row, [])


def test_one_of_two_layers_of_one_source_may_go() -> None:
    """As those of two channels."""
    dapi = {"source": "/em", "layer_name": "dapi", "channels": "1"}
    (whole,), _ = recorded(row_of(EM, dapi)).with_all_layers([row_of(EM)])
    assert whole.settings.layers == (dapi,)


def test_only_layers_that_were_made_are_kept() -> None:
    """One that failed and was taken out of the sheet again is no loss."""
    record = recorded(row_of(EM, CELLS), end="failed")
    assert record.with_all_layers([row_of(EM)]) == ([row_of(EM)], [])


def test_datasets_are_remembered_as_long_as_they_are_there(tmp_path: Path) -> None:
    """Also by the next run that does not name them."""
    there, other = row_of(EM, target=tmp_path / "out"), row_of(EM, target=tmp_path / "other")
    (tmp_path / "out").mkdir()
    path = tmp_path / "rows.json"
    recorded(there, row_of(EM, target=tmp_path / "gone")).write(path)
    removed = RowRecord.read(path).removed([other])
    assert removed == [str(tmp_path / "out"), str(tmp_path / "gone")]
    again = RowRecord.read(path).after([other], {}, removed)
    assert again.datasets == [str(tmp_path / "other"), str(tmp_path / "out")]
    assert list(again.layers) == [str(tmp_path / "out")]


@pytest.mark.parametrize("content", [b"", b"[7]", b'{"datasets": 3}', b"\xff\xfe"])
def test_a_damaged_record_is_none(tmp_path: Path, content: bytes) -> None:
    """So is one of an earlier version without layers, as far as it goes."""
    (tmp_path / "rows.json").write_bytes(content)
    assert RowRecord.read(tmp_path / "rows.json") == RowRecord()
    (tmp_path / "rows.json").write_text('{"datasets": ["/out"]}')
    assert RowRecord.read(tmp_path / "rows.json").datasets == ["/out"]
