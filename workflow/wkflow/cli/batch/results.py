"""What came of a batch: a table for people, `summary.tsv`, the object of `--json`, and a page."""

import csv
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wkflow import __version__, atomic_files
from wkflow.model.units import shown_bytes
from wkflow.report.text_table import Part, TextTable

SUMMARY = "summary.tsv"
PAGE = "report.html"
ROWS = "rows.json"
"""In the batch's folder: what its last run did, its page, and which datasets the sheet named."""

COLUMNS = ("row", "name", "end", "seconds", "bytes", "dataset", "url", "report", "error")

SAID = {
    "done": "done",
    "nothing_to_do": "nothing to do",
    "unchanged": "unchanged",
    "failed": "failed",
    "interrupted": "interrupted",
    "not_begun": "not begun",
}
"""How each end of a dataset is said, in the order in which they are counted."""

TOLD = 40
"""Datasets in a table: of more, those that did not end well are shown, and as many."""


@dataclass(slots=True)
class Results:
    """All datasets of a batch by the places of their rows, as `Summary.to_dict` has each.

    `end` of a dataset may also be `unchanged` (skipped) and `not_begun` (the batch was stopped).
    """

    sheet: str
    folder: Path
    of_rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def exit_status(self) -> int:
        """The worst of all."""
        return max((int(one["exit_status"]) for one in self.of_rows.values()), default=0)

    @property
    def counts(self) -> dict[str, int]:
        """How many datasets ended how."""
        found = Counter(str(one["end"]) for one in self.of_rows.values())
        return {end: found[end] for end in [*SAID, *(found.keys() - SAID.keys())] if found[end]}

    def to_dict(self) -> dict[str, Any]:
        """Give what `--json` prints."""
        return {
            "command": "batch",
            "sheet": self.sheet,
            "exit_status": self.exit_status,
            "counts": self.counts,
            "datasets": [{"row": place, **one} for place, one in self.of_rows.items()],
            "removed": self.removed,
            "seconds": round(self.seconds, 3),
            "folder": str(self.folder),
            "summary": str(self.folder / SUMMARY),
            "report": str(self.folder / PAGE),
            "version": __version__,
        }

    def first_line(self) -> str:
        """Count the ends."""
        counted = ", ".join(f"{count} {SAID.get(end, end)}" for end, count in self.counts.items())
        return f"{len(self.of_rows)} datasets: {counted}; {self.seconds:.1f} s"

    def table(self) -> list[Part]:
        """Show each dataset in a line; of many those first that did not end well."""
        bad = {"failed", "interrupted", "not_begun"}
        chosen = list(self.of_rows.items())
        if len(chosen) > TOLD:
            chosen = [item for item in chosen if item[1]["end"] in bad][:TOLD]
        rows = tuple(self._row(place, one) for place, one in chosen)
        parts: list[Part] = [TextTable((), rows, "<<<<", (8, 20, 13, 0))]
        if more := len(self.of_rows) - len(rows):
            parts.append(f"and {more} more: {self.folder / SUMMARY}")
        return parts

    def _row(self, place: str, one: Mapping[str, Any]) -> tuple[str, ...]:
        end = SAID.get(str(one["end"]), str(one["end"]))
        where = one["url"] or one["dataset"] or ""
        size = f", {shown_bytes(one['bytes'])}" if one["bytes"] else ""
        error = one["error"]
        words = f"{error['where']}: {error['what']}" if error else f"{where}{size}"
        return place, str(one["name"]), end, words.splitlines()[0] if words else ""

    def write(self) -> None:
        """Write the table and the page."""
        from wkflow.report.batch_page import draw_batch_page  # noqa: PLC0415 -- not before the end

        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, dialect="excel-tab", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self._cells(place, one) for place, one in self.of_rows.items())
        with atomic_files.atomic_write(self.folder / SUMMARY) as file:
            file.write(text.getvalue().encode())
        with atomic_files.atomic_write(self.folder / PAGE) as file:
            file.write(draw_batch_page(self.to_dict(), self.first_line(), self.folder).encode())

    def _cells(self, place: str, one: Mapping[str, Any]) -> dict[str, object]:
        error = one["error"]
        words = " ".join(f"{error['where']}: {error['what']}".split()) if error else ""
        return {key: one.get(key) for key in COLUMNS} | {"row": place, "error": words}
