"""What a batch gave: each dataset of the sheet, and where the summary lies."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wkflow import errors
from wkflow.errors import WkflowError
from wkflow.model.units import shown_bytes
from wkflow.report.html_table import html_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wkflow.cli.batch.dry_run import PlannedRow
    from wkflow.cli.batch.results import Results


@dataclass(frozen=True, slots=True)
class BatchDataset:
    """One dataset of a batch: its `row` in the sheet, and how it ended.

    `end` is `done`, `nothing_to_do`, `unchanged` or `failed`; of a dry run `new`, `begun`,
    `unchanged` or `wrong`. `place` is its folder, or its address on a server, None where nothing
    was made. `bytes` are those that were stored or sent; of a dry run uncompressed.
    """

    row: str
    name: str
    end: str
    place: Path | str | None
    bytes: int | None
    seconds: float
    report: Path | None
    error: WkflowError | None


@dataclass(frozen=True, slots=True)
class BatchResult:
    """All datasets of a sheet, in its order.

    `folder` holds `summary` (a table) and `report` (a page that links all reports); of a dry run
    they are None. `removed` are datasets that an earlier sheet named and this one does not.
    """

    sheet: Path
    datasets: tuple[BatchDataset, ...]
    seconds: float
    folder: Path | None = None
    summary: Path | None = None
    report: Path | None = None
    removed: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[BatchDataset, ...]:
        """Give the datasets that have an error."""
        return tuple(one for one in self.datasets if one.error)

    def require_complete(self) -> None:
        """Raise the error of the first dataset that has one."""
        for one in self.datasets:
            if one.error:
                raise one.error

    def __str__(self) -> str:
        counts = Counter(one.end.replace("_", " ") for one in self.datasets)
        told = ", ".join(f"{count} {end}" for end, count in counts.items())
        return f"{len(self.datasets)} datasets: {told}"

    def _repr_html_(self) -> str:
        facts: dict[str, object] = {"sheet": self.sheet}
        facts |= {"report": self.report} if self.report else {}
        head = ("row", "name", "end", "size", "dataset")
        rows = [
            (one.row, one.name, one.end.replace("_", " "),
             shown_bytes(one.bytes) if one.bytes else "", one.error or one.place or "")
            for one in self.datasets
        ]  # fmt: skip
        return html_table(facts, head, rows, str(self))


def finished_batch(results: "Results") -> BatchResult:
    """Give what a batch came to."""
    told = results.to_dict()
    datasets = tuple(
        BatchDataset(
            *(one["row"], one["name"], one["end"], _place(one), one["bytes"], one["seconds"]),
            *(Path(one["report"]) if one["report"] else None, _error(one["error"])),
        )
        for one in told["datasets"]
    )
    return BatchResult(
        Path(told["sheet"]),
        datasets,
        told["seconds"],
        Path(told["folder"]),
        Path(told["summary"]),
        Path(told["report"]),
        tuple(told["removed"]),
    )


def planned_batch(sheet: Path, planned: "Sequence[PlannedRow]") -> BatchResult:
    """Give what a batch would do."""
    datasets = tuple(
        BatchDataset(one.row, one.name, one.state, one.place, one.bytes, 0.0, None,
                     _error(one.error))
        for one in planned
    )  # fmt: skip
    return BatchResult(sheet, datasets, 0.0)


def _place(one: dict[str, Any]) -> Path | str | None:
    return one["url"] or (Path(one["dataset"]) if one["dataset"] else None)


def _error(told: dict[str, str] | None) -> WkflowError | None:
    """Give an error again that was told to programs."""
    if told is None:
        return None
    made: WkflowError = getattr(errors, told["kind"])(told["what"], told["where"], told["remedy"])
    return made
