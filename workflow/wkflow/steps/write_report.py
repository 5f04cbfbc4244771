"""What the run did: as numbers in report.json, and for people in report.html."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from wkflow import __version__, atomic_files
from wkflow.model.added_layers import dataset_of
from wkflow.model.plan import LayerPlan, Plan
from wkflow.model.receipt import Receipt
from wkflow.run_folder import PAGE, PICTURES
from wkflow.steps.describe_values import values_row, values_words
from wkflow.steps.write_properties import slabs_of
from wkflow.voxels.choose_intensity_range import choose_intensity_range


def write_report(
    plan: Plan,
    receipts: Iterable[str],
    path: Path,
    page: str | None = None,
    pictures: str | None = None,
) -> None:
    """Write the numbers to `path`, and before that the page beside it, if one is wanted."""
    receipts = list(receipts)
    report = sum_up(plan, receipts) | {"dataset": dataset_of(plan, path.parent)}
    shown = {one["name"]: _evidence(plan, one) for one in report["layers"]}
    write_page(plan, receipts, path.parent, page, pictures, shown=shown)
    atomic_files.write_json(path, report)


def sum_up(plan: Plan, receipts: Iterable[str]) -> dict[str, Any]:
    """Sum jobs, voxels, bytes and seconds by rule, beside the layers and their mags."""
    rules: dict[str, dict[str, float]] = defaultdict(
        lambda: {"jobs": 0, "voxels": 0, "bytes": 0, "seconds": 0.0}
    )
    read = {path: Receipt.read(path) for path in receipts}
    for receipt in read.values():
        row = rules[receipt.rule]
        row["jobs"] += 1
        row["voxels"] += receipt.voxels
        row["bytes"] += receipt.bytes_written
        row["seconds"] = round(row["seconds"] + receipt.seconds, 3)
    layers: list[dict[str, Any]] = [
        {
            "name": one.layer.name,
            "category": one.layer.category,
            "evidence": one.evidence,
            "codec": one.codec,
            "codec_evidence": one.codec_evidence,
            "dtype": one.layer.dtype,
            "channels": one.layer.channels,
            "begin": one.layer.begin,
            "size": one.layer.box.size,
            "mags": [str(grid.mag) for grid in one.grids],
            **_range_of(one, read),
            **({"missing_slices": one.source.missing.split(", ")} if one.source.missing else {}),
            **values_row(one, slabs_of(one, read).values()),
        }
        for one in plan.layers
    ]
    return {
        "wkflow": __version__,
        "dataset": plan.dataset,
        "layers": layers,
        "rules": dict(rules),
        "notes": [*plan.notes, *_value_notes(plan, layers)],
    }


def write_page(
    plan: Plan,
    receipts: Iterable[str],
    run_folder: Path,
    page: str | None = None,
    pictures: str | None = None,
    *,
    shown: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Draw the page in the run folder, and its pictures in a folder there, if they are wanted.

    `shown` says of layers why their range of values is the one that is shown.
    Else those of an earlier run go, as they are true no more.
    No run fails for it: what cannot be drawn is left out, and the page says why.
    """
    if page is None:
        for name in (PAGE, PICTURES):
            atomic_files.discard(run_folder / name)
        return
    from wkflow.report.page import draw_report  # noqa: PLC0415 -- no other job draws

    report = draw_report(plan, run_folder, receipts, shown)
    for name, content in report.files.items() if pictures else ():
        path = run_folder / Path(str(pictures)).name / name  # a module's prefix is in the folder
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    with atomic_files.atomic_write(run_folder / Path(page).name) as file:
        file.write(report.page.encode())


def _value_notes(plan: Plan, rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Say what became of the values of layers, where they did not stay."""
    for one, row in zip(plan.layers, rows, strict=True):
        if words := values_words(one, row):
            yield f"layer {one.layer.name}: {words}"


def _evidence(plan: Plan, row: dict[str, Any]) -> str:
    """Say why values are shown as they are, and what they were."""
    words = [row.get("intensity_range_evidence", ""), values_words(plan.layer(row["name"]), row)]
    return "; ".join(filter(None, words))


def _range_of(one: LayerPlan, read: Mapping[str, Receipt]) -> dict[str, Any]:
    """Say which values of a color layer that was converted are shown black and white, and why."""
    if one.given or one.layer.category != "color":
        return {}
    chosen = choose_intensity_range(one, slabs_of(one, read))
    return {"intensity_range": chosen.window, "intensity_range_evidence": chosen.evidence}
