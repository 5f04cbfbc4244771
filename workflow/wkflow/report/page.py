"""The page itself: all that is known of a run, put into the template."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, FileSystemLoader, TemplateError

from wkflow.errors import WkflowError
from wkflow.model.added_layers import dataset_of
from wkflow.model.datasource_properties import Existing, ExistingLayer, ExistingMag
from wkflow.model.doubtful_slices import ByLayer, read_doubtful
from wkflow.model.forecast import Forecast
from wkflow.model.plan import LayerPlan, Plan
from wkflow.model.receipt import Receipt
from wkflow.model.units import shown_bytes, shown_sizes
from wkflow.model.write_datasource import PROPERTIES
from wkflow.report.command_line import command_of, config_text, options_of, versions
from wkflow.report.details_section import details_html
from wkflow.report.forecast_table import compare
from wkflow.report.job_records import JobRecord, busy, bytes_by_mag, read_jobs, sum_by_rule
from wkflow.report.layer_section import Drawer, MagRow, Pictures, mag_rows
from wkflow.report.layer_values import LayerValues
from wkflow.report.measured_memory import read_memory
from wkflow.report.picture_files import layer_files, run_files
from wkflow.report.planes import LONGEST_EDGE, READ_BYTES
from wkflow.report.timeline import draw_timeline, shown_seconds
from wkflow.run_folder import DELIVERY, EXTENDED, PROOF

TEMPLATE = "page.html.j2"

MOST_DRAWN = 24
"""Layers with pictures: a page has to stay small."""

FULL_SIZE = 4
"""Layers whose pictures have the longest edges; those of more are smaller."""

MOST_DIGESTS = 200
"""Files whose digests are listed."""

CANNOT = (
    *(WkflowError, OSError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError),
    *(MemoryError, RuntimeError),
)
"""What may go wrong while a page is drawn: it is said on the page, and no run fails for it."""


@dataclass(frozen=True, slots=True)
class Section:
    """A layer on the page: what it is, and pictures of it, or why there are none."""

    layer: ExistingLayer
    rows: list[MagRow]
    plan: LayerPlan | None
    largest_id: str
    pictures: Pictures | None
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """The page of a run as HTML, and its pictures and tables by their names as files."""

    page: str
    files: dict[str, bytes]


def draw_report(
    plan: Plan,
    run_folder: Path,
    receipts: Mapping[str, Receipt],
    values: Mapping[str, LayerValues] = MappingProxyType({}),
    expected: Forecast | None = None,
) -> Report:
    """Draw the page of a run; what cannot be drawn is left out, with the reason.

    Parameters
    ----------
    plan
        What was planned; without layers, where a dataset that was there is only sent.
    run_folder
        The folder of the run, which holds its receipts.
    receipts
        The receipts of all jobs that write voxels, by their paths as the rules name them.
    values
        What was counted of layers while they were converted; of others voxels are read and counted.
    expected
        What was known of the run before it began.
    """
    try:
        facts = _facts(plan, run_folder, receipts, values)
        facts["comparison"] = (
            compare(expected, receipts, plan, read_memory(run_folder, receipts)) if expected else ()
        )
        files = run_files(facts["sums"])
        for one in facts["sections"]:
            files |= layer_files(one.layer.layer.name, one.pictures, one.rows)
        return Report(template_environment().get_template(TEMPLATE).render(facts), files)
    except (*CANNOT, TemplateError) as error:
        words = f"The report of {plan.dataset} could not be drawn: {_words(error)}"
        page = f"<!doctype html><title>wkflow report</title><p>{escape(words)}</p>\n"
        return Report(page, run_files([]))


def template_environment() -> Environment:
    """Give what templates beside this module are rendered by."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {
        "bytes": shown_bytes, "number": shown_number, "seconds": shown_seconds, "value": _value,
    }  # fmt: skip
    environment.globals["shown_sizes"] = shown_sizes
    return environment


def _facts(
    plan: Plan,
    run_folder: Path,
    receipts: Mapping[str, Receipt],
    values: Mapping[str, LayerValues],
) -> dict[str, Any]:
    existing, described, reason = _existing(plan)
    jobs = _or(list[JobRecord](), lambda: read_jobs(run_folder, receipts))
    options: dict[str, Any] = _or({}, lambda: options_of(run_folder))
    proof = _json(run_folder / (EXTENDED[1] if plan.destination else PROOF))
    sections = _sections(plan, run_folder, existing, described, jobs, reason, values)
    return {
        "name": existing.name or plan.name or Path(plan.dataset).name,
        "url": plan.seen_at or proof.get("url"),
        "dataset": dataset_of(plan, run_folder),
        "kind": _kind(plan, proof),
        "voxel_size": shown_sizes(existing.voxel_size, existing.unit),
        "unit": existing.unit,
        "sections": sections,
        "raw": sum(row.raw for section in sections for row in section.rows),
        "stored": sum(row.stored or 0 for section in sections for row in section.rows),
        "timeline": _or(None, lambda: draw_timeline(jobs)),
        "sums": sum_by_rule(jobs),
        "wall": sum(end - begin for begin, end in busy((job.begin, job.end) for job in jobs)),
        "notes": [*plan.notes, *_json(run_folder / DELIVERY).get("notes", ())],
        "command": command_of(options) if options else "",
        "config": config_text(options),
        "versions": versions(),
        "proof": proof,
        "digests": _digests(proof),
        "details": _or("", lambda: details_html(proof.get("details", {}))),
        "run_folder": str(run_folder),
        "made": datetime.now().astimezone().strftime("%d %B %Y, %H:%M %Z"),
    }


