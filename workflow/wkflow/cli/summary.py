"""What a run made, where it is and how to look at it: the last lines, and what `--json` prints."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from wkflow import __version__
from wkflow.cli.messages import facts_of
from wkflow.errors import SourceError, WkflowError
from wkflow.model.layer import Layer
from wkflow.model.mag import Mag
from wkflow.model.write_datasource import PROPERTIES
from wkflow.options.settings import Settings
from wkflow.rules.closing_lines import closing_lines, dataset_of, report_of
from wkflow.run_folder import EXTENDED, LOG, PROOF, REPORT

if TYPE_CHECKING:
    from wkflow.model.plan import Plan

NO_KEYS = ("is_wanted", "_started")
"""Fields of a summary that say nothing of the run."""

LAYER_KEYS = ("name", "category", "dtype", "channels", "begin", "size", "mags")


@dataclass(slots=True)
class Summary:
    """One run, as `--json` prints it: its fields are the keys, which do not change.

    `end` is `done`, `nothing_to_do`, `only_looked` or `incomplete`, as in `outcome.End`, or
    `planned` (a dry run), `failed`, `interrupted`. `dataset` is the folder of the dataset, None
    where only a server has it, `url` its address there. `layers` have name, category, dtype,
    channels, begin, size (x, y, z, in voxels of mag 1) and mags. `voxels` and `bytes` are what the
    plan of the run made, by this command and those that it resumed; an upload's `bytes` those that
    were sent. `seconds` is the time of this command alone. `error` is None, or has kind (a class of
    `wkflow.errors`), what, where and remedy. `report`, `run_folder` and `log` are paths, None where
    nothing is. `is_wanted` says that somebody asked for the object.
    """

    command: str = ""
    end: str = ""
    exit_status: int = 0
    name: str | None = None
    dataset: str | None = None
    url: str | None = None
    layers: list[dict[str, Any]] = field(default_factory=list)
    voxels: int | None = None
    bytes: int | None = None
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    report: str | None = None
    run_folder: str | None = None
    log: str | None = None
    error: dict[str, str] | None = None
    version: str = __version__
    is_wanted: bool = False
    _started: float = field(default_factory=monotonic)

    def describe(self, settings: Settings) -> None:
        """Say what the run is about, before it begins."""
        self.name = settings.dataset_name
        self.run_folder = str(settings.run_folder)
        self.log = str(settings.run_folder / LOG)

    def look_at_results(self, settings: Settings, *, url: str | None, notes: list[str]) -> None:
        """Say what is there now: of the report, the proof of an upload, the properties.

        `url` is where a server has the dataset, `notes` are those of its upload.
        """
        folder = settings.run_folder
        report, proof = _document(folder / REPORT), _document(folder / PROOF)
        extended = _document(folder / EXTENDED[1])
        self.dataset = dataset_of(settings)
        self.url = url
        self.layers = _stored_layers(settings.place) or [
            {key: layer[key] for key in LAYER_KEYS} for layer in report.get("layers", [])
        ]
        rules = report.get("rules", {}).values()
        self.voxels = sum(rule["voxels"] for rule in rules) if report else None
        self.bytes = sum(rule["bytes"] for rule in rules) if report else None
        if settings.kind.has_server:
            self.bytes = proof.get("bytes", extended.get("bytes_sent", self.bytes))
        self.notes = list(dict.fromkeys([*report.get("notes", []), *notes]))
        self.report = report_of(folder)

    def look_at_plan(self, plan: "Plan | None", settings: Settings) -> None:
        """Say what would be made; there is no plan where a dataset would be sent as it is."""
        self.end = "planned"
        self.layers = _stored_layers(settings.dataset) if plan is None else [
            _described(one.layer, [grid.mag for grid in one.grids]) for one in plan.layers
        ]  # fmt: skip
        if plan:
            self.voxels, self.notes = sum(voxels for _, voxels in plan.jobs()), list(plan.notes)

    def fail(self, error: WkflowError) -> None:
        """Say why nothing came of it."""
        self.end, self.exit_status, self.error = "failed", error.exit_status, facts_of(error)

    def to_dict(self) -> dict[str, Any]:
        """Give all keys, with the time until now."""
        self.seconds = round(monotonic() - self._started, 3)
        told = {key: value for key, value in asdict(self).items() if key not in NO_KEYS}
        for key in ("run_folder", "log"):
            told[key] = told[key] if told[key] and Path(told[key]).exists() else None
        return told

    def closing_lines(self) -> list[str]:
        """Say where to look, in at most three lines."""
        return closing_lines(self.dataset, self.url, self.report, self.bytes)


def _document(path: Path) -> dict[str, Any]:
    """Read a document of the run folder; of one that is not there or damaged, nothing is said."""
    with suppress(OSError, ValueError, TypeError):
        return dict(json.loads(path.read_bytes()))
    return {}


def _stored_layers(dataset: Path) -> list[dict[str, Any]]:
    """Give the layers of a dataset here, of any tool, as its properties have them."""
    from wkflow.model.datasource_properties import Existing  # noqa: PLC0415 -- not for --help

    with suppress(SourceError):
        existing = Existing.parse(_document(dataset / PROPERTIES), str(dataset))
        return [_described(one.layer, [mag.mag for mag in one.mags]) for one in existing.layers]
    return []


def _described(layer: Layer, mags: list[Mag]) -> dict[str, Any]:
    return {
        "name": layer.name,
        "category": layer.category,
        "dtype": layer.dtype,
        "channels": layer.channels,
        "begin": list(layer.begin),
        "size": list(layer.box.size),
        "mags": [str(mag) for mag in mags],
    }
