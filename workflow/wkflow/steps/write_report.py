"""What the run did: as numbers in report.json, and for people in report.html."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from wkflow import __version__, atomic_files
from wkflow.model.added_layers import dataset_of
from wkflow.model.codec import UNCOMPRESSED
from wkflow.model.forecast import Forecast, forecast
from wkflow.model.intensity_range import IntensityRange
from wkflow.model.plan import LayerPlan, Plan
from wkflow.model.receipt import Receipt
from wkflow.run_folder import PAGE, PICTURES
from wkflow.steps.describe_values import values_row, values_words
from wkflow.steps.write_properties import slabs_of
from wkflow.voxels.choose_intensity_range import choose_intensity_range
from wkflow.voxels.layer_histogram import LayerHistogram, add_slabs
from wkflow.voxels.scratch_mag import shortcut_bytes


@dataclass(frozen=True, slots=True)
class ShownValues:
    """The values of a color layer, and which of them are shown black and white."""

    counted: LayerHistogram
    chosen: IntensityRange


def write_report(
    plan: Plan,
    receipts: Iterable[str],
    path: Path,
    page: str | None = None,
    pictures: str | None = None,
) -> None:
    """Write the numbers to `path`, and before that the page beside it, if one is wanted.

    `receipts` are the paths of those of all jobs that write voxels, as the rules name them.
    """
    read = {name: Receipt.read(name) for name in receipts}
    values = values_of(plan, read)
    write_page(plan, read, path.parent, page, pictures, values=values)
    dataset = dataset_of(plan, path.parent)
    atomic_files.write_json(path, sum_up(plan, read, values) | {"dataset": dataset})


def values_of(plan: Plan, receipts: Mapping[str, Receipt]) -> dict[str, ShownValues]:
    """Give the values of all color layers that were converted, and which of them are shown."""
    values = {}
    for one in plan.layers:
        if not one.given and one.layer.category == "color":
            counted = add_slabs(one, slabs_of(one, receipts))
            chosen = choose_intensity_range(one, counted)
            values[one.layer.name] = ShownValues(counted, chosen)
    return values


def sum_up(
    plan: Plan, receipts: Mapping[str, Receipt], values: Mapping[str, ShownValues]
) -> dict[str, Any]:
    """Sum jobs, voxels, bytes and seconds by rule, beside the layers and their mags."""
    rules: dict[str, dict[str, float]] = defaultdict(
        lambda: {"jobs": 0, "voxels": 0, "bytes": 0, "seconds": 0.0}
    )
    for receipt in receipts.values():
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
            **_range_of(values.get(one.layer.name)),
            **({"missing_slices": one.source.missing.split(", ")} if one.source.missing else {}),
            **values_row(one, slabs_of(one, receipts).values()),
        }
        for one in plan.layers
    ]
    return {
        "wkflow": __version__,
        "dataset": plan.dataset,
        "layers": layers,
        "rules": dict(rules),
        "forecast": asdict(forecast_of(plan)),
        "notes": [*plan.notes, *_value_notes(plan, layers)],
    }


def forecast_of(plan: Plan) -> Forecast:
    """Say what was expected of the plan before it began."""
    return forecast(
        plan,
        beside=sum(shortcut_bytes(one) for one in plan.layers),
        compresses=any(one.codec != str(UNCOMPRESSED) for one in plan.layers),
        passes=any(one.passing for one in plan.layers),
    )


def write_page(
    plan: Plan,
    receipts: Mapping[str, Receipt],
    run_folder: Path,
    page: str | None = None,
    pictures: str | None = None,
    *,
    values: Mapping[str, ShownValues] = MappingProxyType({}),
) -> None:
    """Draw the page in the run folder, and its pictures in a folder there, if they are wanted.

    Else those of an earlier run go, as they are true no more.
    No run fails for it: what cannot be drawn is left out, and the page says why.
    """
    if page is None:
        for name in (PAGE, PICTURES):
            atomic_files.discard(run_folder / name)
        return
    from wkflow.report.layer_values import LayerValues  # noqa: PLC0415 -- no other job draws
    from wkflow.report.page import draw_report  # noqa: PLC0415 -- as above

    told = {
        one.layer.name: LayerValues.of_slabs(
            shown.counted, str(one.grids[0].mag), _evidence(one, shown, receipts)
        )
        for one in plan.layers
        if (shown := values.get(one.layer.name))
    }
    report = draw_report(plan, run_folder, receipts, told, forecast_of(plan))
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


def _evidence(one: LayerPlan, shown: ShownValues, receipts: Mapping[str, Receipt]) -> str:
    """Say why values are shown as they are, and what they were."""
    row = values_row(one, slabs_of(one, receipts).values())
    return "; ".join(filter(None, (shown.chosen.evidence, values_words(one, row))))


def _range_of(shown: ShownValues | None) -> dict[str, Any]:
    """Say which values are shown black and white, and why."""
    if shown is None:
        return {}
    chosen = shown.chosen
    return {"intensity_range": chosen.window, "intensity_range_evidence": chosen.evidence}
