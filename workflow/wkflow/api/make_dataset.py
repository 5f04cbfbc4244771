"""A run in this process, and what it gave."""

import json
import os
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from wkflow.api.run_result import LayerResult, Outcome, RunResult
from wkflow.cli.local_snakemake import suffices
from wkflow.cli.snakemake_process import forked
from wkflow.options.settings import Settings

if TYPE_CHECKING:
    from wkflow.model.plan import Plan


OUTCOMES: dict[str, Outcome] = {
    "DONE": "done",
    "NOTHING_TO_DO": "nothing to do",
    "ONLY_LOOKED": "no job was run",
    "INCOMPLETE": "incomplete",
}
"""How results say what `wkflow.cli.outcome.End` names."""


def make_dataset(settings: Settings, extra: tuple[str, ...], output: int) -> RunResult:
    """Run the workflow; `output` is the file behind our standard output.

    Raises
    ------
    WkflowError
        As `wkflow.cli.run.launch` does.
    """
    started = monotonic()
    with forked(extra, settings, is_wanted=suffices(settings, extra)) as forks:
        from wkflow.cli.run import launch  # noqa: PLC0415 -- beside the fork, which imports as well

        end = launch(settings, extra, forks, quiet=True)
    seconds = monotonic() - started
    os.lseek(output, 0, os.SEEK_SET)
    with os.fdopen(os.dup(output), "rb") as printed:
        text = printed.read().decode(errors="replace")
    return result_of(settings, OUTCOMES[end.name], seconds, text)


def result_of(settings: Settings, outcome: Outcome, seconds: float, output: str) -> RunResult:
    """Read what a run left: its layers, notes and papers.

    Layers are those of the dataset where it is here and whole, else those of the plan.
    """
    from wkflow.cli.run import notes, result  # noqa: PLC0415 -- as above
    from wkflow.errors import ConfigError  # noqa: PLC0415
    from wkflow.model.plan import Plan  # noqa: PLC0415
    from wkflow.run_folder import DRAFT, PAGE, PLAN, PROOF, REPORT, RunFolder  # noqa: PLC0415

    folder = settings.run_folder
    plans = []
    for name in (PLAN, DRAFT):
        with suppress(OSError, ConfigError):
            plans.append(Plan.read(folder / name))
    plan = plans[0] if plans else Plan.of_nothing(str(settings.dataset))
    of_dataset = None if settings.kind.is_remote else _of_dataset(settings.dataset)
    layers, size, unit = of_dataset or _of_plan(plan)
    url = result(settings)
    here = str(settings.target) if settings.kind.is_remote else settings.dataset
    return RunResult(
        url[0] if url else here,
        settings.dataset_name,
        outcome,
        layers,
        size,
        unit,
        folder,
        RunFolder(folder).receipts,
        _first(folder / PAGE, folder / REPORT),
        _first(folder / PROOF),
        seconds,
        tuple(dict.fromkeys([*plan.notes, *notes(settings)])),
        output,
    )


Described = tuple[tuple[LayerResult, ...], tuple[float, float, float], str]
"""Layers, and the size of a voxel with its unit."""


def _of_dataset(dataset: Path) -> Described | None:
    """Read the layers of a dataset on this machine, if its properties are there."""
    from wkflow.errors import SourceError  # noqa: PLC0415 -- as above
    from wkflow.model.datasource_properties import Existing  # noqa: PLC0415
    from wkflow.model.write_datasource import PROPERTIES  # noqa: PLC0415

    with suppress(OSError, ValueError, SourceError):
        document = json.loads((dataset / PROPERTIES).read_bytes())
        found = Existing.parse(document, str(dataset))
        layers = tuple(
            LayerResult(
                one.layer.name,
                one.layer.category,
                one.layer.dtype,
                one.layer.channels,
                one.layer.box.size,
                tuple(str(mag.mag) for mag in one.mags),
            )
            for one in found.layers
        )
        return layers, found.voxel_size, found.unit
    return None


def _of_plan(plan: "Plan") -> Described:
    layers = tuple(
        LayerResult(
            one.layer.name,
            one.layer.category,
            one.layer.dtype,
            one.layer.channels,
            one.layer.box.size,
            tuple(str(grid.mag) for grid in one.grids),
        )
        for one in plan.layers
    )
    return layers, plan.voxel_size, plan.unit


def _first(*paths: Path) -> Path | None:
    return next((path for path in paths if path.exists()), None)