def _or(otherwise: Any, make: Any) -> Any:  # noqa: ANN401 -- of any kind
    """Give what can be made, or something else."""
    try:
        return make()
    except CANNOT:
        return otherwise


def _json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = _or({}, lambda: dict(json.loads(path.read_bytes())))
    return found


def _kind(plan: Plan, proof: Mapping[str, Any]) -> str:
    if plan.extends:
        return "Magnifications added"
    made = "Images converted" if plan.layers else "Dataset"
    return f"{made} and uploaded" if proof and plan.layers else (
        "Dataset uploaded" if proof else made)  # fmt: skip


def _existing(plan: Plan) -> tuple[Existing, dict[str, Any], str]:
    """Read what the dataset says of itself; else what was planned, and why it cannot be read."""
    path = Path(plan.dataset) / PROPERTIES
    try:
        document = json.loads(path.read_bytes())
        existing = Existing.parse(document, str(path))
    except CANNOT as error:
        if plan.destination and path.parent.is_dir():  # new mags of a dataset on a server are there
            return _planned(plan), {}, ""
        gone = "the local dataset was sent and removed" if not path.exists() else _words(error)
        return _planned(plan), {}, gone
    return existing, {layer["name"]: layer for layer in document["dataLayers"]}, ""


def _planned(plan: Plan) -> Existing:
    layers = []
    for one in plan.layers:
        axes = tuple(one.layer.arranged([name for name, _ in one.layer.axes], "cxyz"))
        mags = [
            ExistingMag(grid.mag, (f"{one.layer.path}/{grid.name}",), axes) for grid in one.grids
        ]
        layers.append(ExistingLayer(one.layer, tuple(mags)))
    return Existing(plan.name, plan.voxel_size, plan.unit, tuple(layers))


def _sections(
    plan: Plan,
    run_folder: Path,
    existing: Existing,
    described: Mapping[str, Any],
    jobs: list[JobRecord],
    reason: str,
    values: Mapping[str, LayerValues],
) -> list[Section]:
    folders = [path for one in existing.layers for mag in one.mags for path in mag.paths]
    stored = bytes_by_mag(jobs, folders)
    planned = {one.layer.name: one for one in plan.layers}
    many = max(FULL_SIZE, min(MOST_DRAWN, len(existing.layers)))
    longest = LONGEST_EDGE if many == FULL_SIZE else LONGEST_EDGE // 2
    drawer = Drawer(
        Path(plan.dataset), existing.layers, existing.voxel_size, existing.unit, longest,
        READ_BYTES * FULL_SIZE // many, refuses=bool(plan.layers) and not plan.extends,
    )  # fmt: skip
    doubtful = _or({}, lambda: read_doubtful(run_folder))
    sections = []
    for number, one in enumerate(existing.layers):
        description = described.get(one.layer.name, {})
        pictures, why = None, reason
        if not why and number >= MOST_DRAWN:
            why = f"only the first {MOST_DRAWN} layers are drawn"
        if not why:
            try:
                pictures = drawer.draw(
                    one, description, values.get(one.layer.name),
                    _doubtful(planned.get(one.layer.name), doubtful),
                )  # fmt: skip
            except CANNOT as error:
                why = _words(error)
        sections.append(Section(
            one, mag_rows(one, existing.voxel_size, stored), planned.get(one.layer.name),
            _largest_id(description), pictures, why,
        ))  # fmt: skip
    return sections


def _doubtful(one: LayerPlan | None, by_layer: ByLayer) -> list[tuple[str, list[int]]]:
    """Give doubtful slices of a layer by their z in mag 1."""
    if one is None:
        return []
    first, factor = one.box.begin[2], one.grids[0].mag.z
    return [
        (some.what, [(first + place) * factor for place in some.places])
        for some in by_layer.get(one.layer.name, ())
    ]


def _words(error: BaseException) -> str:
    if isinstance(error, WkflowError):
        return f"{error.where}: {error.what}"
    return f"{type(error).__name__}: {error}"


def _largest_id(description: Mapping[str, Any]) -> str:
    stated = description.get("largestSegmentId")
    return str(stated.get("value", "") if isinstance(stated, dict) else stated or "")


def _digests(proof: Mapping[str, Any]) -> dict[str, str]:
    """Give the digests of a small upload's files; those of others are in the run folder."""
    digests = proof.get("digests")
    return digests if isinstance(digests, dict) and len(digests) <= MOST_DIGESTS else {}


def shown_number(count: int) -> str:
    """Write a whole number in groups of three digits, which a line break does not part.

    >>> ascii(shown_number(1234567)).count("u202f")
    2
    """
    return f"{count:,}".replace(",", "\u202f")


def _value(number: float) -> str:
    """Write a value of a voxel."""
    return f"{number:.0f}" if float(number).is_integer() and abs(number) < 1e12 else f"{number:.4g}"
